"""Pools in the layout rows, columns, features, batch; rows and columns that fill no block are left out."""

from collections.abc import Callable, Mapping

from jaxgen.base import Array
from jaxgen.models import convolution


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


def _whole_blocks(x: Array, size: tuple[int, int]) -> Array:
    height, width = (x.shape[axis] // length * length for axis, length in enumerate(size))
    return x[:height, :width]


POOLS: Mapping[str, Callable[[Array, tuple[int, int]], Array]] = {
    "average": average_pool,
    "maximum": max_pool,
}
