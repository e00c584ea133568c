"""Event i of every sampler depends on the key, i and its own condition alone.

Its random numbers are equal to the bit in any pieces, and the events to rounding, and to the bit in pieces of
one size.
"""

from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import PyTree, Sampler, Scaler
from jaxgen.models import autoencoders, density, density_buffer
from jaxgen.models.autoencoders import DenseDecoder, StatefulNetwork, decoder_sampler, squared_error
from jaxgen.models.dense import DenseGenerator
from jaxgen.models.density import density_sampler
from jaxgen.models.density_buffer import BufferSettings
from jaxgen.models.mixture.sampling import mixture_sampler
from jaxgen.models.network import Network, from_module, in_units, latent_sampler

EVENTS = 2007  # two whole pieces on CPU and a rest
EDGE = 2**32
IDENTITY = Scaler(lambda x: x, lambda y: y)
SCALER = Scaler(lambda x: (x - 1) / 2, lambda y: 2 * y + 1)
BUFFER = BufferSettings(capacity=20, candidates=3)
CONDITION = np.random.default_rng(0).normal(size=(EVENTS, 2)).astype(np.float32)


class Case(NamedTuple):
    """A sampler with its parameters, and one that shows the random numbers of an event."""

    sample: Sampler
    params: PyTree
    raw: Sampler
    raw_params: PyTree


def same(x: jax.Array) -> jax.Array:
    return x


def of_network(key: jax.Array) -> Case:
    network = from_module(DenseGenerator(shape=(2, 2), widths=(8,)))
    sampler = partial(latent_sampler, latent=3, features=same)
    raw = Network(lambda *_: {}, lambda params, features, latent: latent)
    return Case(
        sampler(network, scaler=SCALER),
        network.init(key, jnp.zeros((1, 2)), jnp.zeros((1, 3))),
        sampler(raw, scaler=IDENTITY),
        {},
    )


def of_relative_network(key: jax.Array) -> Case:
    case = of_network(key)
    return case._replace(sample=in_units(case.sample, lambda condition: 1 + condition[:, 0] ** 2))


def of_density(key: jax.Array) -> Case:
    """Three columns and three labels whose odds depend on the condition."""
    bent = density.from_bijection(
        lambda *_: {},
        lambda params, x, context: (x, jnp.zeros(len(x))),
        lambda params, latent, context: jnp.sinh(latent) + context @ params["kernel"],
    )
    plain = bent._replace(transform=lambda params, latent, context: latent)
    one, other = jax.random.split(key)
    params = {
        "density": {"kernel": jax.random.normal(one, (5, 3))},
        "labels": {"kernel": jax.random.normal(other, (2, 3)), "bias": jnp.array([0.0, 1.0, -1.0])},
    }
    sampler = partial(density_sampler, features=same, size=6, labels=3)
    return Case(sampler(bent, scaler=SCALER), params, sampler(plain, scaler=IDENTITY), params)


def of_decoder(key: jax.Array) -> Case:
    """With a buffer whose codes are chosen by the condition, batch statistics and noise."""
    decoder = autoencoders.from_module(DenseDecoder(size=5, widths=(6,)))
    params, statistics = decoder.init(key, jnp.zeros((1, 2)), jnp.zeros((1, 3)))
    draw = np.random.default_rng(1)
    rows = (draw.normal(size=(20, 3)), draw.uniform(size=(20, 3)), draw.normal(size=(20, 2)))
    buffer = density_buffer.empty(capacity=20, latent=3, features=2)
    buffer = density_buffer.written(buffer, *map(jnp.asarray, rows))
    published = {"params": params, "statistics": statistics, "buffer": density_buffer.published(buffer)}
    raw = StatefulNetwork(lambda *_: ({}, {}), lambda params, statistics, features, code: (code, statistics))
    return Case(
        decoder_sampler(
            decoder,
            latent=3,
            features=same,
            scaler=SCALER,
            law=squared_error(5, labels=2, noise=0.3),
            buffer=BUFFER,
        ),
        published,
        decoder_sampler(raw, latent=3, features=same, scaler=IDENTITY, law=squared_error(3)),
        {"params": {}, "statistics": {}},
    )


