"""Energy in cells as a random number of spots and clusters around the mean."""

from typing import NamedTuple, cast

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.base import Array
from jaxgen.systems.calorimeter.simulator.constants import Constants

FEW = 6.0
"""Expected number of spots up to which they are counted; above it their sum follows a Gamma distribution."""

LARGEST_COUNT = 15

SHARE = 1e-3
"""Fraction of a shower in a cell for which clusters are larger by `cluster_growth`."""


class DepositDraws(NamedTuple):
    """Random numbers above 0 and below 1 for the spots and clusters of a shower.

    Attributes:
      spots: [3, 30, 30].
      clusters: [3, 29, 29].
      places: positions of clusters around a corner, along x and y, [2, 29, 29].
    """

    spots: Array
    clusters: Array
    places: Array


def deposit(draws: DepositDraws, mean: Array, *, constants: Constants) -> Array:
    """Draws energies of cells.

    A spot is in one cell. A cluster is at a corner of four cells and its energy is divided between
    them. Cells thus get random energies with the given means, correlated with their neighbours, and
    are empty if they contain neither.

    The derivative with respect to the mean is that of the Gamma distribution if spots are not counted, and
    energy / mean if they are, which has the correct expectation.

    Args:
      draws: random numbers.
      mean: MeV, [30, 30].
      constants: constants of spots and clusters.

    Returns:
      MeV, [30, 30].
    """
    c = constants
    mean = jnp.maximum(mean, 0.0)
    lowest = _lowest_at_corners(mean)
    clustered = c.clustered * lowest
    share = jnp.maximum(lowest / (jnp.sum(mean) + 1e-30), 1e-9) / SHARE
    energy = c.cluster * (1.0 + c.cluster_growth * share**c.cluster_power)
    number = clustered / energy

    clusters = energy * compound_poisson(number, draws.clusters, shape=1.0)
    # The mean position of many clusters is closer to the corner than that of a single one may be.
    reach = lax.rsqrt(jnp.maximum(number, 1.0))
    place = 0.5 + reach * jnp.clip((draws.places - 0.5) / c.cluster_size, -0.5, 0.5)

    alone = (mean - _around_corners(clustered, jnp.full_like(place, 0.5))) / c.spot
    return c.spot * compound_poisson(alone, draws.spots, shape=c.spot_shape) + _around_corners(
        clusters, place
    )


def compound_poisson(number: Array, uniform: Array, *, shape: Array | float) -> Array:
    """Sum of a Poisson-distributed number of energies from a Gamma distribution of mean 1.

    Args:
      number: expected number, any shape [...].
      uniform: numbers above 0 and below 1, [3, ...].
      shape: shape of the Gamma distribution.

    Returns:
      The sums, [...], with expectation `number`.

    >>> compound_poisson(jnp.array([0.1, 5.0]), jnp.full((3, 2), 0.5), shape=1.0)[0]
    Array(0., dtype=float32)
    """
    few = number < FEW
    count = _poisson(jnp.where(few, number, 1.0), uniform[0])
    total_shape = jnp.where(few, count * shape, number * shape / (shape + 1.0))
    scale = jnp.where(few, 1.0 / shape, (shape + 1.0) / shape)
    total = scale * gamma(jnp.maximum(total_shape, 1e-3), uniform[1], uniform[2])
    total = jnp.where(few & (count == 0), 0.0, total)
    return jnp.where(few, lax.stop_gradient(total / jnp.maximum(number, 1e-20)) * number, total)


def normal(uniform: Array) -> Array:
    """Standard normal numbers from uniform ones above 0 and below 1."""
    return np.float32(np.sqrt(2.0)) * lax.erf_inv(2.0 * uniform - 1.0)


def gamma(shape: Array, first: Array, second: Array) -> Array:
    """Draws from Gamma distributions of scale 1 by a differentiable formula.

    The formula of Wilson and Hilferty (PNAS 17, 684, 1931) for shape + 1, times a power of a uniform number.

    Args:
      shape: above zero, [...].
      first: uniform numbers above 0 and below 1, [...].
      second: the same.
    """
    more = shape + 1.0
    root = jnp.maximum(1.0 - 1.0 / (9.0 * more) + normal(first) / (3.0 * jnp.sqrt(more)), 0.0)
    return more * root**3 * jnp.exp(jnp.log(second) / shape)


def _poisson(mean: Array, uniform: Array) -> Array:
    """Poisson counts by inversion, up to a maximum."""
    probability = jnp.exp(-mean)
    cumulative, count = probability, jnp.zeros_like(mean)
    for n in range(1, LARGEST_COUNT + 1):
        count = count + (uniform > cumulative)
        probability = probability * mean / n
        cumulative = cumulative + probability
    return count


def _lowest_at_corners(mean: Array) -> Array:
    """The smallest of the four cells around each inner corner, [29, 29]."""
    rows = jnp.minimum(mean[1:], mean[:-1])
    return jnp.minimum(rows[:, 1:], rows[:, :-1])


def _around_corners(energy: Array, place: Array) -> Array:
    """Splits energies at corners [29, 29] between four cells each, by fractions along x and y [2, 29, 29]."""
    along_x = jnp.pad(energy * place[0], ((0, 1), (0, 0))), jnp.pad(energy * (1 - place[0]), ((1, 0), (0, 0)))
    share = jnp.pad(place[1], ((0, 1), (0, 0))), jnp.pad(place[1], ((1, 0), (0, 0)))
    left = sum(e * s for e, s in zip(along_x, share, strict=True))
    right = sum(e * (1 - s) for e, s in zip(along_x, share, strict=True))
    return cast(Array, jnp.pad(left, ((0, 0), (0, 1))) + jnp.pad(right, ((0, 0), (1, 0))))
