"""Modules of Flax become pure functions, and what these cannot carry is refused in a sentence."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import network
from jaxgen.models.dense import DenseCritic
from jaxgen.models.network import from_module

X = jnp.asarray(np.random.default_rng(0).normal(size=(4, 3)), jnp.float32)


class Tower(nn.Module):
    """Two dense layers with an activation between them; the first one is used twice."""

    @nn.compact
    def __call__(self, x):
        shared = nn.Dense(3, name="shared")
        x = nn.tanh(shared(nn.tanh(shared(x))))
        return nn.Dense(2, name="last")(x)


class Normalized(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.BatchNorm(use_running_average=False)(nn.Dense(2)(x))


class Scaled(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("scale", nn.initializers.ones, ())


def test_functions_are_those_of_the_module(key):
    made = from_module(Tower())
    params = made.init(key, X)
    assert set(params) == {"shared", "last"}
    np.testing.assert_array_equal(made.apply(params, X), Tower().apply({"params": params}, X))


def test_features_are_what_the_last_dense_layer_sees(key):
    made = from_module(Tower())
    params = made.init(key, X)
    features = np.asarray(made.features(params, X))
    x = np.asarray(X)
    for _ in range(2):
        x = np.tanh(x @ np.asarray(params["shared"]["kernel"]) + np.asarray(params["shared"]["bias"]))
    np.testing.assert_allclose(features, x, rtol=1e-5, atol=1e-6)
    compiled = jax.jit(made.features)(params, X)
    np.testing.assert_allclose(compiled, features, rtol=1e-5, atol=1e-6)


def test_features_of_a_critic_give_its_scores(key):
    made = from_module(DenseCritic(widths=(5, 4), outputs=3))
    features = jnp.ones((4, 2))
    params = made.init(key, X, features, None)
    seen = made.features(params, X, features, None)
    assert seen.shape == (4, 4)
    scores = seen @ params["scores"]["kernel"] + params["scores"]["bias"]
    np.testing.assert_allclose(made.apply(params, X, features, None), scores, rtol=1e-5, atol=1e-6)


def test_a_module_without_a_dense_layer_has_no_features(key):
    made = from_module(Scaled())
    with pytest.raises(ValueError, match="Expected a module Scaled with a dense layer; got none"):
        made.features(made.init(key, X), X)


def test_a_module_with_batch_statistics_is_refused(key):
    with pytest.raises(ValueError, match="Normalized") as error:
        from_module(Normalized()).init(key, X)
    assert str(error.value) == (
        "Expected a module Normalized whose only variables are parameters; got batch_stats."
    )


def test_a_module_without_any_parameters_has_none(key):
    class Half(nn.Module):
        @nn.compact
        def __call__(self, x):
            return x / 2

    made = from_module(Half())
    assert made.init(key, X) == {}
    np.testing.assert_array_equal(made.apply({}, X), X / 2)


def test_units_multiply_all_numbers_of_an_event():
    data = jnp.ones((3, 2, 4))
    found = data * network.along(jnp.array([1.0, 2.0, 3.0]), data)
    np.testing.assert_array_equal(found[:, 1, 3], [1, 2, 3])
    assert found.shape == (3, 2, 4)
