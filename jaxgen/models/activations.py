"""Activations that networks of this library use, cheap to differentiate twice."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxgen.base import Array

AMPLITUDE_ONE = 0.3010299956639812  # log10(1 + 1): one ADC count on the logarithmic scale
KINK_WIDTH = 0.01


@jax.custom_jvp
def elu(x: Array) -> Array:
    """Exponential linear unit, x above zero and e^x - 1 below (arXiv:1511.07289).

    The slope is e^min(x, 0), which the value needs anyway: no exponential is evaluated again in any
    derivative.

    >>> [round(float(elu(x)), 4) for x in (-1.0, 0.0, 2.0)]
    [-0.6321, 0.0, 2.0]
    """
    return jnp.maximum(x, 0.0) + (_slope(x) - 1.0)


@elu.defjvp
def _elu_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return elu(primals[0]), _slope(primals[0]) * tangents[0]


@jax.custom_jvp
def _slope(x: Array) -> Array:
    return jnp.exp(jnp.minimum(x, 0.0))


@_slope.defjvp
def _slope_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    slope = _slope(primals[0])
    return slope, jnp.where(slope < 1.0, slope, 0.0) * tangents[0]


def kinked(x: Array) -> Array:
    """Steep between 0 and 0.01 so that an amplitude of one ADC count is a sharp edge.

    With T = log10(2), d = 0.01 and v = T / 10: v e^x below 0, v + (T - v) x / d up to d, T + x - d above.
    The activation of the published generator (Eur. Phys. J. C 81, 599).

    >>> [round(float(kinked(jnp.array(x))), 4) for x in (0.0, 0.01, 1.01)]
    [0.0301, 0.301, 1.301]
    """
    low = AMPLITUDE_ONE / 10
    below = low * jnp.exp(jnp.minimum(x, 0.0))
    middle = low + (AMPLITUDE_ONE - low) * x / KINK_WIDTH
    above = AMPLITUDE_ONE + x - KINK_WIDTH
    return jnp.where(x < 0, below, jnp.where(x <= KINK_WIDTH, middle, above))


def trainable_kink(x: Array, sharpness: Array) -> Array:
    """The kink with a trainable steepness: T + x above 0, T exp(-|x| s) below, s = elu(50 u + 50) + 1.

    Args:
      x: any shape.
      sharpness: the scalar u, 0 at the start.

    >>> round(float(trainable_kink(jnp.array(0.0), jnp.array(0.0))), 4)
    0.301
    """
    steepness = elu(50.0 * sharpness + 50.0) + 1.0
    below = AMPLITUDE_ONE * jnp.exp(jnp.minimum(x, 0.0) * (steepness + 1e-10))
    return jnp.where(x >= 0, AMPLITUDE_ONE + x, below)


class TrainableKink(nn.Module):
    """`trainable_kink` with its own sharpness, one scalar parameter that starts at 0."""

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps any shape to itself."""
        return trainable_kink(x, self.param("sharpness", nn.initializers.zeros_init(), ()))
