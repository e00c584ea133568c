"""A flow of rational-quadratic spline couplings (Durkan et al., arXiv:1906.04032)."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key, PyTree
from jaxgen.models import column_layers, density
from jaxgen.models import rational_quadratic_spline as spline
from jaxgen.models.density import DensityModel

_CANDIDATES = 64


def make(
    *, layers: int = 8, bins: int = 8, width: int = 64, bound: float = 5.0, seed: int = 0
) -> DensityModel:
    """Builds the flow.

    From events to normal numbers: a shift and scale of every column, then the layers. A layer reorders the
    columns and transforms the second half by splines, whose parameters are computed from the first half and
    the context by a network with two hidden layers of ReLU. Layers come in pairs: the first shuffles, the
    second swaps the halves, so a pair transforms every column (except one if their number is odd). All
    splines are initially the identity. One compiled loop body serves all layers.

    Args:
      layers: number of couplings.
      bins: number of bins of a spline.
      width: width of the hidden layers.
      bound: splines act within +-bound; numbers outside are only shifted and scaled.
      seed: seed of the column orders, which are part of the model and are not trained.

    Returns:
      The model, for two or more columns.

    Raises:
      ValueError: for settings out of range.
    """
    checks.positive(layers=layers, bins=bins, width=width, bound=bound)
    if not 2 <= bins <= 100:
        raise ValueError(f"Expected between 2 and 100 bins; got {bins}.")

    def orders(columns: int) -> Array:
        return jnp.asarray(column_orders(columns, layers, seed=seed))

    def init(key: Key, x: Array, context: Array) -> PyTree:
        columns = x.shape[-1]
        if columns < 2:
            raise ValueError(f"Expected two columns or more, to make one of another; got {columns}.")
        moved = columns // 2

        def one(key: Key) -> PyTree:
            first, second = jax.random.split(key)
            return {
                "first": column_layers.rectified(first, width, columns - moved + context.shape[-1]),
                "second": column_layers.rectified(second, width, width),
                "last": column_layers.zeros(moved * spline.size(bins), width),
            }

        affine = {"shift": jnp.zeros(columns), "log_scale": jnp.zeros(columns)}
        return {"affine": affine, "couplings": jax.vmap(one)(jax.random.split(key, layers))}

    def normalize(params: PyTree, x: Array, context: Array) -> tuple[Array, Array]:
        affine, given = params["affine"], context.T
        start = ((x - affine["shift"]) * jnp.exp(-affine["log_scale"])).T

        def layer(carry: tuple[Array, Array], inputs: tuple[PyTree, Array]) -> tuple:
            (x, total), (coupling, order) = carry, inputs
            kept, moved = _halves(_ordered(order, x))
            moved, log_slope = spline.forward(moved, _shapes(coupling, kept, given, moved), bound=bound)
            return (jnp.concatenate([kept, moved]), total + jnp.sum(log_slope, axis=0)), None

        total = jnp.full(len(x), -jnp.sum(affine["log_scale"]))
        inputs = (params["couplings"], orders(len(start)))
        (latent, total), _ = lax.scan(layer, (start, total), inputs)
        return latent.T, total

    def transform(params: PyTree, latent: Array, context: Array) -> Array:
        affine, given = params["affine"], context.T

        def layer(x: Array, inputs: tuple[PyTree, Array]) -> tuple[Array, None]:
            coupling, order = inputs
            kept, moved = _halves(x)
            moved, _ = spline.inverse(moved, _shapes(coupling, kept, given, moved), bound=bound)
            return _ordered(order.T, jnp.concatenate([kept, moved])), None

        inputs = (params["couplings"], orders(latent.shape[-1]))
        x, _ = lax.scan(layer, latent.T.astype(affine["shift"].dtype), inputs, reverse=True)
        return x.T * jnp.exp(affine["log_scale"]) + affine["shift"]

    return density.from_bijection(init, normalize, transform)


def column_orders(columns: int, layers: int, *, seed: int) -> np.ndarray:
    """Permutation matrices of all layers, float32 [layers, D, D].

    Shuffles are drawn repeatedly, and the draw that separates all pairs of columns most evenly is used: a
    dependence between two columns can only be modelled if they are in different halves.
    """
    draw = np.random.RandomState(seed)
    candidates = [_draw_orders(draw, columns, layers) for _ in range(_CANDIDATES)]
    return np.eye(columns, dtype=np.float32)[min(candidates, key=_parted)]


def _draw_orders(draw: np.random.RandomState, columns: int, layers: int) -> np.ndarray:
    """The index of the column at each position, [layers, D]."""
    swap = np.roll(np.arange(columns), columns // 2)
    return np.array([swap if layer % 2 else draw.permutation(columns) for layer in range(layers)])


def _parted(orders: np.ndarray) -> tuple[int, ...]:
    """Number of pairs of columns in different halves in 0, 1, ... layers; the smallest tuple is best."""
    columns = orders.shape[1]
    place, times = np.arange(columns), np.zeros((columns, columns), int)
    for order in orders:
        place = place[order]
        moved = np.isin(np.arange(columns), place[columns - columns // 2 :])
        times += moved[:, None] != moved
    return tuple(np.bincount(times[np.triu_indices(columns, 1)], minlength=len(orders) + 1))


def _ordered(order: Array, x: Array) -> Array:
    """Rows of x in another order, by an exact matrix product with a faster gradient than a gather."""
    return jnp.matmul(order, x, precision=lax.Precision.HIGHEST)


def _halves(x: Array) -> tuple[Array, Array]:
    kept = len(x) - len(x) // 2
    return x[:kept], x[kept:]


def _shapes(coupling: PyTree, kept: Array, context: Array, moved: Array) -> Array:
    """Parameters of the splines of all transformed columns, [3 K - 1, transformed columns, B]."""
    hidden = jax.nn.relu(column_layers.apply(coupling["first"], jnp.concatenate([kept, context])))
    hidden = jax.nn.relu(column_layers.apply(coupling["second"], hidden))
    return column_layers.apply(coupling["last"], hidden).reshape(-1, *moved.shape)
