"""Dense networks have the layers they are said to have."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models.dense import DenseCritic, DenseGenerator

DRAW = np.random.default_rng(0)
FEATURES = jnp.asarray(DRAW.normal(size=(5, 2)), jnp.float32)
LATENT = jnp.asarray(DRAW.normal(size=(5, 3)), jnp.float32)
EVENTS = jnp.asarray(DRAW.normal(size=(5, 2, 4)), jnp.float32)


def layer(params: dict, name: str, x: np.ndarray) -> np.ndarray:
    return x @ np.asarray(params[name]["kernel"]) + np.asarray(params[name]["bias"])


def drawn(module: nn.Module, *inputs: jax.Array) -> dict:
    shapes = jax.eval_shape(module.init, jax.random.key(0), *inputs)["params"]
    return jax.tree.map(lambda leaf: jnp.asarray(DRAW.normal(0, 0.5, leaf.shape), jnp.float32), shapes)


@pytest.mark.parametrize("output", [None, nn.tanh])
def test_a_generator_is_its_layers(output):
    module = DenseGenerator(shape=(2, 4), widths=(6, 7), activation=nn.relu, output=output)
    params = drawn(module, FEATURES, LATENT)
    x = np.concatenate([FEATURES, LATENT], axis=1)
    for name in ("dense_0", "dense_1"):
        x = np.maximum(layer(params, name, x), 0)
    expected = layer(params, "response", x).reshape(5, 2, 4)
    expected = expected if output is None else np.tanh(expected)
    found = module.apply({"params": params}, FEATURES, LATENT)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_critic_is_its_layers_and_seeds_turn_dropout_on():
    module = DenseCritic(widths=(6, 7), outputs=3, dropout_rate=0.5)
    params = drawn(module, EVENTS, FEATURES)
    x = np.concatenate([FEATURES, np.asarray(EVENTS).reshape(5, 8)], axis=1)
    for name in ("dense_0", "dense_1"):
        x = np.maximum(layer(params, name, x), 0)
    expected = layer(params, "scores", x)
    found = module.apply({"params": params}, EVENTS, FEATURES)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    seeds = jnp.arange(5, dtype=jnp.uint32)
    dropped = np.asarray(module.apply({"params": params}, EVENTS, FEATURES, seeds))
    assert np.abs(dropped - expected).max() > 1e-2
    alone = module.apply({"params": params}, EVENTS[2:3], FEATURES[2:3], seeds[2:3])
    np.testing.assert_allclose(alone[0], dropped[2], rtol=1e-4, atol=1e-5)


def test_networks_start_as_the_published_ones(key):
    """Glorot-uniform weights and zero biases."""
    params = DenseGenerator(shape=(50,), widths=(100,)).init(key, FEATURES, LATENT)["params"]
    kernel = np.asarray(params["response"]["kernel"])
    limit = np.sqrt(6 / (100 + 50))
    assert limit > np.abs(kernel).max() > 0.95 * limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert all(not np.any(params[name]["bias"]) for name in params)
