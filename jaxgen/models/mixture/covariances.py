"""The four forms of covariance of a mixture: estimation, inversion and sampling.

With K components in D dimensions they are full [K, D, D], tied [D, D] (one for all components), diagonal
[K, D] (variances) and spherical [K]. Distances to means use differences, not differences of squares, so
float32 suffices for components much narrower than the data. A factor is a square root of a covariance: lower
triangular for matrices, else standard deviations.

The layout, components before events, is the fastest on CPU: sums over components or columns then run along
whole rows of events, which stay in the cache during a loop over the components.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jax.scipy.linalg import solve_triangular

from jaxgen import checks
from jaxgen.base import Array

EXACT = lax.Precision.HIGHEST
FLOORS = (0.0, 2e-7, 1e-6, 1e-5, 1e-4)
UNROLL = 64  # number of columns that are summed in one pass over the events


class CovarianceForm(NamedTuple):
    """One form of covariance, for K components in D dimensions.

    Attributes:
      shape: `shape(K, D)`, shape of the covariances.
      parameters: `parameters(K, D)`, number of free parameters.
      about_means: `about_means(x, responsibilities, counts, means) -> (offsets, covariances)` of events [N,
        D] about means [K, D], with responsibilities [K, N] that sum to one over K, and their sums over N;
        offsets are corrections of rounding errors of the means, or zero if those do not matter.
      between: `between(shares, steps) -> covariances`, covariance due to shifts of the means by steps [K, D],
        weighted by fractions [K].
      mass: `mass(shares)`, the fraction of the events described by each covariance, as a factor.
      regularized: `regularized(covariances, amount)`, adds the amount to every variance.
      factors: `factors(covariances)`.
      inverses: `inverses(factors)`.
      log_determinants: `log_determinants(factors, D)`, log determinants of the factors, [K] or [].
      squares: `squares(x, means, inverses) -> [K, N]`, squared distances in standard deviations.
      unwhitened: `unwhitened(factors, components, noise)`, noise [N, D] times the factors of the components
        [N]; unit noise then has the covariances of the components.
      leading: `leading(covariances, c)`, covariances of the first c columns.
    """

    shape: Callable[[int, int], tuple[int, ...]]
    parameters: Callable[[int, int], int]
    about_means: Callable[[Array, Array, Array, Array], tuple[Array, Array]]
    between: Callable[[Array, Array], Array]
    mass: Callable[[Array], Array]
    regularized: Callable[[Array, float], Array]
    factors: Callable[[Array], Array]
    inverses: Callable[[Array], Array]
    log_determinants: Callable[[Array, int], Array]
    squares: Callable[[Array, Array, Array], Array]
    unwhitened: Callable[[Array, Array, Array], Array]
    leading: Callable[[Array, int], Array]


def get(name: str) -> CovarianceForm:
    """One of `FORMS` by name.

    Raises:
      ValueError: for an unknown name.
    """
    checks.one_of("covariance", name, FORMS)
    return FORMS[name]


def squared_distances(x: Array, means: Array, inverses: Array | None = None) -> Array:
    """Squared distances of events [N, D] to means [K, D], times `inverses` [K, D] or [K, 1]: [K, N].

    >>> squared_distances(jnp.array([[1.0, 2.0]]), jnp.zeros((3, 2)))
    Array([[5.],
           [5.],
           [5.]], dtype=float32)
    """
    columns = x.T

    def add(total: Array, column: tuple[Array, Array, Array]) -> tuple[Array, None]:
        values, centre, scale = column
        return total + jnp.square((values - centre) * scale), None

    def one(component: tuple[Array, Array]) -> Array:
        nothing = jnp.zeros(len(x), x.dtype)
        return lax.scan(add, nothing, (columns, *component), unroll=UNROLL)[0]

    scales = jnp.ones_like(means) if inverses is None else jnp.broadcast_to(inverses, means.shape)
    return lax.map(one, (means, scales))


def lower_factor(covariance: Array) -> Array:
    """Cholesky factor of [..., D, D]; if it is not positive definite in float32, correlations are reduced.

    Columns are first scaled to unit variance, so that variances of different size do not matter. The smallest
    of `FLOORS` that suffices is then added to the diagonal.
    """
    deviations = jnp.sqrt(jnp.diagonal(covariance, axis1=-2, axis2=-1))
    correlation = covariance / (deviations[..., :, None] * deviations[..., None, :])
    unit = jnp.eye(covariance.shape[-1], dtype=covariance.dtype)
    floors = jnp.asarray(FLOORS).reshape(-1, *[1] * covariance.ndim)
    found = jnp.linalg.cholesky(correlation + floors * unit)
    positive = jnp.all(jnp.isfinite(found), axis=(-2, -1), keepdims=True)
    first = jnp.argmax(positive, axis=0, keepdims=True)
    factor = jnp.take_along_axis(jnp.where(positive, found, unit), first, axis=0)[0]
    return deviations[..., :, None] * factor


def _inverse_triangular(factor: Array) -> Array:
    unit = jnp.eye(factor.shape[-1], dtype=factor.dtype)
    return solve_triangular(factor, jnp.broadcast_to(unit, factor.shape), lower=True)


def _log_diagonal(factor: Array, dimensions: int) -> Array:
    del dimensions
    return jnp.sum(jnp.log(jnp.diagonal(factor, axis1=-2, axis2=-1)), axis=-1)


def _with_diagonal(covariance: Array, amount: float) -> Array:
    return covariance + amount * jnp.eye(covariance.shape[-1], dtype=covariance.dtype)


def _full_about_means(x: Array, responsibilities: Array, counts: Array, means: Array) -> tuple[Array, Array]:
    columns = x.T

    def one(component: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        weights, count, mean = component
        away = columns - mean[:, None]
        offset = jnp.matmul(away, weights, precision=EXACT)
        return offset / count, jnp.matmul(away * weights, away.T, precision=EXACT) / count

    return lax.map(one, (responsibilities, counts, means))


def _full_squares(x: Array, means: Array, inverses: Array) -> Array:
    def one(component: tuple[Array, Array]) -> Array:
        mean, inverse = component
        return jnp.sum(jnp.square(jnp.matmul(x - mean, inverse.T, precision=EXACT)), axis=1)

    return lax.map(one, (means, inverses))


def _full_unwhitened(factors: Array, components: Array, noise: Array) -> Array:
    return jnp.einsum("nij,nj->ni", factors[components], noise, precision=EXACT)


def _tied_about_means(x: Array, responsibilities: Array, counts: Array, means: Array) -> tuple[Array, Array]:
    """Residuals of events about their expected mean, and the uncertainty of that mean.

    The second part is a sum over pairs of components that share events; both parts are sums of squares.
    """
    centre = jnp.mean(means, axis=0)
    expected = jnp.matmul((means - centre).T, responsibilities, precision=EXACT)
    left = (x - centre).T - expected
    shared = jnp.matmul(responsibilities, responsibilities.T, precision=EXACT)
    pairs = (means[:, None] - means[None]).reshape(-1, x.shape[1])
    uncertain = jnp.matmul(pairs.T * (shared.reshape(-1) / 2), pairs, precision=EXACT)
    total = jnp.matmul(left, left.T, precision=EXACT) + uncertain
    return jnp.zeros_like(means), total / jnp.sum(counts)


def _tied_squares(x: Array, means: Array, inverse: Array) -> Array:
    centre = jnp.mean(means, axis=0)
    white_x, white_means = (jnp.matmul(y - centre, inverse.T, precision=EXACT) for y in (x, means))
    return squared_distances(white_x, white_means)


def _diagonal_about_means(
    x: Array, responsibilities: Array, counts: Array, means: Array
) -> tuple[Array, Array]:
    columns = x.T

    def one(component: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        weights, count, mean = component
        away = columns - mean[:, None]
        offset = jnp.matmul(away, weights, precision=EXACT)
        return offset / count, jnp.matmul(jnp.square(away), weights, precision=EXACT) / count

    return lax.map(one, (responsibilities, counts, means))


def _spherical_about_means(
    x: Array, responsibilities: Array, counts: Array, means: Array
) -> tuple[Array, Array]:
    offsets, variances = _diagonal_about_means(x, responsibilities, counts, means)
    return offsets, jnp.mean(variances, axis=1)


FORMS = {
    "full": CovarianceForm(
        shape=lambda k, d: (k, d, d),
        parameters=lambda k, d: k * d * (d + 1) // 2,
        about_means=_full_about_means,
        between=lambda shares, steps: shares[:, None, None] * steps[:, :, None] * steps[:, None, :],
        mass=lambda shares: shares[:, None, None],
        regularized=_with_diagonal,
        factors=lower_factor,
        inverses=_inverse_triangular,
        log_determinants=_log_diagonal,
        squares=_full_squares,
        unwhitened=_full_unwhitened,
        leading=lambda covariances, c: covariances[:, :c, :c],
    ),
    "tied": CovarianceForm(
        shape=lambda k, d: (d, d),
        parameters=lambda k, d: d * (d + 1) // 2,
        about_means=_tied_about_means,
        between=lambda shares, steps: jnp.matmul(steps.T * shares, steps, precision=EXACT),
        mass=jnp.sum,
        regularized=_with_diagonal,
        factors=lower_factor,
        inverses=_inverse_triangular,
        log_determinants=_log_diagonal,
        squares=_tied_squares,
        unwhitened=lambda factor, _, noise: jnp.matmul(noise, factor.T, precision=EXACT),
        leading=lambda covariance, c: covariance[:c, :c],
    ),
    "diagonal": CovarianceForm(
        shape=lambda k, d: (k, d),
        parameters=lambda k, d: k * d,
        about_means=_diagonal_about_means,
        between=lambda shares, steps: shares[:, None] * jnp.square(steps),
        mass=lambda shares: shares[:, None],
        regularized=jnp.add,
        factors=jnp.sqrt,
        inverses=lambda factors: 1 / factors,
        log_determinants=lambda factors, _: jnp.sum(jnp.log(factors), axis=1),
        squares=squared_distances,
        unwhitened=lambda factors, components, noise: factors[components] * noise,
        leading=lambda covariances, c: covariances[:, :c],
    ),
    "spherical": CovarianceForm(
        shape=lambda k, d: (k,),
        parameters=lambda k, d: k,
        about_means=_spherical_about_means,
        between=lambda shares, steps: shares * jnp.mean(jnp.square(steps), axis=1),
        mass=lambda shares: shares,
        regularized=jnp.add,
        factors=jnp.sqrt,
        inverses=lambda factors: 1 / factors,
        log_determinants=lambda factors, d: d * jnp.log(factors),
        squares=lambda x, means, inverses: squared_distances(x, means, inverses[:, None]),
        unwhitened=lambda factors, components, noise: factors[components][:, None] * noise,
        leading=lambda covariances, c: covariances,
    ),
}
