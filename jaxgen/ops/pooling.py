"""Pools and folds of images in the layout rows, columns, features, batch.

Pools leave out the rows and columns that fill no block.
"""

from collections.abc import Callable, Mapping

from jaxgen.base import Array
from jaxgen.ops import convolution


def average_pool(x: Array, size: tuple[int, int]) -> Array:
    """Mean of each block of an image.

    Args:
      x: [H, W, F, N].
      size: of a block.

    Returns:
      [H // size[0], W // size[1], F, N].

    >>> import jax.numpy as jnp
    >>> average_pool(jnp.arange(10.0).reshape(2, 5, 1, 1), (2, 2))[..., 0, 0]
    Array([[3., 5.]], dtype=float32)
    """
    x = _whole_blocks(x, size)
    for axis, length in enumerate(size):
        blocks = x.reshape(*x.shape[:axis], x.shape[axis] // length, length, *x.shape[axis + 1 :])
        x = blocks.mean(axis=axis + 1)
    return x


def max_pool(x: Array, size: tuple[int, int]) -> Array:
    """Largest value of each block of an image, as `average_pool`."""
    return convolution.max_pool(_whole_blocks(x, size), size)


def fold(x: Array, size: int) -> Array:
    """The cells of each block become features: nothing is lost, and the image is smaller.

    Args:
      x: [H, W, F, N], H and W divisible by the size.
      size: side of a block.

    Returns:
      [H / size, W / size, size^2 F, N].

    >>> import jax.numpy as jnp
    >>> fold(jnp.arange(8.0).reshape(2, 4, 1, 1), 2)[..., 0].tolist()
    [[[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]]
    """
    height, width, features, number = x.shape
    x = x.reshape(height // size, size, width // size, size, features, number).swapaxes(1, 2)
    return x.reshape(height // size, width // size, size**2 * features, number)


def unfold(x: Array, size: int) -> Array:
    """The inverse of `fold`, [H, W, size^2 F, N] to [size H, size W, F, N]."""
    height, width, features, number = x.shape
    x = x.reshape(height, width, size, size, features // size**2, number).swapaxes(1, 2)
    return x.reshape(height * size, width * size, features // size**2, number)


def _whole_blocks(x: Array, size: tuple[int, int]) -> Array:
    height, width = (x.shape[axis] // length * length for axis, length in enumerate(size))
    return x[:height, :width]


POOLS: Mapping[str, Callable[[Array, tuple[int, int]], Array]] = {
    "average": average_pool,
    "maximum": max_pool,
}
