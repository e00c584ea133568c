"""Monotone rational-quadratic splines with linear tails (Durkan et al., arXiv:1906.04032).

Within [-bound, bound] the range is divided into bins; in each the map is a ratio of quadratics, defined by
the two corners of the bin and the slopes there. Outside it is the identity, and the slope at +-bound is 1.

The bins are the first axis of all arrays, so all operations are element-wise over long rows. The bin of a
number
is determined by comparison with all inner knots, and its corners by masked sums over the few bins: no
gathers.
"""

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import numerics
from jaxgen.base import Array

SMALLEST = 1e-2
"""Smallest width and height of a bin as a fraction of the range, and smallest slope at a knot.

Ten times those of the paper: decay variables are fitted as well, and the inverse is accurate to more digits.
"""


class Bin(NamedTuple):
    """The bin that contains each number: lower corner, size, and slopes at both corners."""

    left: Array
    bottom: Array
    width: Array
    height: Array
    slope_left: Array
    slope_right: Array


def size(bins: int) -> int:
    """Number of parameters of a spline: widths, heights, and the slopes at inner knots.

    >>> size(8)
    23
    """
    return 3 * bins - 1


def forward(x: Array, free: Array, *, bound: float) -> tuple[Array, Array]:
    """The spline and the logarithm of its slope.

    Args:
      x: [...].
      free: [3 K - 1, ...]: K logits of the widths, K of the heights, then K - 1 of the slopes.
        All zero gives the identity.
      bound: boundary between bins and tails, above zero.

    Returns:
      The image and the logarithm of the slope, [...] each (eqs. 4 and 5 of the paper).

    >>> y, log_slope = forward(jnp.array([0.5, 7.0]), jnp.zeros((23, 2)), bound=5.0)
    >>> y.round(4).tolist(), jnp.abs(log_slope).round(4).tolist()
    ([0.5, 7.0], [0.0, 0.0])
    """
    inside, clipped = jnp.abs(x) < bound, jnp.clip(x, -bound, bound)
    at = _bin(clipped, free, bound=bound, by_height=False)
    share = (clipped - at.left) / at.width
    y, log_slope = _within(at, share)
    return jnp.where(inside, y, x), jnp.where(inside, log_slope, 0.0)


def inverse(y: Array, free: Array, *, bound: float) -> tuple[Array, Array]:
    """The inverse of `forward`.

    Args:
      y: [...].
      free: as for `forward`.
      bound: as for `forward`.

    Returns:
      x with forward(x) = y, and the logarithm of the inverse's slope, [...] each (eqs. 6 to 8).
    """
    inside, clipped = jnp.abs(y) < bound, jnp.clip(y, -bound, bound)
    at = _bin(clipped, free, bound=bound, by_height=True)
    slope = at.height / at.width
    rise = clipped - at.bottom
    bend = rise * (at.slope_left + at.slope_right - 2 * slope)
    a = at.height * (slope - at.slope_left) + bend
    b = at.height * at.slope_left - bend
    c = -slope * rise
    share = 2 * c / (-b - numerics.safe_sqrt(b * b - 4 * a * c))
    _, log_slope = _within(at, share)
    return jnp.where(inside, at.left + share * at.width, y), jnp.where(inside, -log_slope, 0.0)


def _within(at: Bin, share: Array) -> tuple[Array, Array]:
    """Image and logarithm of the slope at a relative position within the width of the bin."""
    slope, rest = at.height / at.width, 1 - share
    both = share * rest
    below = slope + (at.slope_left + at.slope_right - 2 * slope) * both
    y = at.bottom + at.height * (slope * share * share + at.slope_left * both) / below
    above = at.slope_right * share * share + 2 * slope * both + at.slope_left * rest * rest
    return y, jnp.log(above * jnp.square(slope / below))


def _bin(position: Array, free: Array, *, bound: float, by_height: bool) -> Bin:
    bins = (len(free) + 1) // 3
    lefts, widths = _knots(free[:bins], bound)
    bottoms, heights = _knots(free[bins : 2 * bins], bound)
    passed = position >= (bottoms if by_height else lefts)[1:]
    none = jnp.zeros_like(passed[:1])
    chosen = jnp.concatenate([~none, passed]) & ~jnp.concatenate([passed, none])

    def pick(values: Array) -> Array:
        return jnp.sum(jnp.where(chosen, values, 0.0), axis=0)

    slopes, end = free[2 * bins :], jnp.zeros_like(free[:1])
    at_left, at_right = pick(jnp.concatenate([end, slopes])), pick(jnp.concatenate([slopes, end]))
    left, bottom, width, height = (pick(values) for values in (lefts, bottoms, widths, heights))
    return Bin(left, bottom, width, height, _slope(at_left), _slope(at_right))


def _knots(logits: Array, bound: float) -> tuple[Array, Array]:
    """Lower ends and sizes of the bins, [K, ...] each."""
    bins = len(logits)
    weights = jnp.exp(logits - lax.stop_gradient(jnp.max(logits, axis=0)))
    share = SMALLEST + ((1 - SMALLEST * bins) / jnp.sum(weights, axis=0)) * weights
    sizes = 2 * bound * share
    before = np.tril(np.ones((bins, bins), np.float32), -1)
    lower = jnp.matmul(before, sizes.reshape(bins, -1), precision=lax.Precision.HIGHEST)
    return lower.reshape(sizes.shape) - bound, sizes


_UNIT_SLOPE = math.log(math.expm1(1 - SMALLEST))


def _slope(free: Array) -> Array:
    """Slopes above `SMALLEST`, 1 at zero: the softplus, shifted."""
    free = free + _UNIT_SLOPE
    return SMALLEST + jnp.maximum(free, 0.0) + jnp.log(1 + jnp.exp(-jnp.abs(free)))
