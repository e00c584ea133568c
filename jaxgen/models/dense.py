"""Dense generators and critics for events of any shape."""

import math
from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.activations import elu
from jaxgen.ops.dropout import dropout


class DenseGenerator(nn.Module):
    """Dense layers from features and latent variables to an event.

    Attributes:
      shape: shape of an event.
      widths: widths of the layers before the last.
      activation: activation after every layer except the last.
      output: activation of the last layer; None for a linear one.
    """

    shape: tuple[int, ...]
    widths: tuple[int, ...] = (32, 64, 64, 64)
    activation: Callable[[Array], Array] = elu
    output: Callable[[Array], Array] | None = None

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to events [N, *shape]."""
        x = jnp.concatenate([features, latent], axis=1)
        for index, width in enumerate(self.widths):
            x = self.activation(dense(width, name=f"dense_{index}")(x))
        x = dense(math.prod(self.shape), name="response")(x)
        x = x if self.output is None else self.output(x)
        return x.reshape(-1, *self.shape)


class DenseCritic(nn.Module):
    """Dense layers over the features and the numbers of an event.

    Attributes:
      widths: widths of the layers before the last.
      outputs: number of outputs of the last layer, which is linear.
      activation: activation after every layer except the last.
      dropout_rate: dropout rate after every layer except the last.
    """

    widths: tuple[int, ...] = (32, 64, 64, 64, 128)
    outputs: int = 1
    activation: Callable[[Array], Array] = nn.relu
    dropout_rate: float = 0.0

    @nn.compact
    def __call__(self, data: Array, features: Array, seeds: Array | None = None) -> Array:
        """Maps events [N, ...] with features [N, F] to scores [N, outputs]; seeds [N] enable dropout."""
        x = jnp.concatenate([features, data.reshape(len(data), -1)], axis=1)
        for index, width in enumerate(self.widths):
            x = self.activation(dense(width, name=f"dense_{index}")(x))
            x = dropout(x.T, seeds, rate=self.dropout_rate, layer=index).T
        return dense(self.outputs, name="scores")(x)


def dense(width: int, *, name: str) -> nn.Dense:
    """A dense layer with Glorot-uniform initial weights and zero biases, as in the published networks."""
    return nn.Dense(width, kernel_init=nn.initializers.glorot_uniform(), name=name)
