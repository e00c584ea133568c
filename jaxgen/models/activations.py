"""Activations that are cheap to differentiate twice."""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen.base import Array


@jax.custom_jvp
def elu(x: Array) -> Array:
    """Exponential linear unit, x above zero and e^x - 1 below (arXiv:1511.07289).

    The slope is e^min(x, 0), which is also part of the value: no derivative evaluates another exponential.

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


def rectified(x: Array) -> Array:
    """x above zero and zero below, with e^x as the gradient below zero.

    Unlike with a ReLU, a cell that is empty in all showers still has a gradient and can become non-empty.
    Below zero the gradient is not that of the function.

    >>> import jax
    >>> [round(float(f(-1.0)), 3) for f in (rectified, jax.grad(rectified))]
    [0.0, 0.368]
    """
    smooth = elu(x)
    return smooth + lax.stop_gradient(jnp.maximum(x, 0.0) - smooth)
