"""Generators of pad responses for what is known of the track."""

from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.dense import dense
from jaxgen.ops import convolution
from jaxgen.systems.tpc_pads.models.critics import Filters

GENERATOR_STAGES: tuple[tuple[Filters, ...], ...] = (
    ((32, (2, 2), "SAME"), (32, (2, 2), "SAME")),
    ((16, (2, 3), "VALID"), (16, (1, 2), "VALID")),
    ((8, (3, 3), "SAME"), (8, (2, 2), "VALID")),
    ((8, (3, 3), "VALID"),),
)
"""Convolutions of the convolutional generator; between the groups images double in both directions."""


class ConvolutionalGenerator(nn.Module):
    """A dense layer to 8 images of 2x4, then convolutions and three doublings to a response of 8x16.

    The generator of an earlier version of the published system.

    Attributes:
      activation: after every layer but the last, which has a ReLU.
    """

    activation: Callable[[Array], Array] = nn.relu

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent numbers [N, Z] to responses [N, 8, 16]."""
        x = jnp.concatenate([features, latent], axis=1)
        x = self.activation(dense(64, name="dense_0")(x)).T.reshape(8, 2, 4, -1).transpose(1, 2, 0, 3)
        number = 0
        for convolutions in GENERATOR_STAGES:
            x = x if number == 0 else upsample(x)
            for filters, size, padding in convolutions:
                layer = convolution.Convolution(filters, size, padding, name=f"convolution_{number}")
                x = self.activation(layer(x))
                number += 1
        return nn.relu(FeatureSum(name="response")(x)).transpose(2, 0, 1)


class FeatureSum(nn.Module):
    """A convolution of size one to a single feature, whose weights start positive.

    One ReLU over this sum makes the whole image: with weights of both signs 2 of 40 seeds started with
    images of zeros only, which have no gradient, and further ones nearly so.
    """

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps [H, W, F, N] to [H, W, N]."""
        glorot = nn.initializers.glorot_uniform()
        kernel = self.param("kernel", lambda *args: jnp.abs(glorot(*args)), (x.shape[2], 1))
        bias = self.param("bias", nn.initializers.zeros_init(), (1,))
        return jnp.sum(x * kernel, axis=2) + bias


def upsample(x: Array, factor: int = 2) -> Array:
    """Repeats every row and every column of images.

    Args:
      x: [H, W, F, N].
      factor: how often each then appears.

    Returns:
      [factor H, factor W, F, N].

    >>> upsample(jnp.arange(2.0).reshape(1, 2, 1, 1))[..., 0, 0]
    Array([[0., 0., 1., 1.],
           [0., 0., 1., 1.]], dtype=float32)
    """
    height, width, *rest = x.shape
    x = jnp.broadcast_to(x[:, None, :, None], (height, factor, width, factor, *rest))
    return x.reshape(factor * height, factor * width, *rest)
