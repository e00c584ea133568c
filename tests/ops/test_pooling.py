"""Pools take the mean or the largest of each whole block."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.ops.pooling import POOLS, fold, max_pool, unfold

DRAW = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(DRAW.normal(size=shape), jnp.float32)


X = normal(5, 7, 2, 3)


@pytest.mark.parametrize(("name", "function"), [("average", np.mean), ("maximum", np.max)])
def test_pools_are_those_of_whole_blocks(name, function):
    blocks = np.asarray(X[:4, :6]).reshape(2, 2, 2, 3, 2, 3)
    np.testing.assert_allclose(POOLS[name](X, (2, 3)), function(blocks, (1, 3)), rtol=1e-6)


def test_the_slope_of_an_average_is_even_and_none_outside():
    slope = jax.grad(lambda x: jnp.sum(POOLS["average"](x, (2, 3))))(X)
    np.testing.assert_allclose(slope[:4, :6], 1 / 6, rtol=1e-6)
    assert not slope[4:].any()
    assert not slope[:, 6:].any()


def test_folds_take_blocks_of_cells_and_are_undone():
    x = X[:4, :6]
    folded = fold(x, 2)
    assert folded.shape == (2, 3, 8, 3)
    np.testing.assert_array_equal(folded[1, 2].reshape(2, 2, 2, 3), x[2:4, 4:6])
    np.testing.assert_array_equal(unfold(folded, 2), x)


def test_pool_takes_the_largest_of_each_block():
    x = normal(4, 6, 2, 3)
    expected = x.reshape(2, 2, 2, 3, 2, 3).max((1, 3))
    np.testing.assert_array_equal(max_pool(x, (2, 3)), expected)
    slope = jax.grad(lambda x: jnp.sum(max_pool(x, (2, 3))))(x)
    np.testing.assert_array_equal(slope, x == expected.repeat(2, 0).repeat(3, 1))


def test_pools_of_many_entries_keep_the_place():
    x = normal(12, 15, 1, 2)
    slope = jax.grad(lambda x: jnp.sum(max_pool(x, (12, 15))))(x)
    np.testing.assert_array_equal(slope, x == x.max((0, 1)))


def test_of_equals_the_first_is_the_largest():
    slope = jax.grad(lambda x: jnp.sum(max_pool(x, (2, 2))))(jnp.ones((2, 4, 1, 1)))
    np.testing.assert_array_equal(slope[..., 0, 0], [[1, 0, 1, 0], [0, 0, 0, 0]])


def test_slopes_of_pools_have_slopes():
    x, weights = normal(4, 6, 2, 3), normal(2, 2, 2, 3)

    def penalty(pool):
        def of_slope(x):
            slope = jax.grad(lambda x: jnp.sum(weights * jnp.sin(pool(x))))(x)
            return jnp.sum(slope**2)

        return jax.grad(of_slope)(x)

    expected = penalty(lambda x: x.reshape(2, 2, 2, 3, 2, 3).max((1, 3)))
    np.testing.assert_allclose(penalty(lambda x: max_pool(x, (2, 3))), expected, rtol=1e-5, atol=1e-6)
