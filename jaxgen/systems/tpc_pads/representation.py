"""Representation of pad responses and tracks as inputs of networks."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks, numerics
from jaxgen.base import Array, Scaler
from jaxgen.data import scalers
from jaxgen.systems.tpc_pads.data import FIRST_LONG_ROW

AnyArray = TypeVar("AnyArray", bound=np.ndarray | jax.Array)

_LOG_10 = float(np.log(10.0))
_SMALLEST_VARIANCE = 0.05
_LARGEST_CORRELATION = 0.99


def features(condition: AnyArray, *, number: int = 5) -> AnyArray:
    """Input features of a track: the published vectors of 5 or 7 numbers.

    5: crossing angle / 20, dip angle / 60, (drift length - 162.5) / 127.5, and the fractional parts of
    drift length and pad coordinate. 7: the first three, whether the row has long pads (27 and up), pT / 2.5,
    and the two fractions.

    The fractional parts have the rounding errors of the input: float32 represents a drift length of 256 to
    512 to 1.5e-5. NumPy arrays are processed in their own precision.

    Args:
      condition: parameters of the tracks, [..., P] in the units of `COLUMNS`; P >= 4 for 5 features,
        P = 6 for 7.
      number: number of features, 5 or 7.

    Returns:
      [..., number], of the same array type as the condition.

    Raises:
      ValueError: for another number, or too few parameters.

    >>> features(np.array([10.0, -30.0, 162.75, 31.5])).tolist()
    [0.5, -0.5, 0.00196078431372549, 0.75, 0.5]
    """
    checks.one_of("the number of features", number, (5, 7))
    needed = 4 if number == 5 else 6
    if condition.shape[-1] < needed:
        raise ValueError(
            f"Expected at least {needed} parameters a track for {number} features; got {condition.shape[-1]}."
        )
    xp = np if isinstance(condition, np.ndarray) else jnp
    crossing, dip, drift, pad = (condition[..., column] for column in range(4))
    angles = [crossing / 20, dip / 60, (drift - 162.5) / 127.5]
    track = []
    if number == 7:
        track = [(condition[..., 4] >= FIRST_LONG_ROW).astype(condition.dtype), condition[..., 5] / 2.5]
    return xp.stack([*angles, *track, drift - xp.floor(drift), pad - xp.floor(pad)], axis=-1)


def logarithmic() -> Scaler:
    """The published scaler of amplitudes, y = log10(1 + x), x > -1.

    >>> scaler = logarithmic()
    >>> round(float(scaler.forward(jnp.array(9.0))), 6), round(float(scaler.inverse(jnp.array(1.0))), 5)
    (1.0, 9.0)
    """
    return Scaler(lambda x: jnp.log1p(x) / _LOG_10, lambda y: _expm1(y * _LOG_10))


def _expm1(x: Array) -> Array:
    """e^x - 1 by its series near zero; as accurate as jnp.expm1 in float32 and, on CPU, faster."""
    near = jnp.abs(x) < 0.3
    small = jnp.where(near, x, 0.0)
    series = jnp.ones_like(x)
    for order in range(7, 1, -1):
        series = 1.0 + small * series * (1.0 / order)
    return jnp.where(near, small * series, jnp.exp(x) - 1.0)


def gaussian(*, shape: tuple[int, int] = (8, 16), correlation: bool = False) -> Scaler:
    """An image as the six parameters of a Gaussian, and back.

    The numbers are the means m0 and m1 and variances v0 and v1 in cells, of the amplitude along the two axes,
    a measure of tilt, and log(1 + sum). The published tilt is cov / (v0 v1), which is not a correlation, as
    v0 and v1 are variances; `correlation` selects cov / sqrt(v0 v1) instead.

    The inverse evaluates the Gaussian at the cells, scaled to the sum. Before that, variances below 0.05 are
    set to 0.05, the tilt is clipped to [-1, 1] as published, and the correlation to [-0.99, 0.99], so the
    matrix stays positive definite. Empty images have six zeros.

    Args:
      shape: shape of the images that the inverse returns.
      correlation: whether the tilt is the correlation.

    Returns:
      forward from [..., A, B] to [..., 6]; inverse from [..., 6] to [..., *shape].
    """

    def forward(image: Array) -> Array:
        checks.one_of("the shape of an image", image.shape[-2:], [shape])
        m0, m1, v0, v1, covariance, total = _moments(image)
        tilt = covariance / _nonzero(_tilt_unit(v0, v1, correlation=correlation))
        return jnp.stack([m0, m1, v0, v1, tilt, jnp.log1p(total)], axis=-1)

    def inverse(numbers: Array) -> Array:
        m0, m1, v0, v1, tilt, log_total = jnp.moveaxis(numbers, -1, 0)[..., None, None]
        v0, v1 = (jnp.maximum(v, _SMALLEST_VARIANCE) for v in (v0, v1))
        covariance = jnp.clip(tilt, -1, 1) * _tilt_unit(v0, v1, correlation=correlation)
        rho = jnp.clip(covariance / jnp.sqrt(v0 * v1), -_LARGEST_CORRELATION, _LARGEST_CORRELATION)
        a = (jnp.arange(shape[0])[:, None] - m0) / jnp.sqrt(v0)
        b = (jnp.arange(shape[1]) - m1) / jnp.sqrt(v1)
        exponent = -0.5 * (a * a - 2 * rho * a * b + b * b) / (1 - rho * rho)
        return jax.nn.softmax(exponent, axis=(-2, -1)) * jnp.expm1(log_total)

    return Scaler(forward, inverse)


def _moments(image: Array) -> tuple[Array, ...]:
    total = image.sum((-2, -1))
    share = image / _nonzero(total)[..., None, None]
    first, second = (jnp.arange(n, dtype=image.dtype) for n in image.shape[-2:])
    along_first, along_second = share.sum(-1), share.sum(-2)
    m0, m1 = along_first @ first, along_second @ second
    a, b = first - m0[..., None], second - m1[..., None]
    v0, v1 = (along_first * a * a).sum(-1), (along_second * b * b).sum(-1)
    return m0, m1, v0, v1, jnp.einsum("...ij,...i,...j->...", share, a, b), total


def _tilt_unit(v0: Array, v1: Array, *, correlation: bool) -> Array:
    return numerics.safe_sqrt(v0 * v1) if correlation else v0 * v1


def _nonzero(x: Array) -> Array:
    return jnp.where(x == 0, 1.0, x)


SCALERS: Mapping[str, Callable[[tuple[int, int]], Scaler]] = {
    "logarithmic": lambda shape: logarithmic(),
    "identity": lambda shape: scalers.identity(),
    "gaussian": lambda shape: gaussian(shape=shape),
    "gaussian_correlation": lambda shape: gaussian(shape=shape, correlation=True),
}


def by_name(name: str, *, shape: tuple[int, int] = (8, 16)) -> Scaler:
    """The scaler with this name, one of `SCALERS`, for responses of a shape.

    Raises:
      ValueError: for an unknown name.
    """
    checks.one_of("the scaler", name, SCALERS)
    return SCALERS[name](shape)
