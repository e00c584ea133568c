"""The buffer holds the latest codes, and what is chosen from it is even or near the features."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import density_buffer
from jaxgen.models.density_buffer import BufferSettings, DensityBuffer

QUICKLY = {"xla_backend_optimization_level": 0}
published = density_buffer.published
choose = jax.jit(density_buffer.choose, static_argnames="candidates", compiler_options=QUICKLY)
write = jax.jit(density_buffer.written, compiler_options=QUICKLY)


def filled(capacity: int, number: int, *, features: int = 0) -> DensityBuffer:
    """Rows 0, 1, ... hold events 0, 1, ..., each with its number as its code and its features."""
    buffer = density_buffer.empty(capacity=capacity, latent=2, features=features)
    events = np.arange(number, dtype=np.float32)[:, None]
    code, own = np.tile(events, (1, 2)), np.tile(events, (1, features))
    return write(buffer, code, code + np.float32(0.5), own)


def test_oldest_codes_make_room():
    buffer = filled(7, 5, features=1)
    assert (int(buffer.cursor), int(buffer.filled)) == (5, 5)
    again = np.arange(10, 15, dtype=np.float32)[:, None]
    buffer = write(buffer, np.tile(again, (1, 2)), np.tile(again, (1, 2)), again)
    np.testing.assert_array_equal(buffer.means[:, 0], [12, 13, 14, 3, 4, 10, 11])
    np.testing.assert_array_equal(buffer.deviations[:, 1], [12, 13, 14, 3.5, 4.5, 10, 11])
    np.testing.assert_array_equal(buffer.features[:, 0], [12, 13, 14, 3, 4, 10, 11])
    assert (int(buffer.cursor), int(buffer.filled)) == (3, 7)
    assert filled(7, 5).features is None


def test_only_filled_rows_are_chosen_evenly(key):
    rows = choose(key, published(filled(50, 5)), np.zeros((20000, 0)))
    counts = np.bincount(rows, minlength=5)
    assert len(counts) == 5
    assert np.sum((counts - 4000) ** 2 / 4000) < 18.5  # 0.1 % of chi-squared of 4
    assert np.all(choose(key, published(filled(50, 0)), np.zeros((9, 0))) == 0)


def test_choices_do_not_depend_on_where_a_piece_begins(key):
    kept = published(filled(50, 40, features=1))
    wanted = np.linspace(0, 40, 30, dtype=np.float32)[:, None]
    whole = choose(key, kept, wanted, candidates=3)
    piece = choose(key, kept, wanted[20:], place=20, candidates=3)
    np.testing.assert_array_equal(piece, whole[20:])
    other = choose(jax.random.key(1), kept, wanted, candidates=3)
    assert np.mean(other == whole) < 0.5


def test_choices_are_near_the_features(key):
    """Of k rows out of 1000 the nearest to the middle one is 500 / (k + 1) away on average."""
    kept, wanted = published(filled(1000, 1000, features=1)), np.full((500, 1), 500, np.float32)
    for candidates, low, high in ((1, 220, 280), (16, 20, 40)):
        rows = choose(key, kept, wanted, candidates=candidates)
        assert low < np.mean(np.abs(np.asarray(rows) - 500.0)) < high


def test_other_generators_of_keys_work():
    rows = choose(jax.random.key(0, impl="rbg"), published(filled(50, 40)), np.zeros((200, 0)))
    assert len(set(rows.tolist())) > 30


def test_codes_lie_around_those_chosen(key):
    """z = mu + (alpha sigma + gamma) n, with mu and sigma of the row chosen."""
    kept = published(filled(50, 40, features=1))
    wanted = np.full((30, 1), 20.0, np.float32)
    normal = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    settings = BufferSettings(capacity=50, scale=2.0, added=0.25, candidates=3)
    place = jnp.array([0, 7], jnp.uint32)
    rows = np.asarray(choose(key, kept, wanted, place=place, candidates=3), np.float32)[:, None]
    found = density_buffer.code(key, kept, wanted, normal, settings=settings, place=place)
    np.testing.assert_allclose(found, rows + (2 * (rows + 0.5) + 0.25) * normal, rtol=1e-5)


def test_choices_have_places_of_64_bits(key):
    kept, wanted = published(filled(50, 40)), np.zeros((30, 0))
    before = choose(key, kept, wanted, place=jnp.array([0, 2**32 - 10], jnp.uint32))
    at = choose(key, kept, wanted, place=jnp.array([1, 0], jnp.uint32))
    np.testing.assert_array_equal(before[10:], at[:20])
    assert np.any(choose(key, kept, wanted) != at)


def test_a_batch_must_fit():
    with pytest.raises(ValueError, match="Expected a buffer of at least 5 events, one batch; got 4"):
        filled(4, 5)
