"""Convolutions whose work is matrix products, laid out features first and batch last.

On CPU a native convolution inside a loop falls back to scalar code, and patches built along the channel
axis are copied in short runs. With the batch innermost every shift is a long copy and no product needs a
transposed operand, so a convolution runs near the speed of the bare product. Elsewhere the native
convolution is used.
"""

import math
from functools import partial

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array

Padding = tuple[tuple[int, int], tuple[int, int]]


def resolve_padding(padding: str, size: tuple[int, int]) -> Padding:
    """Zeros before and after each axis for stride one.

    Args:
      padding: "SAME" or "VALID".
      size: of the kernel.

    Returns:
      ((before, after), (before, after)).

    Raises:
      ValueError: for any other padding.

    >>> resolve_padding("SAME", (3, 2))
    ((1, 1), (0, 1))
    """
    checks.one_of("padding", padding, ("SAME", "VALID"))
    if padding == "VALID":
        return ((0, 0), (0, 0))
    rows, columns = (((n - 1) // 2, n // 2) for n in size)
    return (rows, columns)


def convolve(x: Array, kernel: Array, *, padding: Padding) -> Array:
    """Cross-correlation of stride one.

    Args:
      x: [I, H, W, N], features first and batch last.
      kernel: [h, w, I, O].
      padding: zeros before and after each image axis.

    Returns:
      [O, H', W', N].
    """
    return lax.platform_dependent(
        x,
        kernel,
        cpu=partial(_shifted_products, padding=padding),
        default=partial(_native, padding=padding),
    )


def _native(x: Array, kernel: Array, *, padding: Padding) -> Array:
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("CHWN", "HWIO", "CHWN"))


def _shift(x: Array, axis: int, offset: int, length: int) -> Array:
    """Rows offset, ..., offset + length - 1 of an axis, zero where there are none."""
    edges = [(0, 0, 0)] * x.ndim
    edges[axis] = (-offset, offset + length - x.shape[axis], 0)
    return lax.pad(x, jnp.zeros((), x.dtype), edges)


def _shifted_products(x: Array, kernel: Array, *, padding: Padding) -> Array:
    """Gathers the column shifts before one product and adds up the row shifts after it.

    Where few rows survive or the input is thin, the row shifts are gathered too: the product would
    otherwise be mostly thrown away.
    """
    height, width, features, filters = kernel.shape
    (top, bottom), (left, right) = padding
    rows, columns = x.shape[1] + top + bottom - height + 1, x.shape[2] + left + right - width + 1
    gathered = jnp.concatenate([_shift(x, 2, j - left, columns) for j in range(width)])
    if features * height <= 16 or rows * 3 <= x.shape[1] * 2:
        patches = jnp.concatenate([_shift(gathered, 1, i - top, rows) for i in range(height)])
        matrix = kernel.transpose(3, 0, 1, 2).reshape(filters, -1)
        return (matrix @ patches.reshape(matrix.shape[1], -1)).reshape(filters, rows, columns, -1)
    matrix = kernel.transpose(0, 3, 1, 2).reshape(height * filters, width * features)
    product = (matrix @ gathered.reshape(width * features, -1)).reshape(
        height, filters, x.shape[1], columns, -1
    )
    shifted = [_shift(product[i], 1, i - top, rows) for i in range(height)]
    return sum(shifted[1:], start=shifted[0])


def _distinct_borders(length: int, size: int, edges: tuple[int, int]) -> tuple[np.ndarray, list[int]]:
    """Which taps of a kernel fall inside, for each run of equal positions: [runs, size] and run lengths."""
    positions = np.arange(length + sum(edges) - size + 1)[:, None] + np.arange(size) - edges[0]
    inside = (positions >= 0) & (positions < length)
    starts = [0, *(i for i in range(1, len(inside)) if (inside[i] != inside[i - 1]).any()), len(inside)]
    return inside[starts[:-1]].astype(np.float32), list(np.diff(starts))


def _spread(x: Array, axis: int, lengths: list[int]) -> Array:
    """Repeats entry i of an axis lengths[i] times."""
    shape = list(x.shape)
    pieces = []
    for i, length in enumerate(lengths):
        shape[axis] = length
        pieces.append(jnp.broadcast_to(lax.slice_in_dim(x, i, i + 1, axis=axis), shape))
    return jnp.concatenate(pieces, axis)


def convolve_constant(constant: Array, kernel: Array, *, shape: tuple[int, int], padding: Padding) -> Array:
    """Convolution of images that are constant over all positions, but for the zeros around them.

    Away from the border every position has the same answer, so it is worked out once for each kind of
    border and spread out.

    Args:
      constant: [N, I], the value of each channel.
      kernel: [h, w, I, O].
      shape: (H, W) of the image.
      padding: zeros before and after each image axis.

    Returns:
      [O, H', W', N].
    """
    rows, row_lengths = _distinct_borders(shape[0], kernel.shape[0], padding[0])
    columns, column_lengths = _distinct_borders(shape[1], kernel.shape[1], padding[1])
    reached = jnp.einsum("ri,cj,ijfo->orcf", rows, columns, kernel)
    small = reached.reshape(-1, reached.shape[-1]) @ constant.T
    small = small.reshape(*reached.shape[:3], -1)
    return _spread(_spread(small, 2, column_lengths), 1, row_lengths)


def max_pool(x: Array, size: tuple[int, int]) -> Array:
    """Largest value of each block of an image.

    Args:
      x: [F, H, W, N], H and W divisible by the size.
      size: of a block.

    Returns:
      [F, H / size[0], W / size[1], N].

    Raises:
      ValueError: where the blocks do not fill the image.
    """
    if x.shape[1] % size[0] or x.shape[2] % size[1]:
        raise ValueError(f"Expected an image divisible into blocks of {size}; got {x.shape[1:3]}.")
    for axis, length in ((1, size[0]), (2, size[1])):
        entries = [lax.slice_in_dim(x, i, None, stride=length, axis=axis) for i in range(length)]
        x = entries[0]
        for entry in entries[1:]:
            x = jnp.where(x >= entry, x, entry)  # cheaper to differentiate than maximum
    return x


class Convolution(nn.Module):
    """Convolution of stride one in the layout [F, H, W, N].

    Attributes:
      filters: number of output features.
      size: of the kernel.
      padding: "SAME" or "VALID".
    """

    filters: int
    size: tuple[int, int]
    padding: str = "SAME"

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps [I, H, W, N] to [O, H', W', N]."""
        shape = (*self.size, x.shape[0], self.filters)
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.filters,))
        return convolve(x, kernel, padding=resolve_padding(self.padding, self.size)) + _column(bias)


class ConditionedConvolution(nn.Module):
    """Convolution over image channels followed by the features, tiled as further channels.

    Attributes:
      filters: number of output features.
      size: of the kernel.
      padding: "SAME" or "VALID".
    """

    filters: int
    size: tuple[int, int]
    padding: str = "SAME"

    @nn.compact
    def __call__(self, x: Array, features: Array) -> Array:
        """Maps [I, H, W, N] with features [N, F] to [O, H', W', N]."""
        shape = (*self.size, x.shape[0] + features.shape[1], self.filters)
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.filters,))
        padding = resolve_padding(self.padding, self.size)
        varying = convolve(x, kernel[:, :, : x.shape[0]], padding=padding)
        constant = convolve_constant(
            features, kernel[:, :, x.shape[0] :], shape=(x.shape[1], x.shape[2]), padding=padding
        )
        return varying + constant + _column(bias)


def _column(bias: Array) -> Array:
    return bias.reshape(-1, 1, 1, 1)


def floating_point_operations(x_shape: tuple[int, ...], kernel_shape: tuple[int, ...], rows: int) -> int:
    """Multiplications and additions of one convolution, for benchmarks.

    Args:
      x_shape: (I, H, W, N).
      kernel_shape: (h, w, I, O).
      rows: number of output rows times output columns.
    """
    return 2 * rows * x_shape[-1] * math.prod(kernel_shape)
