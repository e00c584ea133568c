"""Autoencoders have the published sizes, and their statistics are those of what they saw."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import autoencoders
from jaxgen.models.autoencoders import DenseDecoder, DenseEncoder, SkipDecoder, SkipEncoder

DRAW = np.random.default_rng(0)


QUICKLY = {"xla_backend_optimization_level": 0}


def started(module, *inputs):
    """The network, compiled quickly, with small weights at random and fresh statistics."""
    network = autoencoders.from_module(module)
    apply = jax.jit(network.apply, static_argnames="training", compiler_options=QUICKLY)
    params, statistics = jax.eval_shape(network.init, jax.random.key(0), *inputs)
    params = jax.tree.map(lambda leaf: DRAW.normal(0, 0.2, leaf.shape).astype(np.float32), params)
    fresh = {name: {"mean": np.zeros, "var": np.ones} for name in statistics}
    statistics = jax.tree.map(lambda fill, leaf: fill(leaf.shape, np.float32), fresh, statistics)
    return network._replace(apply=apply), params, statistics


def dense_count(*widths: int) -> int:
    return sum(inputs * outputs + outputs for inputs, outputs in pairwise(widths))


BY_HAND = {
    "published encoder": (5459, dense_count(32, 70, 35, 8) + 2 * 8 + 2 * dense_count(8, 20)),
    "published decoder": (5415, dense_count(20, 8, 35, 70, 32) + 2 * 70),
    "skip encoder": (91944, dense_count(32, *[128] * 6) + 2 * dense_count(128, 20)),
    "skip decoder": (89376, dense_count(20, *[128] * 6, 32)),
}
MODULES = {
    "published encoder": DenseEncoder(),
    "published decoder": DenseDecoder(),
    "skip encoder": SkipEncoder(),
    "skip decoder": SkipDecoder(),
}


@pytest.mark.parametrize("name", MODULES)
def test_sizes_are_the_published_ones(name):
    """Counted by hand: weights and biases of each layer, scale, shift and two statistics of each unit."""
    network = autoencoders.from_module(MODULES[name])
    inputs = (
        (jnp.ones((3, 32)), jnp.ones((3, 0))) if "encoder" in name else (jnp.ones((3, 0)), jnp.ones((3, 20)))
    )
    params, statistics = jax.eval_shape(network.init, jax.random.key(0), *inputs)
    number = sum(leaf.size for leaf in jax.tree.leaves(params))
    assert (number, number) == BY_HAND[name]
    kept = {"published encoder": 2 * 8, "published decoder": 2 * 70}.get(name, 0)
    assert sum(leaf.size for leaf in jax.tree.leaves(statistics)) == kept
    output, _ = jax.eval_shape(network.apply, params, statistics, *inputs)
    expected = [(3, 20), (3, 20)] if "encoder" in name else [(3, 32)]
    assert [leaf.shape for leaf in jax.tree.leaves(output)] == expected


@pytest.mark.parametrize("module", [DenseEncoder(), SkipEncoder()])
def test_encoders_take_events_of_any_shape_and_features(module):
    data, features = jnp.asarray(DRAW.normal(size=(5, 8, 4)), jnp.float32), jnp.ones((5, 3))
    network, params, kept = started(module, data, features)
    assert params["dense_0"]["kernel"].shape[0] == 35
    code, _ = network.apply(params, kept, data, features)
    flat, _ = network.apply(params, kept, data.reshape(5, 32), features)
    for one, other in zip(code, flat, strict=True):
        assert one.shape == (5, 20)
        np.testing.assert_array_equal(one, other)
    other, _ = network.apply(params, kept, data, 2 * features)
    assert np.abs(other[0] - code[0]).max() > 1e-3


@pytest.mark.parametrize("module", [DenseDecoder(size=20), SkipDecoder(size=20)])
def test_decoders_make_events_of_any_size(module):
    features, latent = jnp.ones((5, 3)), jnp.asarray(DRAW.normal(size=(5, 20)), jnp.float32)
    network, params, kept = started(module, features, latent)
    event, _ = network.apply(params, kept, features, latent)
    assert event.shape == (5, 20)
    assert np.abs(network.apply(params, kept, -features, latent)[0] - event).max() > 1e-3


def test_only_a_bounded_decoder_stays_within_one():
    features, latent = np.zeros((50, 0), np.float32), DRAW.normal(0, 10, (50, 20)).astype(np.float32)
    network, params, kept = started(SkipDecoder(), features, latent)
    free, _, _ = started(SkipDecoder(bounded=False), features, latent)
    bounded, _ = network.apply(params, kept, features, latent)
    linear, _ = free.apply(params, kept, features, latent)
    assert np.abs(linear).max() > 2
    np.testing.assert_allclose(bounded, np.tanh(linear), atol=1e-6)


def layer(params, name, x) -> np.ndarray:
    return x @ params[name]["kernel"] + params[name]["bias"]


def elu(x) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(x))


def test_skips_are_where_they_are_published():
    """The third layer and those after it add the output of the one before the last, ahead of the ELU."""
    data, features = DRAW.normal(size=(4, 7)).astype(np.float32), np.zeros((4, 0), np.float32)
    network, params, kept = started(SkipEncoder(latent=3), data, features)
    hidden = [data]
    for index in range(6):
        skipped = hidden[index - 1] if index >= 2 else 0
        hidden.append(elu(layer(params, f"dense_{index}", hidden[-1]) + skipped))
    code, _ = network.apply(params, kept, data, features)
    for output, name in zip(code, ("mean", "log_variance"), strict=True):
        np.testing.assert_allclose(output, layer(params, name, hidden[-1]), rtol=1e-4, atol=1e-4)
    start, _ = network.init(jax.random.key(0), data, features)
    np.testing.assert_allclose(np.std(start["dense_3"]["kernel"]), np.sqrt(1.55 / 128), rtol=0.03)


def test_batches_are_normalized_by_their_own_statistics_in_training():
    """By hand: two layers, the second normalized before its ELU; running statistics move by a tenth."""
    features, latent = np.zeros((6, 0), np.float32), DRAW.normal(3.0, 2.0, (6, 4)).astype(np.float32)
    network, params, kept = started(DenseDecoder(size=2, widths=(5, 3)), features, latent)
    x = layer(params, "dense_1", elu(layer(params, "dense_0", latent)))
    means, variances = x.mean(0), x.var(0)

    def output(mean, variance):
        scale, shift = (params["normalization"][name] for name in ("scale", "bias"))
        return layer(params, "event", elu((x - mean) / np.sqrt(variance + 1e-5) * scale + shift))

    used, renewed = network.apply(params, kept, features, latent, training=True)
    np.testing.assert_allclose(used, output(means, variances), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(renewed["normalization"]["mean"], 0.1 * means, rtol=1e-4)
    np.testing.assert_allclose(renewed["normalization"]["var"], 0.9 + 0.1 * variances, rtol=1e-4)
    quiet, same = network.apply(params, renewed, features, latent)
    np.testing.assert_allclose(quiet, output(0.1 * means, 0.9 + 0.1 * variances), rtol=1e-4, atol=1e-4)
    assert all(np.all(x == y) for x, y in zip(*map(jax.tree.leaves, (same, renewed)), strict=True))
