"""Generators of showers on 30 x 30 cells."""

from collections.abc import Callable, Mapping

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models.activations import elu, rectified
from jaxgen.models.convolutional import upsample
from jaxgen.models.dense import dense
from jaxgen.ops import convolution
from jaxgen.ops.pooling import unfold
from jaxgen.ops.transposed_convolution import TransposedConvolution

Layers = tuple[tuple[int, int], ...]
"""Number of filters and side of the kernel of each layer."""

GAN1_LAYERS: Layers = ((128, 5), (128, 5), (64, 5), (64, 5), (32, 4), (32, 4), (16, 4))
GAN2_LAYERS: Layers = ((128, 5), (64, 4), (64, 4), (32, 3), (32, 3), (16, 3), (16, 3))

OUTPUTS: Mapping[str, Callable[[Array], Array]] = {
    "tanh": jnp.tanh,
    "linear": lambda x: x,
    "softplus": nn.softplus,
    "relu": nn.relu,
    "rectified": rectified,
}
"""Activations of a generator's last layer.

The published one is tanh, which cannot reach cells above one; relu and rectified give cells that are exactly
zero.
"""


class TransposedGenerator(nn.Module):
    """A dense layer to a small image, which transposed convolutions enlarge to 30 x 30.

    Every layer but the last is followed by a ReLU.

    Attributes:
      start: side of the small image.
      layers: the transposed convolutions.
      last: whether the last layer, one filter of side 3, is "plain", which removes two rows and two columns,
        or "transposed", which adds two.
      output: one of `OUTPUTS`.
    """

    start: int = 7
    layers: Layers = GAN1_LAYERS
    last: str = "plain"
    output: str = "tanh"

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to showers [N, 30, 30]."""
        x = jnp.concatenate([features, latent], axis=1)
        x = nn.relu(dense(self.start**2, name="dense_0")(x))
        x = x.T.reshape(self.start, self.start, 1, -1)
        for index, (filters, side) in enumerate(self.layers):
            x = nn.relu(TransposedConvolution(filters, (side, side), name=f"transposed_{index}")(x))
        if self.last == "plain":
            x = convolution.Convolution(1, (3, 3), "VALID", name="response")(x)
        else:
            x = TransposedConvolution(1, (3, 3), name="response")(x)
        return OUTPUTS[self.output](x)[:, :, 0].transpose(2, 0, 1)


class UpsamplingGenerator(nn.Module):
    """Dense layers to small images, then convolutions and upsampling to 30 x 30.

    A transposed convolution enlarges 8 x 8 pixels to 10 x 10; each pixel is then unfolded to a block of cells
    with individual features.

    Showers fall off steeply from the centre, which convolutions cannot represent; every cell
    therefore has its own factor and offset before the last activation.

    Attributes:
      width: width of the first dense layer.
      start: number and side of the small images.
      stages: factor of the upsampling, then the numbers of filters of convolutions of side 3.
      unfolded: side of the blocks at the end, and number of features per cell.
      output: one of `OUTPUTS`.
    """

    width: int = 128
    start: tuple[int, int] = (32, 4)
    stages: tuple[tuple[int, tuple[int, ...]], ...] = ((1, (32,)), (2, (32,)))
    unfolded: tuple[int, int] = (3, 4)
    output: str = "rectified"

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to showers [N, 30, 30]."""
        filters, side = self.start
        x = jnp.concatenate([features, latent], axis=1)
        x = elu(dense(self.width, name="dense_0")(x))
        x = elu(dense(filters * side**2, name="dense_1")(x))
        x = x.T.reshape(side, side, filters, -1)
        number = 0
        for factor, convolutions in self.stages:
            x = upsample(x, factor)
            for filters in convolutions:
                layer = convolution.Convolution(filters, (3, 3), "SAME", name=f"convolution_{number}")
                x = elu(layer(x))
                number += 1
        block, features_each = self.unfolded
        x = TransposedConvolution(block**2 * features_each, (3, 3), name="blocks")(x)
        x = unfold(elu(x), block)
        x = convolution.Convolution(1, (3, 3), "SAME", name="response")(x)
        x = x * self.param("factor", nn.initializers.ones_init(), (*x.shape[:2], 1, 1))
        x = x + self.param("offset", nn.initializers.zeros_init(), (*x.shape[:2], 1, 1))
        return OUTPUTS[self.output](x)[:, :, 0].transpose(2, 0, 1)
