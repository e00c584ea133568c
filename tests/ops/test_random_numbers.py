"""Random numbers by place are those of jax.random, whole or in parts, up to places of 64 bits."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.extend.random import threefry2x32_p
from scipy import special

from jaxgen.ops import random_numbers

EDGE = 2**32
NUMBERS = st.one_of(
    st.integers(0, 2**64 - 1), st.sampled_from([0, 1, EDGE - 1, EDGE, EDGE + 1, 2**48, 2**64 - 1])
)


def whole(words) -> int:
    high, low = (int(word) for word in words)
    return (high << 32) + low


@pytest.mark.parametrize("shape", [(1,), (7, 3), (1000,)])
def test_numbers_are_those_of_jax(shape, key):
    count = int(np.prod(shape))
    np.testing.assert_array_equal(random_numbers.threefry_bits(key, count), jax.random.bits(key, (count,)))
    np.testing.assert_allclose(random_numbers.normal(key, shape), jax.random.normal(key, shape), atol=2e-5)


def test_quantiles_are_scipys():
    uniform = np.concatenate([np.linspace(-0.9999999, 0.9999999, 20_001), [1e-9, -0.99999994]])
    uniform = uniform.astype(np.float32)
    wanted = special.erfinv(uniform.astype(np.float64))
    found = random_numbers.inverse_error_function(jnp.asarray(uniform))
    np.testing.assert_allclose(found, wanted, rtol=5e-7)


def test_parts_are_those_of_the_whole(key):
    every = jax.random.normal(key, (60, 4))
    np.testing.assert_allclose(random_numbers.normal(key, (10, 4), start=200), every[50:], atol=2e-5)


@pytest.mark.parametrize("start", [0, EDGE - 7, EDGE, 5 * EDGE - 3, 2**63 + 11, 2**64 - 20])
def test_places_of_64_bits_are_those_of_jax(start, key):
    """Against JAX's own hash of the two words of each place."""
    places = np.arange(20, dtype=np.uint64) + np.uint64(start)
    words = (places >> np.uint64(32)).astype(np.uint32), places.astype(np.uint32)
    one, other = threefry2x32_p.bind(*jax.random.key_data(key), *map(jnp.asarray, words))
    np.testing.assert_array_equal(random_numbers.threefry_bits(key, 20, start=start), one ^ other)


def test_places_are_the_same_however_they_are_reached(key):
    """From far before, from the place itself, by its words, and in a compiled call."""
    before = random_numbers.normal(key, (40,), start=EDGE - 10)
    at = random_numbers.normal(key, (30,), start=EDGE)
    np.testing.assert_array_equal(before[10:], at)
    np.testing.assert_array_equal(random_numbers.normal(key, (30,), start=jnp.array([1, 0], jnp.uint32)), at)
    compiled = jax.jit(partial(random_numbers.normal, shape=(30,)))
    np.testing.assert_allclose(compiled(key, start=random_numbers.words(EDGE)), at, rtol=1e-6)
    assert not np.isin(random_numbers.normal(key, (30,)), at).any()


@settings(deadline=None)
@given(number=NUMBERS, steps=st.integers(0, EDGE - 1), factor=st.integers(0, EDGE - 1))
def test_words_add_and_multiply_as_whole_numbers_do(number, steps, factor):
    words = random_numbers.words(number)
    assert words.dtype == jnp.uint32
    assert whole(words) == number
    assert whole(random_numbers.moved(words, jnp.uint32(steps))) == (number + steps) % 2**64
    assert whole(random_numbers.times(words, factor)) == number * factor % 2**64


def test_many_places_are_moved_to_at_once():
    high, low = random_numbers.moved(random_numbers.words(EDGE - 2), jnp.arange(4, dtype=jnp.uint32))
    assert (high.tolist(), low.tolist()) == ([0, 0, 1, 1], [EDGE - 2, EDGE - 1, 0, 1])


def test_words_stay_as_they_are_and_numbers_may_be_traced():
    words = jnp.array([3, 4], jnp.uint32)
    assert random_numbers.words(words) is words
    assert jax.jit(random_numbers.words)(jnp.int32(7)).tolist() == [0, 7]
    assert random_numbers.words(np.uint64(EDGE + 5)).tolist() == [1, 5]


@pytest.mark.parametrize("number", [-1, 2**64])
def test_places_that_there_are_not_are_refused(number):
    with pytest.raises(ValueError, match=r"whole number from 0 to below 2\^64"):
        random_numbers.words(number)


def test_double_precision_changes_nothing(key):
    single = random_numbers.normal(key, (50,), start=EDGE - 5)
    with jax.enable_x64(True):
        double = random_numbers.normal(key, (50,), start=EDGE - 5)
        assert double.dtype == jnp.float32
        assert whole(random_numbers.times(random_numbers.words(2**40), 3)) == 3 * 2**40
    np.testing.assert_array_equal(double, single)


def test_other_generators_give_numbers_too():
    key = jax.random.key(0, impl="rbg")
    first, second = random_numbers.normal(key, (500,)), random_numbers.normal(key, (500,), start=500)
    assert abs(float(first.std()) - 1) < 0.2
    assert not np.allclose(first, second)


def test_seeds_and_keys_of_all_kinds_are_keys(key):
    legacy = jax.random.PRNGKey(7)
    for seed in (7, np.int64(7), jax.random.key(7), legacy, np.asarray(legacy)):
        assert jax.random.key_data(random_numbers.as_key(seed)).tolist() == legacy.tolist()
    for wrong in (7.0, "7", True, None, jax.random.split(key, 2), np.zeros(2)):
        with pytest.raises(ValueError, match=r"Expected a seed or a key of jax\.random; got"):
            random_numbers.as_key(wrong)
    for seed in (-1, EDGE):
        with pytest.raises(ValueError, match=rf"Expected a seed from 0 to below 2\^32; got {seed}"):
            random_numbers.as_key(seed)