def of_mixture(key: jax.Array) -> Case:
    """Two kinds, two labels, and one column that is given."""
    factors = jax.random.normal(key, (3, 3, 3))
    params = {
        "weights": jnp.ones((4, 3)) / 3,
        "means": jnp.array([[-2.0, 0.0, 3.0], [0.0, 4.0, 0.0], [2.0, -1.0, 1.0]]),
        "covariances": factors @ factors.transpose(0, 2, 1) + 0.1 * jnp.eye(3),
        "odds": jnp.array([[0.1, 0.2, 0.1, 0.2, 0.2, 0.2], [0.5, 0.0, 0.0, 0.1, 0.1, 0.3]]),
    }
    plain = {
        "weights": jnp.ones((1, 1)),
        "means": jnp.zeros((1, 3)),
        "covariances": jnp.eye(3)[None],
        "odds": jnp.ones((1, 1)),
    }

    def features(condition: jax.Array) -> jax.Array:
        kind = (condition[:, :1] > 0).astype(jnp.float32)
        return jnp.concatenate([1 - kind, kind, condition[:, 1:]], axis=1)

    sampler = partial(mixture_sampler, covariance="full")
    return Case(
        sampler(features=features, scaler=SCALER, labels=2, kinds=2),
        params,
        sampler(features=lambda condition: condition[:, :0], scaler=IDENTITY, labels=1, kinds=0),
        plain,
    )


CASES = {
    "latent": of_network,
    "relative": of_relative_network,
    "density": of_density,
    "decoder": of_decoder,
    "mixture": of_mixture,
}


@pytest.fixture(scope="module", params=CASES)
def case(request) -> Case:
    made = CASES[request.param](jax.random.key(3))
    return made._replace(sample=jax.jit(made.sample), raw=jax.jit(made.raw))


def pieces(sample: Sampler, params: PyTree, size: int, *, number: int, first: int = 0) -> np.ndarray:
    """Events of the first numbers, a piece at a time; the last one is smaller."""
    key = jax.random.key(7)
    parts = []
    for start in range(0, number, size):
        part = CONDITION[start : min(start + size, number)]
        parts.append(np.asarray(sample(key, params, part, first=words(first + start))))
    return np.concatenate(parts)


def words(number: int) -> jax.Array:
    return jnp.array([number >> 32, number & 0xFFFFFFFF], jnp.uint32)


def close(got: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("size", "number"), [(1, 5), (7, 21), (1000, EVENTS)])
def test_pieces_change_nothing(case, size, number):
    whole = pieces(case.sample, case.params, EVENTS, number=EVENTS)
    assert np.isfinite(whole).all()
    assert len(np.unique(whole.reshape(EVENTS, -1)[:, 0])) > EVENTS - 5  # float32 may repeat a number
    close(pieces(case.sample, case.params, size, number=number), whole[:number])
    raw = pieces(case.raw, case.raw_params, EVENTS, number=EVENTS)
    assert len(np.unique(raw[:, 0])) > EVENTS - 5
    np.testing.assert_array_equal(pieces(case.raw, case.raw_params, size, number=number), raw[:number])


def test_pieces_of_one_size_are_equal_to_the_bit(case):
    """Whatever comes before or behind them in the sample."""
    every = pieces(case.sample, case.params, 7, number=70)
    key = jax.random.key(7)
    for start in (63, 0, 35):
        again = case.sample(key, case.params, CONDITION[start : start + 7], first=words(start))
        np.testing.assert_array_equal(again, every[start : start + 7])


def test_an_event_does_not_see_the_others(case):
    """Neither their conditions nor how many they are, nor its own place among them."""
    key, rows = jax.random.key(7), np.arange(20, 27)
    usual = np.asarray(case.sample(key, case.params, CONDITION[rows], first=words(20)))
    changed = CONDITION[rows].copy()
    changed[[0, 1, 2, 4, 5, 6]] = 9.0
    others = np.asarray(case.sample(key, case.params, changed, first=words(20)))
    np.testing.assert_array_equal(others[3], usual[3])
    assert np.abs(others - usual).max() > 1e-3
    alone = case.sample(key, case.params, CONDITION[23:24], first=words(23))
    close(alone[0], usual[3])


