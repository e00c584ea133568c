"""Pooling and folding of images in the layout rows, columns, features, batch.

Pooling ignores rows and columns that do not fill a block.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp

from jaxgen.base import Array


def average_pool(x: Array, size: tuple[int, int]) -> Array:
    """Mean of each block of an image.

    Args:
      x: [H, W, F, N].
      size: size of a block.

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
    return _largest(size, _whole_blocks(x, size))


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _largest(size: tuple[int, int], x: Array) -> Array:
    return _largest_and_place(size, x)[0]


def _largest_and_place(size: tuple[int, int], x: Array) -> tuple[Array, Array]:
    """The largest value of each block and its position in the block; the first of equal values."""
    rows, columns = size
    blocks = x.reshape(x.shape[0] // rows, rows, x.shape[1] // columns, columns, *x.shape[2:])
    entries = [blocks[:, i, :, j] for i in range(rows) for j in range(columns)]
    kind = jnp.int8 if len(entries) < 128 else jnp.int32
    largest, place = entries[0], jnp.zeros(entries[0].shape, kind)
    for number, entry in enumerate(entries):
        first = largest >= entry
        largest, place = jnp.where(first, largest, entry), jnp.where(first, place, kind(number))
    return largest, place


def _to_place(size: tuple[int, int], place: Array, slope: Array) -> tuple[Array]:
    """Gradients at the positions of the largest values and zeros elsewhere, in one pass over the image."""
    numbers = jnp.arange(math.prod(size), dtype=place.dtype).reshape(1, size[0], 1, size[1], 1, 1)
    spread = jnp.where(place[:, None, :, None] == numbers, slope[:, None, :, None], 0.0)
    return (spread.reshape(len(place) * size[0], place.shape[1] * size[1], *place.shape[2:]),)


_largest.defvjp(_largest_and_place, _to_place)


def fold(x: Array, size: int) -> Array:
    """Moves the cells of each block into features, without loss: the image becomes smaller.

    Args:
      x: [H, W, F, N], H and W divisible by the size.
      size: side length of a block.

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
