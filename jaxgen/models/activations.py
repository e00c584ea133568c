"""Activations that networks of this library use, cheap to differentiate twice."""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen.base import Array


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


def rectified(x: Array) -> Array:
    """x above zero and zero below, where the slope is taken to be e^x.

    A ReLU whose cells can come back: one that is empty in all showers has no gradient under a ReLU. Below
    zero the slope is not that of the function.

    >>> import jax
    >>> [round(float(f(-1.0)), 3) for f in (rectified, jax.grad(rectified))]
    [0.0, 0.368]
    """
    smooth = elu(x)
    return smooth + lax.stop_gradient(jnp.maximum(x, 0.0) - smooth)
