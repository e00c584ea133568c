"""Shape of pad responses: six moments an image, and what their trends are plotted against."""

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxgen import checks
from jaxgen.base import Array

MOMENT_NAMES = ("Mean0", "Mean1", "Sigma0^2", "Sigma1^2", "Cov01", "Sum")
FEATURE_NAMES = ("crossing_angle", "dip_angle", "drift_length", "time_fraction", "pad_fraction")


def moments(images: ArrayLike) -> Array:
    """Barycentre, widths, tilt and sum of each response (arXiv:2012.04595, section 5).

    Amplitudes below zero count as zero. The second moments are central sums, so float32 is enough.

    Args:
      images: amplitudes in ADC counts, [N, pads, time bins].

    Returns:
      [N, 6]: Mean0 (pads), Mean1 (time bins), Sigma0^2, Sigma1^2, Cov01, Sum (ADC counts); the
      first five are NaN for an image without any amplitude, whose Sum is 0.

    Raises:
      ValueError: where the images are not three-dimensional.

    >>> moments(jnp.zeros((1, 8, 16)).at[0, 3, 7].set(2.0)).tolist()
    [[3.0, 7.0, 0.0, 0.0, 0.0, 2.0]]
    """
    images = jnp.maximum(jnp.asarray(images, jnp.float32), 0.0)
    checks.shape("images", images, (None, None, None))
    total = jnp.sum(images, axis=(1, 2))
    share = images / total[:, None, None]  # 0/0 where the image is empty: NaN is the answer there

    def mean(values: Array) -> Array:
        return jnp.sum(share * values, axis=(1, 2))

    def centred(length: int, axis: int) -> tuple[Array, Array]:
        cells = jnp.expand_dims(jnp.arange(length, dtype=jnp.float32), 1 - axis)[None]
        first = mean(cells)
        first = first + mean(cells - first[:, None, None])  # mends the rounding of the first pass
        return first, cells - first[:, None, None]

    pad, from_pad = centred(images.shape[1], 0)
    time, from_time = centred(images.shape[2], 1)
    widths = mean(jnp.square(from_pad)), mean(jnp.square(from_time)), mean(from_pad * from_time)
    return jnp.stack([pad, time, *widths, total], axis=1)


def trend_features(condition: ArrayLike) -> np.ndarray:
    """The five track parameters that trends are taken against.

    Args:
      condition: crossing angle (degrees), dip angle (degrees), drift length (time bins) and pad
        coordinate (pads), then any others, [N, C >= 4].

    Returns:
      Crossing, dip, drift, fraction of the drift, fraction of the pad coordinate: float64 [N, 5].

    Raises:
      ValueError: where the condition has fewer than four columns.

    >>> trend_features(np.array([[1.0, 2.0, 100.25, 31.5]])).tolist()
    [[1.0, 2.0, 100.25, 0.25, 0.5]]
    """
    track = np.asarray(condition, np.float64)
    if track.ndim != 2 or track.shape[1] < 4:
        raise ValueError(
            "Expected a condition of crossing angle, dip angle, drift length and pad coordinate, "
            f"[N, 4 or more]; got shape {track.shape}."
        )
    return np.concatenate([track[:, :3], np.mod(track[:, 2:4], 1.0)], axis=1)


def is_empty(images: ArrayLike) -> np.ndarray:
    """Which responses have no amplitude above zero, bool [N]."""
    return np.logical_not(np.any(np.asarray(images) > 0, axis=(1, 2)))
