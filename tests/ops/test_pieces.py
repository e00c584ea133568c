"""Pieces change nothing: every row knows its own number, and it is the same row."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces

EDGE = 2**32


def numbered(place: jax.Array, x: jax.Array) -> jax.Array:
    """The two words of the number of each row, and its sum."""
    words = jnp.stack(random_numbers.moved(place, jnp.arange(len(x), dtype=jnp.uint32)), axis=1)
    return jnp.concatenate([words, x.sum(axis=1, keepdims=True).astype(jnp.uint32)], axis=1)


@pytest.mark.parametrize("first", [0, 5, EDGE - 4, 2**63])
@pytest.mark.parametrize("number", [0, 1, 5, 6, 7, 20])
def test_rows_know_their_numbers_in_all_pieces(number, first):
    """Less than two pieces, whole pieces, and pieces with a rest; across the end of the lower word."""
    x = jnp.arange(2.0 * number).reshape(number, 2)
    found = np.asarray(map_pieces(numbered, x, first=first, size=3)).astype(np.uint64)
    places = np.arange(number, dtype=np.uint64) + np.uint64(first)
    np.testing.assert_array_equal((found[:, 0] << np.uint64(32)) + found[:, 1], places)
    np.testing.assert_array_equal(found[:, 2], x.sum(axis=1))


def test_rows_of_no_columns_and_results_of_any_shape():
    def rows(place, x):
        return jnp.broadcast_to(place[1] + jnp.arange(len(x))[:, None, None], (len(x), 2, 3))

    found = map_pieces(rows, jnp.zeros((7, 0)), size=3)
    np.testing.assert_array_equal(found, np.broadcast_to(np.arange(7)[:, None, None], (7, 2, 3)))


def test_words_may_be_traced():
    x = jnp.zeros((8, 1))
    compiled = jax.jit(lambda place: map_pieces(numbered, x, first=place, size=2))
    at = random_numbers.words(EDGE - 3)
    np.testing.assert_array_equal(compiled(at), map_pieces(numbered, x, first=EDGE - 3, size=2))


def test_at_most_so_many_rows_are_worked_on_at_a_time():
    sizes = []

    def rows(place, x):
        sizes.append(len(x))
        return x

    jax.jit(lambda x: map_pieces(rows, x, size=4))(jnp.zeros((11, 2)))
    assert {4, 3} <= set(sizes) <= {4, 3, 11}, "11 is for other devices"
    sizes.clear()
    map_pieces(rows, jnp.zeros((7, 2)), size=4)
    assert sizes == [7]
