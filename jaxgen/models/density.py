"""Models that know the density of what they generate."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree


class DensityModel(NamedTuple):
    """A density, and events made of standard normal numbers, as pure functions.

    Rows do not see each other: event i depends on row i of the latent numbers and of the context alone.

    Attributes:
      init: `init(key, x, context) -> params`; x [B, D] and context [B, F] give shapes only.
      normalize: `normalize(params, x, context) -> (latent, log_determinant)`, [B, D] and [B]; the
        logarithm of the volume that a unit of volume around x becomes. None where events are not a bijection
        of normal numbers, such as those with empty cells.
      transform: `transform(params, latent, context) -> x`, [B, D]. Of standard normal numbers it makes
        events; it undoes `normalize`.
      log_prob: `log_prob(params, x, context) -> [B]`, in nats; the density is per unit of each column.
    """

    init: Callable[[Key, Array, Array], PyTree]
    normalize: Callable[[PyTree, Array, Array], tuple[Array, Array]] | None
    transform: Callable[[PyTree, Array, Array], Array]
    log_prob: Callable[[PyTree, Array, Array], Array]


def from_bijection(
    init: Callable[[Key, Array, Array], PyTree],
    normalize: Callable[[PyTree, Array, Array], tuple[Array, Array]],
    transform: Callable[[PyTree, Array, Array], Array],
) -> DensityModel:
    """The density that a bijection gives to the images of standard normal numbers.

    >>> double = from_bijection(
    ...     lambda key, x, context: {},
    ...     lambda params, x, context: (x / 2, jnp.full(len(x), -math.log(2))),
    ...     lambda params, latent, context: 2 * latent,
    ... )
    >>> float(double.log_prob({}, jnp.zeros((1, 1)), jnp.zeros((1, 0)))[0])
    -1.612085...
    """

    def log_prob(params: PyTree, x: Array, context: Array) -> Array:
        latent, log_determinant = normalize(params, x, context)
        return standard_normal_log_prob(latent) + log_determinant

    return DensityModel(init, normalize, transform, log_prob)


def standard_normal_log_prob(x: Array) -> Array:
    """Logarithm of the density of independent standard normal numbers, [B, D] to [B].

    >>> round(float(standard_normal_log_prob(jnp.zeros((1, 2)))[0]), 4)
    -1.8379
    """
    return -0.5 * jnp.sum(jnp.square(x), axis=-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi)
