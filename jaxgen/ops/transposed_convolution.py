"""Transposed convolutions of stride one, which enlarge images; layout rows, columns, features, batch."""

import flax.linen as nn
import jax.numpy as jnp
from jax import lax

from jaxgen.base import Array
from jaxgen.ops import winograd


def transpose_convolve(x: Array, kernel: Array) -> Array:
    """Adds a copy of the kernel at each position of the images, scaled by the value there.

    It is the transpose of the unpadded convolution with the same kernel, and equals the convolution with the
    kernel rotated by 180 degrees and a zero padding as wide as the kernel minus one.

    Args:
      x: [H, W, I, N]: rows, columns, features, batch.
      kernel: [h, w, O, I].

    Returns:
      [H + h - 1, W + w - 1, O, N].

    >>> x = jnp.array([1.0, 10.0]).reshape(1, 2, 1, 1)
    >>> kernel = jnp.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> [round(float(value), 3) for value in transpose_convolve(x, kernel).ravel()]
    [1.0, 12.0, 23.0, 30.0]
    """
    return lax.platform_dependent(x, kernel, cpu=_products, default=_native)


def _native(x: Array, kernel: Array) -> Array:
    turned = jnp.flip(kernel, (0, 1)).swapaxes(2, 3)
    padding = [(size - 1, size - 1) for size in kernel.shape[:2]]
    return lax.conv_general_dilated(x, turned, (1, 1), padding, dimension_numbers=("HWCN", "HWIO", "HWCN"))


def _products(x: Array, kernel: Array) -> Array:
    rows, columns = (
        winograd.Axis(length + size - 1, size, (0, 0))
        for length, size in zip(x.shape[:2], kernel.shape[:2], strict=True)
    )
    return winograd.transposed((rows, columns), x, kernel)


class TransposedConvolution(nn.Module):
    """Transposed convolution of stride one without cropping, in the layout [H, W, F, N].

    Attributes:
      filters: number of output features.
      size: size of the kernel.
    """

    filters: int
    size: tuple[int, int]

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps [H, W, I, N] to [H + size[0] - 1, W + size[1] - 1, O, N]."""
        shape = (*self.size, self.filters, x.shape[2])
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.filters,))
        return transpose_convolve(x, kernel) + bias[:, None]
