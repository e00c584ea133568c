"""Pools take the mean or the largest of each whole block."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.ops.pooling import POOLS, fold, unfold

X = jnp.asarray(np.random.default_rng(0).normal(size=(5, 7, 2, 3)), jnp.float32)


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
