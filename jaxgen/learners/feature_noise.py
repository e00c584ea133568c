"""Noise on the numbers of the track that fades as training goes on."""

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, Key


def noise_scale(*, scale: float | Array, decay_epochs: float, epoch: float | Array) -> Array:
    """Standard deviation of the noise, scale / 10^(epoch / decay_epochs).

    >>> round(float(noise_scale(scale=2.0, decay_epochs=50.0, epoch=100)), 6)
    0.02
    """
    checks.positive(decay_epochs=decay_epochs)
    return jnp.asarray(scale, jnp.float32) * 10.0 ** (-jnp.asarray(epoch, jnp.float32) / decay_epochs)


def feature_noise(
    key: Key,
    condition: Array,
    *,
    scale: float | Array,
    decay_epochs: float,
    epoch: float | Array,
) -> Array:
    """Adds Gaussian noise to raw conditions.

    Args:
      key: of the draw.
      condition: [..., C] in physical units.
      scale: standard deviation at epoch 0, in the unit of each column, [C], or one number for all as
        published. Zero leaves a column as it is, which suits the pad row.
      decay_epochs: epochs in which the noise falls to a tenth.
      epoch: may be traced and may have a fraction.

    Returns:
      Noisy conditions, [..., C].
    """
    width = noise_scale(scale=scale, decay_epochs=decay_epochs, epoch=epoch)
    return condition + width * jax.random.normal(key, condition.shape, condition.dtype)
