"""Dense networks: generators of any event, critics of any event."""

import math
from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.activations import elu
from jaxgen.ops.dropout import dropout


class DenseGenerator(nn.Module):
    """Dense layers from features and latent numbers to an event.

    Attributes:
      shape: of an event.
      widths: of the layers before the last.
      activation: after every layer but the last.
      output: activation of the last layer; None for a linear one.
    """

    shape: tuple[int, ...]
    widths: tuple[int, ...] = (32, 64, 64, 64)
    activation: Callable[[Array], Array] = elu
    output: Callable[[Array], Array] | None = None

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent numbers [N, Z] to events [N, *shape]."""
        x = jnp.concatenate([features, latent], axis=1)
        for index, width in enumerate(self.widths):
            x = self.activation(dense(width, name=f"dense_{index}")(x))
        x = dense(math.prod(self.shape), name="response")(x)
        x = x if self.output is None else self.output(x)
        return x.reshape(-1, *self.shape)


class DenseCritic(nn.Module):
    """Dense layers over the features and the numbers of an event.

    Attributes:
      widths: of the layers before the last.
      outputs: of the last layer, which is linear.
      activation: after every layer but the last.
      dropout_rate: after every layer but the last.
    """

    widths: tuple[int, ...] = (32, 64, 64, 64, 128)
    outputs: int = 1
    activation: Callable[[Array], Array] = nn.relu
    dropout_rate: float = 0.0

    @nn.compact
    def __call__(self, data: Array, features: Array, seeds: Array | None = None) -> Array:
        """Maps events [N, ...] with features [N, F] to scores [N, outputs]; seeds [N] turn dropout on."""
        x = jnp.concatenate([features, data.reshape(len(data), -1)], axis=1)
        for index, width in enumerate(self.widths):
            x = self.activation(dense(width, name=f"dense_{index}")(x))
            x = dropout(x.T, seeds, rate=self.dropout_rate, layer=index).T
        return dense(self.outputs, name="scores")(x)


def dense(width: int, *, name: str) -> nn.Dense:
    """A dense layer with Glorot-uniform weights and zero biases, as the published networks start."""
    return nn.Dense(width, kernel_init=nn.initializers.glorot_uniform(), name=name)
