"""Generators of pad responses for what is known of the track."""

from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.activations import elu, kinked
from jaxgen.models.tpc_critics import dense


class DenseGenerator(nn.Module):
    """Dense layers from features and latent numbers to a response.

    With the defaults the published generator of 19,968 parameters (Eur. Phys. J. C 81, 599).

    Attributes:
      shape: of a response.
      widths: of the layers before the last.
      activation: after every layer but the last.
      output: activation of the last layer.
    """

    shape: tuple[int, ...] = (8, 16)
    widths: tuple[int, ...] = (32, 64, 64, 64)
    activation: Callable[[Array], Array] = elu
    output: Callable[[Array], Array] = kinked

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent numbers [N, Z] to responses [N, *shape]."""
        x = jnp.concatenate([features, latent], axis=1)
        for index, width in enumerate(self.widths):
            x = self.activation(dense(width, name=f"dense_{index}")(x))
        size = 1
        for length in self.shape:
            size *= length
        x = self.output(dense(size, name="response")(x))
        return x.reshape(-1, *self.shape)
