"""Transformation of columns to standard normal distributions by empirical quantiles."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Scaler

_SMALLEST_SLOPE = 1e-6
_SMALLEST_STEP = np.float32(1e-30)


def statistics(columns: np.ndarray, *, number_knots: int = 257) -> dict[str, np.ndarray]:
    """Statistics of columns that `normal_scores` needs.

    Args:
      columns: [N, D], finite, N > 1; quantiles are computed in float64.
      number_knots: number of knots per column, K.

    Returns:
      "table": values of the columns at the knots, increasing, float32 [D, K]. "low" and "high": slopes below
      the first and above the last knot, float32 [D]. "last": normal score of the last knot, [].

    Raises:
      ValueError: for another shape, too few rows or knots, or values that are not finite.
    """
    columns = np.asarray(columns, np.float64)
    checks.shape("columns", columns, (None, None))
    checks.positive(rows=len(columns) - 1, knots=number_knots - 2)
    if not np.isfinite(columns).all():
        raise ValueError("Expected finite columns; got NaN or infinity.")
    from scipy import special  # not needed for sampling

    last = float(-special.ndtri(0.5 / len(columns)))
    step = 2 * last / (number_knots - 1)
    scores = np.linspace(-last, last, number_knots)
    knots = np.quantile(columns, special.ndtr(scores), axis=0, method="hazen")
    table = _increasing(knots.T.astype(np.float32))
    unit = min(round(1 / step), number_knots - 1)
    low = _slope(table[:, unit], table[:, 0], unit * step)
    high = _slope(table[:, -1], table[:, -1 - unit], unit * step)
    return {"table": table, "low": low, "high": high, "last": np.array(last)}


def normal_scores(found: Mapping[str, np.ndarray]) -> Scaler:
    """A monotone piecewise linear map of each column to a standard normal variable.

    The knots are equidistant in the normal variable, up to the expected largest of N samples, so the inverse
    needs no search. Beyond the outer knots the map is linear, with the mean slope of the last unit. Constant
    columns and equal knots are separated by the smallest float32 step.

    Args:
      found: result of `statistics`.

    Returns:
      forward and inverse from [..., D] to [..., D].

    >>> scaler = normal_scores(statistics(np.random.default_rng(0).exponential(size=(1000, 1))))
    >>> bool(abs(scaler.forward(jnp.log(jnp.array([2.0])))[0]) < 0.1)
    True
    """
    last = float(found["last"])
    step = 2 * last / (found["table"].shape[1] - 1)
    table, low, high = (jnp.asarray(found[name]) for name in ("table", "low", "high"))
    return _interpolation(table, low, high, last=last, step=step)


def _increasing(table: np.ndarray) -> np.ndarray:
    """Raises knots [D, K] until each row is strictly increasing."""
    for k in range(1, table.shape[1]):
        left = table[:, k - 1]
        above = np.maximum(np.nextafter(left, np.float32(np.inf)), left + _SMALLEST_STEP)
        table[:, k] = np.maximum(table[:, k], above)
    return table


def _slope(above: np.ndarray, below: np.ndarray, distance: float) -> np.ndarray:
    slope = (above - below) / distance
    return np.where(slope > _SMALLEST_SLOPE * np.abs(above), slope, 1.0).astype(np.float32)


def _interpolation(table: Array, low: Array, high: Array, *, last: float, step: float) -> Scaler:
    number_columns, number_knots = table.shape
    column = jnp.arange(number_columns)
    first_knot, last_knot = table[:, 0], table[:, -1]

    def forward(x: Array) -> Array:
        inside = jnp.clip(x, first_knot, last_knot)
        flat = inside.reshape(-1, number_columns).T
        below = jax.vmap(lambda knots, values: jnp.searchsorted(knots, values, side="right"))(table, flat)
        k = jnp.clip(below.T.reshape(x.shape) - 1, 0, number_knots - 2)
        left, right = table[column, k], table[column, k + 1]
        score = (k + (inside - left) / (right - left)) * step - last
        return score + jnp.minimum(x - first_knot, 0) / low + jnp.maximum(x - last_knot, 0) / high

    def inverse(z: Array) -> Array:
        place = (jnp.clip(z, -last, last) + last) / step
        k = jnp.clip(jnp.floor(place).astype(jnp.int32), 0, number_knots - 2)
        left, right = table[column, k], table[column, k + 1]
        inside = left + (place - k) * (right - left)
        return inside + jnp.minimum(z + last, 0) * low + jnp.maximum(z - last, 0) * high

    return Scaler(forward, inverse)
