"""Evaluates a function of many rows in pieces whose intermediate results fit in the cache of a CPU."""

from collections.abc import Callable
from functools import partial

import jax.numpy as jnp
from jax import lax

from jaxgen.base import Array
from jaxgen.ops import random_numbers

SIZE = 1000

Rows = Callable[[Array, Array], Array]
"""`rows(first, x) -> results`, where x are rows and first the two words of the number of the first row; each
result depends only on its row and its number.
"""


def map_pieces(rows: Rows, x: Array, *, first: Array | int = 0, size: int = SIZE) -> Array:
    """rows(first, x), evaluated piece by piece on CPU.

    Args:
      rows: see `Rows`.
      x: [N, ...].
      first: number of the first row, or its two words.
      size: rows per piece.

    Returns:
      [N, ...].

    >>> map_pieces(lambda first, x: first[1].astype(int) + x, jnp.zeros(5, int), size=2)
    Array([0, 0, 2, 2, 4], dtype=int32)
    """
    place = random_numbers.words(first)
    if len(x) // size < 2:
        return rows(place, x)
    return lax.platform_dependent(place, x, cpu=partial(_in_pieces, rows, size), default=rows)


def _in_pieces(rows: Rows, size: int, place: Array, x: Array) -> Array:
    whole = len(x) // size * size

    def piece(inputs: tuple[Array, Array]) -> Array:
        steps, part = inputs
        return rows(jnp.stack(random_numbers.moved(place, steps)), part)

    starts = jnp.arange(0, whole, size, dtype=jnp.uint32)
    done = lax.map(piece, (starts, x[:whole].reshape(whole // size, size, *x.shape[1:])))
    done = done.reshape(whole, *done.shape[2:])
    if whole == len(x):
        return done
    return jnp.concatenate([done, piece((jnp.uint32(whole), x[whole:]))])
