"""Critics that score pad responses for what is known of the track."""

from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models import convolution
from jaxgen.models.activations import elu
from jaxgen.models.dropout import dropout

Filters = tuple[int, tuple[int, int], str]
"""Number of filters, size of the kernel, padding."""
Stage = tuple[tuple[Filters, ...], tuple[int, int] | None]
"""Convolutions, then the block that a maximum is taken over."""

PUBLISHED_STAGES: tuple[Stage, ...] = (
    (((16, (3, 3), "SAME"), (16, (3, 3), "SAME")), (1, 2)),
    (((32, (3, 3), "SAME"), (32, (3, 3), "SAME")), (2, 2)),
    (((64, (3, 3), "VALID"), (64, (2, 2), "VALID")), None),
)


class ConvolutionalCritic(nn.Module):
    """Convolutions over the image and the tiled features, then dense layers that see the features again.

    With the defaults the published critic of 61,121 parameters (Eur. Phys. J. C 81, 599).

    Attributes:
      stages: the convolutions and pools.
      widths: of the dense layers before the last.
      outputs: of the last layer, which is linear.
      activation: after every layer but the last.
      dropout_rate: after every convolution.
    """

    stages: tuple[Stage, ...] = PUBLISHED_STAGES
    widths: tuple[int, ...] = (128,)
    outputs: int = 1
    activation: Callable[[Array], Array] = elu
    dropout_rate: float = 0.02

    @nn.compact
    def __call__(self, images: Array, features: Array, seeds: Array | None = None) -> Array:
        """Maps images [N, H, W] with features [N, F] to scores [N, outputs]; seeds [N] turn dropout on."""
        x = images.transpose(1, 2, 0)[None]
        number = 0
        for convolutions, pool in self.stages:
            for filters, size, padding in convolutions:
                name = f"convolution_{number}"
                if number == 0:
                    x = convolution.ConditionedConvolution(filters, size, padding, name=name)(x, features)
                else:
                    x = convolution.Convolution(filters, size, padding, name=name)(x)
                x = dropout(self.activation(x), seeds, rate=self.dropout_rate, layer=number)
                number += 1
            x = x if pool is None else convolution.max_pool(x, pool)
        x = jnp.concatenate([features, x.reshape(-1, x.shape[-1]).T], axis=1)
        for index, width in enumerate(self.widths):
            x = self.activation(dense(width, name=f"dense_{index}")(x))
        return dense(self.outputs, name="scores")(x)


def dense(width: int, *, name: str) -> nn.Dense:
    """A dense layer with Glorot-uniform weights and zero biases, as the published networks start."""
    return nn.Dense(width, kernel_init=nn.initializers.glorot_uniform(), name=name)