def test_events_beyond_two_to_the_32_are_others(case):
    """They do not begin again, and go on where the lower word ends."""
    start = pieces(case.raw, case.raw_params, 7, number=7)
    beyond = pieces(case.raw, case.raw_params, 7, number=7, first=EDGE)
    assert not np.isin(beyond[:, 0], start[:, 0]).any()
    before = np.asarray(case.raw(jax.random.key(7), case.raw_params, CONDITION[:7], first=words(EDGE - 3)))
    np.testing.assert_array_equal(before[3:, 0], beyond[:4, 0])
    assert len(np.unique(before[:, 0])) == 7
    events = [pieces(case.sample, case.params, 7, number=7, first=first) for first in (0, EDGE, 5 * EDGE)]
    for i in range(3):
        apart = np.abs(events[i] - events[i - 1]).reshape(7, -1).max(axis=1)
        assert (apart > 1e-4).all()


def test_numbers_and_their_words_are_the_same_place(case):
    key = jax.random.key(7)
    one = case.sample(key, case.params, CONDITION[:7], first=11)
    other = case.sample(key, case.params, CONDITION[:7], first=words(11))
    np.testing.assert_array_equal(one, other)
    again = case.sample(jax.random.key(8), case.params, CONDITION[:7], first=words(11))
    assert np.abs(np.asarray(again) - one).max() > 1e-3


def test_labels_follow_their_odds_under_each_condition():
    case = of_density(jax.random.key(3))
    condition = np.tile(np.array([[1.0, -1.0]], np.float32), (4000, 1))
    found = np.asarray(jax.jit(case.raw)(jax.random.key(0), case.params, condition, first=0))[:, 3:]
    np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0.0, 0.0, 1.0], (4000, 1)))
    logits = condition[0] @ np.asarray(case.params["labels"]["kernel"]) + case.params["labels"]["bias"]
    odds = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(found.mean(axis=0), odds, atol=4 * np.sqrt(0.25 / 4000))


def test_a_mixture_s_labels_and_components_follow_their_odds_and_what_is_given():
    """Of one kind; the given column decides between components by their density there."""
    case = of_mixture(jax.random.key(3))
    condition = np.tile(np.array([[1.0, -1.0]], np.float32), (4000, 1))
    found = np.asarray(jax.jit(case.sample)(jax.random.key(0), case.params, condition, first=0))
    labels = (found[:, 2:] - 1) / 2
    means = np.asarray(case.params["means"], np.float64)[:, 0]
    deviations = np.sqrt(np.asarray(case.params["covariances"], np.float64)[:, 0, 0])
    densities = np.exp(-0.5 * ((-1.0 - means) / deviations) ** 2) / deviations
    odds = np.asarray(case.params["odds"])[1].reshape(2, 3) * densities
    expected = odds.sum(axis=1) / odds.sum()
    np.testing.assert_allclose(labels.mean(axis=0), expected, atol=4 * np.sqrt(0.25 / 4000))


def test_a_network_of_one_s_own_is_sampled_like_any_other():
    class Doubled(nn.Module):
        @nn.compact
        def __call__(self, features, latent):
            return self.param("scale", nn.initializers.ones, ()) * (features + latent)

    network = from_module(Doubled())
    sample = latent_sampler(network, latent=2, features=same, scaler=SCALER)
    params = network.init(jax.random.key(0), jnp.zeros((1, 2)), jnp.zeros((1, 2)))
    found = sample(jax.random.key(1), params, CONDITION[:100], 0)
    drawn = jax.random.normal(jax.random.key(1), (100, 2))
    np.testing.assert_allclose(found, 2 * (CONDITION[:100] + drawn) + 1, atol=1e-4)
