"""Critics that score pad responses for what is known of the track."""

from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.activations import elu
from jaxgen.models.dense import dense
from jaxgen.ops import convolution
from jaxgen.ops.dropout import dropout

Filters = tuple[int, tuple[int, int], str]
"""Number of filters, size of the kernel, padding."""
Stage = tuple[tuple[Filters, ...], tuple[int, int] | None]
"""Convolutions, then the block that a maximum is taken over."""

PUBLISHED_STAGES: tuple[Stage, ...] = (
    (((16, (3, 3), "SAME"), (16, (3, 3), "SAME")), (1, 2)),
    (((32, (3, 3), "SAME"), (32, (3, 3), "SAME")), (2, 2)),
    (((64, (3, 3), "VALID"), (64, (2, 2), "VALID")), None),
)

RESIDUAL_STAGES: tuple[Stage, ...] = (
    (((8, (2, 3), "VALID"), (16, (2, 3), "VALID"), (32, (1, 1), "VALID")), (2, 2)),
    (((64, (2, 3), "VALID"), (128, (2, 3), "VALID")), None),
)
FASTER_STAGES: tuple[Stage, ...] = (
    (((16, (3, 3), "SAME"),), (1, 2)),
    (((32, (3, 3), "SAME"), (64, (3, 3), "SAME")), (2, 2)),
    (((64, (3, 3), "VALID"), (128, (2, 2), "VALID")), None),
)


class Geometry(NamedTuple):
    """What the kernel of a convolution of stride one does not tell.

    Attributes:
      input_shape: (height, width) of what it is applied to.
      padding: zeros before and after each of the two axes.
    """

    input_shape: tuple[int, int]
    padding: convolution.Padding


class ConvolutionalCritic(nn.Module):
    """Convolutions over the image and the tiled features, then dense layers that see the features again.

    With the defaults the published critic of 61,121 parameters (Eur. Phys. J. C 81, 599).

    Attributes:
      stages: the convolutions and pools.
      widths: of the dense layers before the last.
      outputs: of the last layer, which is linear.
      activation: after every layer but the last.
      dropout_rate: after every convolution.
      residual: whether a dense layer as wide as its input adds to it, and dropout follows these layers too.
    """

    stages: tuple[Stage, ...] = PUBLISHED_STAGES
    widths: tuple[int, ...] = (128,)
    outputs: int = 1
    activation: Callable[[Array], Array] = elu
    dropout_rate: float = 0.02
    residual: bool = False

    @nn.compact
    def __call__(self, images: Array, features: Array, seeds: Array | None = None) -> Array:
        """Maps images [N, H, W] with features [N, F] to scores [N, outputs]; seeds [N] turn dropout on."""
        x = images.transpose(1, 2, 0)[:, :, None]
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
        flat = x.transpose(2, 0, 1, 3).reshape(-1, x.shape[-1])  # features first, as published
        x = jnp.concatenate([features, flat.T], axis=1)
        for index, width in enumerate(self.widths):
            y = self.activation(dense(width, name=f"dense_{index}")(x))
            if self.residual:
                y = dropout(y.T, seeds, rate=self.dropout_rate, layer=number + index).T
                y = x + y if x.shape == y.shape else y
            x = y
        return dense(self.outputs, name="scores")(x)


def geometry(stages: tuple[Stage, ...], shape: tuple[int, int]) -> dict[str, Geometry]:
    """Input shape and padding of every convolution of a `ConvolutionalCritic`.

    Args:
      stages: of the critic.
      shape: (height, width) of the images it sees.

    Returns:
      By the name of the kernel in the critic's parameters.

    >>> geometry(PUBLISHED_STAGES, (8, 16))["convolution_5/kernel"]
    Geometry(input_shape=(2, 2), padding=((0, 0), (0, 0)))
    """
    found: dict[str, Geometry] = {}
    height, width = shape
    for convolutions, pool in stages:
        for _, size, name in convolutions:
            padding = convolution.resolve_padding(name, size)
            found[f"convolution_{len(found)}/kernel"] = Geometry((height, width), padding)
            height += sum(padding[0]) - size[0] + 1
            width += sum(padding[1]) - size[1] + 1
        height, width = (height, width) if pool is None else (height // pool[0], width // pool[1])
    return found
