"""Noise that is jax.random's, whole or in parts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from jaxgen.ops import pieces as chunks
from jaxgen.ops import random_numbers as noise


@pytest.mark.parametrize("shape", [(1,), (7, 3), (1000,)])
def test_noise_is_that_of_jax(shape, key):
    count = int(np.prod(shape))
    np.testing.assert_array_equal(noise.threefry_bits(key, count), jax.random.bits(key, (count,)))
    np.testing.assert_allclose(noise.normal(key, shape), jax.random.normal(key, shape), atol=2e-5)


def test_quantiles_are_scipys():
    uniform = np.concatenate([np.linspace(-0.9999999, 0.9999999, 20_001), [1e-9, -0.99999994]])
    uniform = uniform.astype(np.float32)
    wanted = special.erfinv(uniform.astype(np.float64))
    np.testing.assert_allclose(noise.inverse_error_function(jnp.asarray(uniform)), wanted, rtol=5e-7)


def test_parts_are_those_of_the_whole(key):
    whole = jax.random.normal(key, (60, 4))
    np.testing.assert_allclose(noise.normal(key, (10, 4), start=200), whole[50:], atol=2e-5)


def test_other_generators_give_noise_too():
    key = jax.random.key(0, impl="rbg")
    first, second = noise.normal(key, (500,)), noise.normal(key, (500,), start=500)
    assert abs(float(first.std()) - 1) < 0.2
    assert not np.allclose(first, second)


@pytest.mark.parametrize("number", [0, 1, 5, 6, 7, 20])
def test_chunks_change_nothing(number):
    """Less than two pieces, whole pieces, and pieces with a rest."""
    x = jnp.arange(2.0 * number).reshape(number, 2)

    def function(start, rows):
        return rows.sum(1) + 100 * (start + jnp.arange(len(rows)))

    np.testing.assert_array_equal(chunks.in_chunks(function, x, size=3), function(0, x))


def test_chunks_of_rows_without_columns():
    x = jnp.zeros((7, 0))
    found = chunks.in_chunks(lambda start, rows: start + jnp.arange(len(rows)), x, size=3)
    np.testing.assert_array_equal(found, np.arange(7))
