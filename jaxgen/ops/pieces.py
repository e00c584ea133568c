"""Work on many events in pieces whose intermediate results stay in the cache of a CPU."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen.base import Array

SIZE = 1000


def in_chunks(function: Callable[[Array, Array], Array], x: Array, *, size: int = SIZE) -> Array:
    """function(0, x), worked out piece by piece on CPU.

    Args:
      function: `function(start, rows) -> results`, where rows are start, start + 1, ... of x and each
        result depends on its row and its number alone.
      x: [N, ...].
      size: rows of a piece.

    Returns:
      [N, ...].

    >>> in_chunks(lambda start, rows: start + rows, jnp.zeros(5, int), size=2)
    Array([0, 0, 2, 2, 4], dtype=int32)
    """
    whole = len(x) // size * size
    if whole < 2 * size or jax.default_backend() != "cpu":
        return function(jnp.uint32(0), x)
    starts = jnp.arange(0, whole, size, dtype=jnp.uint32)
    pieces = x[:whole].reshape(whole // size, size, *x.shape[1:])
    done = lax.map(lambda piece: function(*piece), (starts, pieces))
    done = done.reshape(whole, *done.shape[2:])
    if whole == len(x):
        return done
    return jnp.concatenate([done, function(jnp.uint32(whole), x[whole:])])
