import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.transforms.averaging import average


def test_average_of_several_trees():
    trees = [{"a": {"w": jnp.array([float(n), 1.0])}, "b": jnp.float32(n**2)} for n in (1, 2, 6)]
    mean = average(trees)
    np.testing.assert_allclose(mean["a"]["w"], [3.0, 1.0], rtol=1e-6)
    np.testing.assert_allclose(mean["b"], 41 / 3, rtol=1e-6)
    weighted = average(trees, weights=[1, 0, 3])
    np.testing.assert_allclose(weighted["a"]["w"], [4.75, 1.0], rtol=1e-6)


def test_average_of_equals_is_the_same():
    tree = {"w": jnp.linspace(-1, 1, 7)}
    np.testing.assert_array_equal(average([tree] * 4)["w"], tree["w"])


def test_misuse_is_named():
    tree = {"w": jnp.ones(2)}
    with pytest.raises(ValueError, match="Expected at least one tree"):
        average([])
    with pytest.raises(ValueError, match="Expected 2 weights"):
        average([tree, tree], weights=[1.0])
    with pytest.raises(ValueError, match="of positive sum"):
        average([tree, tree], weights=[0.0, 0.0])
    with pytest.raises(ValueError, match="Expected tree 1 to have the structure of tree 0"):
        average([tree, {"v": jnp.ones(2)}])
    with pytest.raises(ValueError, match="Expected leaf of tree 1 to have the shape of leaf of tree 0"):
        average([tree, {"w": jnp.ones(3)}])
