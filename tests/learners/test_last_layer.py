"""The penalties on the critic's last weights, values and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.learners import regularizers
from jaxgen.learners.regularizers import RegularizerConfig

PARAMS = {
    "dense_0": {"kernel": jnp.full((3, 4), 9.0), "bias": jnp.full(4, 9.0)},
    "scores": {"kernel": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "bias": jnp.full(2, 9.0)},
}
EXPECTED = {
    "last_layer_squared": (14.25 / 4, 2 * PARAMS["scores"]["kernel"] / 4),
    "last_layer_absolute": (6.5 / 4, jnp.sign(PARAMS["scores"]["kernel"]) / 4),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_penalty_and_its_gradient_are_the_formulas(name):
    config = RegularizerConfig(names=(name,), last_layer_weight=0.3)
    of_params = regularizers.make(config, total_steps=1).of_params
    value, gradient = jax.value_and_grad(of_params)(PARAMS)
    expected, slope = EXPECTED[name]
    np.testing.assert_allclose(value, 0.3 * expected, rtol=1e-6)
    np.testing.assert_allclose(gradient["scores"].pop("kernel"), 0.3 * slope, rtol=1e-6)
    assert all(not leaf.any() for leaf in jax.tree.leaves(gradient))


def test_penalties_add_up():
    both = RegularizerConfig(names=tuple(EXPECTED))
    total = regularizers.make(both, total_steps=1).of_params(PARAMS)
    np.testing.assert_allclose(total, sum(value for value, _ in EXPECTED.values()), rtol=1e-6)


def test_others_add_nothing():
    for name in ("none", "gradient_penalty", "spectral_norm"):
        of_params = regularizers.make(RegularizerConfig(names=(name,)), total_steps=1).of_params
        assert float(of_params(PARAMS)) == 0.0


def test_a_critic_without_such_a_layer_is_named():
    of_params = regularizers.make(RegularizerConfig(names=("last_layer_squared",)), total_steps=1).of_params
    with pytest.raises(ValueError, match="last layer is called scores; got dense_0"):
        of_params({"dense_0": PARAMS["dense_0"]})
