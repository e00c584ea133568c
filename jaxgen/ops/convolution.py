"""Convolutions as matrix products, in the layout rows, columns, features, batch.

On CPU, a native convolution inside a loop falls back to scalar code, and patches are copied in short runs.
With the batch as the innermost axis and the features next to it, every step is a product of small matrices
with long contiguous rows. On other devices the native convolution is used.
"""

from functools import partial

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.ops import winograd

Padding = tuple[tuple[int, int], tuple[int, int]]

THIN = 16  # up to this number of weights per filter, or per input feature, a change of basis does not pay


def resolve_padding(padding: str, size: tuple[int, int]) -> Padding:
    """Zeros before and after each axis for stride one.

    Args:
      padding: "SAME" or "VALID".
      size: size of the kernel.

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
      x: [H, W, I, N]: rows, columns, features, batch.
      kernel: [h, w, I, O].
      padding: zeros before and after each image axis.

    Returns:
      [H', W', O, N].

    Raises:
      ValueError: for an image smaller than the kernel.
    """
    wide = tuple(length + sum(edges) for length, edges in zip(x.shape[:2], padding, strict=True))
    if any(length < size for length, size in zip(wide, kernel.shape[:2], strict=True)):
        raise ValueError(
            f"Expected an image at least as large as the kernel, {kernel.shape[:2]}; got {wide}."
        )
    return lax.platform_dependent(
        x,
        kernel,
        cpu=partial(_products, padding=padding),
        default=partial(_native, padding=padding),
    )


def _native(x: Array, kernel: Array, *, padding: Padding) -> Array:
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("HWCN", "HWIO", "HWCN"))


def _products(x: Array, kernel: Array, *, padding: Padding) -> Array:
    height, width, features, filters = kernel.shape
    if not any(map(sum, padding)) and x.shape[:2] == (height, width):
        return (kernel.reshape(-1, filters).T @ x.reshape(-1, x.shape[3]))[None, None]
    if height * width * features <= THIN:
        patches = _patches(x, (height, width), padding)
        matrix = kernel.reshape(-1, filters).T
        return _multiply(jnp.broadcast_to(matrix, (*patches.shape[:2], *matrix.shape)), patches)
    if height * width * filters <= THIN:
        return _taps(x, kernel, padding)
    axes = zip(x.shape[:2], kernel.shape[:2], padding, strict=True)
    return winograd.convolve(tuple(winograd.Axis(*axis) for axis in axes), x, kernel)


def _multiply(matrices: Array, x: Array) -> Array:
    """Matrix product at every position: [H, W, O, I] and [H, W, I, N] to [H, W, O, N]."""
    return lax.dot_general(matrices, x, (((3,), (2,)), ((0, 1), (0, 1))))


def _patches(x: Array, size: tuple[int, int], padding: Padding) -> Array:
    """The patch under the kernel at every position, [H', W', h w I, N]."""
    x = jnp.pad(x, (*padding, (0, 0), (0, 0)))
    rows, columns = (x.shape[axis] - size[axis] + 1 for axis in (0, 1))
    shifted = [x[i : i + rows, j : j + columns] for i in range(size[0]) for j in range(size[1])]
    return jnp.concatenate(shifted, axis=2)


def _taps(x: Array, kernel: Array, padding: Padding) -> Array:
    """Products of all weights with all pixels, summed along the shifts."""
    height, width, features, filters = kernel.shape
    matrix = kernel.swapaxes(2, 3).reshape(-1, features)
    products = _multiply(jnp.broadcast_to(matrix, (*x.shape[:2], *matrix.shape)), x)
    products = jnp.pad(products, (*padding, (0, 0), (0, 0)))
    rows, columns = (products.shape[axis] - kernel.shape[axis] + 1 for axis in (0, 1))
    total = jnp.zeros((rows, columns, filters, x.shape[3]))
    for tap in range(height * width):
        i, j = divmod(tap, width)
        of_tap = slice(tap * filters, (tap + 1) * filters)
        total += products[i : i + rows, j : j + columns, of_tap]
    return total


def convolve_with_constants(
    x: Array, constants: Array, kernel: Array, bias: Array, *, padding: Padding
) -> Array:
    """Convolution of images whose last channels are constant over all positions, apart from the padding.

    A constant channel needs one multiplication per position, by the sum of the weights that are inside the
    image there. It is added to the matrix product as one row, and the bias as another.

    Args:
      x: [H, W, I, N], the channels that vary.
      constants: [N, F], values of the constant channels.
      kernel: [h, w, I + F, O].
      bias: [O].
      padding: zeros before and after each image axis.

    Returns:
      [H', W', O, N].
    """
    filters = kernel.shape[3]
    inside = (_inside(*axis) for axis in zip(x.shape[:2], kernel.shape[:2], padding, strict=True))
    taps = kernel[:, :, x.shape[2] :].reshape(-1, constants.shape[1] * filters)
    reached = jnp.matmul(np.kron(*inside), taps)
    patches = _patches(x, (kernel.shape[0], kernel.shape[1]), padding)
    shape = patches.shape[:2]
    weights = jnp.concatenate(
        [
            jnp.broadcast_to(
                kernel[:, :, : x.shape[2]].reshape(-1, filters), (*shape, patches.shape[2], filters)
            ),
            reached.reshape(*shape, -1, filters),
            jnp.broadcast_to(bias, (*shape, 1, filters)),
        ],
        axis=2,
    )
    number = x.shape[3]
    rows = jnp.concatenate([constants.T, jnp.ones((1, number))])
    rows = jnp.concatenate([patches, jnp.broadcast_to(rows, (*shape, *rows.shape))], axis=2)
    return _multiply(weights.swapaxes(2, 3), rows)


def _inside(length: int, size: int, edges: tuple[int, int]) -> np.ndarray:
    """Which weights of a kernel are inside the image at each position, [length', size]."""
    positions = np.arange(length + sum(edges) - size + 1)[:, None] + np.arange(size) - edges[0]
    return ((positions >= 0) & (positions < length)).astype(np.float32)


class Convolution(nn.Module):
    """Convolution of stride one in the layout [H, W, F, N].

    Attributes:
      filters: number of output features.
      size: size of the kernel.
      padding: "SAME" or "VALID".
    """

    filters: int
    size: tuple[int, int]
    padding: str = "SAME"

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps [H, W, I, N] to [H', W', O, N]."""
        shape = (*self.size, x.shape[2], self.filters)
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.filters,))
        return convolve(x, kernel, padding=resolve_padding(self.padding, self.size)) + bias[:, None]


class ConditionedConvolution(nn.Module):
    """Convolution over image channels and features; the features are tiled as further channels.

    Attributes:
      filters: number of output features.
      size: size of the kernel.
      padding: "SAME" or "VALID".
    """

    filters: int
    size: tuple[int, int]
    padding: str = "SAME"

    @nn.compact
    def __call__(self, x: Array, features: Array) -> Array:
        """Maps [H, W, I, N] with features [N, F] to [H', W', O, N]."""
        shape = (*self.size, x.shape[2] + features.shape[1], self.filters)
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.filters,))
        padding = resolve_padding(self.padding, self.size)
        return convolve_with_constants(x, features, kernel, bias, padding=padding)
