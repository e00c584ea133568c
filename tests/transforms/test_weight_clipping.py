import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.transforms.weight_clipping import weight_clipping


def test_every_leaf_ends_within_the_limit(key):
    params = {"a": {"kernel": jax.random.normal(key, (50, 4)), "bias": jnp.array([-3.0, 0.01])}}
    transform = weight_clipping(limit=0.05)
    clipped, state = jax.jit(transform.apply)(params, transform.init(key, params))
    jax.tree.map(lambda c, p: np.testing.assert_array_equal(c, np.clip(p, -0.05, 0.05)), clipped, params)
    assert float(jnp.abs(clipped["a"]["kernel"]).max()) == pytest.approx(0.05)
    assert state == ()


def test_limit_must_be_positive():
    with pytest.raises(ValueError, match="Expected limit above zero; got 0"):
        weight_clipping(limit=0)
