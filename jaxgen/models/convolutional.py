"""Convolutional critics of images, and the geometry of their convolutions for the operator norm."""

from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.activations import elu
from jaxgen.models.dense import dense
from jaxgen.ops import convolution, pooling
from jaxgen.ops.dropout import dropout

Filters = tuple[int, tuple[int, int], str]
"""Number of filters, size of the kernel, padding."""
Stage = tuple[tuple[Filters, ...], tuple[int, int] | None]
"""Convolutions, then the block size of a max pooling."""


class Geometry(NamedTuple):
    """Properties of a convolution of stride one that its kernel does not determine.

    Attributes:
      input_shape: (height, width) of its input.
      padding: zeros before and after each of the two axes.
    """

    input_shape: tuple[int, int]
    padding: convolution.Padding


class ConvolutionalCritic(nn.Module):
    """Convolutions over image and tiled features, then dense layers that are given the features again.

    Attributes:
      stages: convolutions and poolings.
      widths: widths of the dense layers before the last.
      outputs: number of outputs of the last layer, which is linear.
      activation: activation after every layer except the last.
      dropout_rate: dropout rate after every convolution.
      residual: whether dense layers as wide as their input are residual, and are also followed by dropout.
    """

    stages: tuple[Stage, ...]
    widths: tuple[int, ...] = (128,)
    outputs: int = 1
    activation: Callable[[Array], Array] = elu
    dropout_rate: float = 0.0
    residual: bool = False

    @nn.compact
    def __call__(self, images: Array, features: Array, seeds: Array | None = None) -> Array:
        """Maps images [N, H, W] with features [N, F] to scores [N, outputs]; seeds [N] enable dropout."""
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
            x = x if pool is None else pooling.max_pool(_filled(x, pool), pool)
        flat = x.transpose(2, 0, 1, 3).reshape(-1, x.shape[-1])  # features first, as published
        x = jnp.concatenate([features, flat.T], axis=1)
        for index, width in enumerate(self.widths):
            y = self.activation(dense(width, name=f"dense_{index}")(x))
            if self.residual:
                y = dropout(y.T, seeds, rate=self.dropout_rate, layer=number + index).T
                y = x + y if x.shape == y.shape else y
            x = y
        return dense(self.outputs, name="scores")(x)


def _filled(x: Array, pool: tuple[int, int]) -> Array:
    if x.shape[0] % pool[0] or x.shape[1] % pool[1]:
        raise ValueError(f"Expected an image divisible into blocks of {pool}; got {x.shape[:2]}.")
    return x


def geometry(stages: tuple[Stage, ...], shape: tuple[int, int]) -> dict[str, Geometry]:
    """Input shape and padding of every convolution of a `ConvolutionalCritic`.

    Args:
      stages: convolutions and poolings of the critic.
      shape: (height, width) of the images.

    Returns:
      Geometries by name of the kernel in the critic's parameters.

    >>> one = ((16, (3, 3), "SAME"),)
    >>> geometry(((one, (1, 2)), (one, None)), (8, 16))["convolution_1/kernel"]
    Geometry(input_shape=(8, 8), padding=((1, 1), (1, 1)))
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


def upsample(x: Array, factor: int = 2) -> Array:
    """Repeats every row and column of images.

    Args:
      x: [H, W, F, N].
      factor: number of repetitions.

    Returns:
      [factor H, factor W, F, N].

    >>> upsample(jnp.arange(2.0).reshape(1, 2, 1, 1))[..., 0, 0]
    Array([[0., 0., 1., 1.],
           [0., 0., 1., 1.]], dtype=float32)
    """
    height, width, *rest = x.shape
    x = jnp.broadcast_to(x[:, None, :, None], (height, factor, width, factor, *rest))
    return x.reshape(factor * height, factor * width, *rest)
