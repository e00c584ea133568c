"""The cascade of splits: samples and likelihood belong together, of one split and of all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import logistic_mixture
from jaxgen.ops import random_numbers
from jaxgen.systems.calorimeter.models import cascade
from jaxgen.systems.calorimeter.representation.conditions import Axis

CONTEXT = jnp.array([[0.3, 0.5, -0.5, 0.2, 0.1, 1.0]])


def axis(context):
    return Axis(6.0 + context[:, 0], 10 * context[:, 1:3], 0.2 * context[:, 3:5])


MODEL = cascade.make(axis, width=4, summary=3)


@pytest.fixture(scope="module")
def params():
    start = MODEL.init(jax.random.key(0), jnp.zeros((1, cascade.NUMBERS)), CONTEXT)
    leaves, tree = jax.tree.flatten(start)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    return tree.unflatten(
        [leaf + 0.1 * jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    )


LATENT = jax.random.normal(jax.random.key(2), (1000, cascade.NUMBERS))


@pytest.fixture(scope="module")
def sample(params):
    transform = jax.jit(MODEL.transform)
    return lambda latent: transform(params, latent, jnp.repeat(CONTEXT, len(latent), axis=0))


@pytest.fixture(scope="module")
def showers(sample):
    return sample(LATENT)


def test_cells_are_empty_or_above_the_threshold_and_sum_to_the_total(showers):
    logarithms, total = showers[:, :-1], showers[:, -1]
    cells = np.where(logarithms > 0, np.exp(np.float64(logarithms)), 0.0)
    np.testing.assert_allclose(cells.sum(axis=1), np.exp(total), rtol=1e-4)
    assert np.all((logarithms == 0) | (logarithms > 0))
    assert 5 < np.mean(np.sum(logarithms > 0, axis=1)) < 800
    assert np.std(total) > 0


def test_the_mean_gradient_of_the_likelihood_of_samples_is_zero(params, showers):
    """True of samples that follow the density whose logarithm it is; and an empty shower's is finite."""

    def biases(params):
        return params["total"]["last"]["bias"], [split["last"]["bias"] for split in params["splits"]]

    def log_prob(numbers, x):
        total, splits = numbers
        moved = {
            **params,
            "total": {**params["total"], "last": {**params["total"]["last"], "bias": total}},
            "splits": [
                {**split, "last": {**split["last"], "bias": bias}}
                for split, bias in zip(params["splits"], splits, strict=True)
            ],
        }
        return MODEL.log_prob(moved, x[None], CONTEXT)[0]

    empty = jnp.zeros((1, cascade.NUMBERS))
    scores = jax.jit(jax.vmap(jax.grad(log_prob), in_axes=(None, 0)))(
        biases(params), jnp.concatenate([showers, empty])
    )
    for score in jax.tree.leaves(scores):
        assert np.all(np.isfinite(score))
        score = np.asarray(score[:-1], np.float64)
        pulls = score.mean(axis=0) / (score.std(axis=0) / np.sqrt(len(score)) + 1e-9)
        assert np.abs(pulls).max() < 4.5
        assert np.sqrt(np.mean(pulls**2)) < 2.0


def test_rows_do_not_see_each_other(sample, showers):
    np.testing.assert_allclose(sample(LATENT[::-1])[::-1], showers, atol=1e-4)


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="901"):
        MODEL.init(jax.random.key(0), jnp.zeros((1, 10)), CONTEXT)


LAW = logistic_mixture.from_numbers(jnp.array([0.3, -0.3, -0.5, 1.0, -0.4, 0.2]))


@pytest.mark.parametrize("energy", [1.0, 1.9, 2.5, 10.0, 1e4])
def test_probabilities_sum_to_one(energy):
    ends = [
        cascade.split_log_likelihood(LAW, *map(jnp.array, pair)) for pair in ((energy, 0.0), (0.0, energy))
    ]
    total = sum(float(jnp.exp(end)) for end in ends)
    if energy > 2:
        ratio = np.linspace(-np.log(energy - 1), np.log(energy - 1), 20_001)
        first = energy / (1 + np.exp(-ratio))
        density = np.exp(cascade.split_log_likelihood(LAW, jnp.asarray(first), jnp.asarray(energy - first)))
        total += np.trapezoid(density, ratio)
    assert total == pytest.approx(1.0, abs=1e-3)


def test_nothing_splits_into_nothing():
    assert float(cascade.split_log_likelihood(LAW, jnp.zeros(()), jnp.zeros(()))) == 0
    assert [float(half) for half in cascade.draw_split(LAW, jnp.zeros(()), jnp.array(0.3))] == [0.0, 0.0]


@pytest.mark.parametrize("energy", [1.5, 3.0, 50.0])
def test_draws_follow_the_likelihood(energy):
    uniform = jax.random.uniform(jax.random.key(1), (40_000,), minval=1e-6)
    energies = jnp.full(len(uniform), energy)
    first, second = cascade.draw_split(LAW, energies, uniform)
    np.testing.assert_allclose(first + second, energy, rtol=1e-6)
    for half in (first, second):
        assert not np.any((half > 0) & (half < 1 - 1e-5))
    alone = float(jnp.exp(cascade.split_log_likelihood(LAW, jnp.array(energy), jnp.zeros(()))))
    assert float(jnp.mean(second == 0)) == pytest.approx(alone, abs=0.01)
    below = float(jnp.exp(logistic_mixture.log_distribution(LAW, jnp.zeros(()))))
    assert float(jnp.mean(first < second)) == pytest.approx(below, abs=0.01)


def test_gradients_are_finite_at_every_outcome():
    first, second = jnp.array([0.0, 5.0, 0.0, 2.0, 1.0]), jnp.array([0.0, 0.0, 5.0, 3.0, 1e4])

    def loss(numbers, first, second):
        law = logistic_mixture.from_numbers(numbers)
        return jnp.sum(cascade.split_log_likelihood(law, first, second))

    gradients = jax.grad(loss, argnums=(0, 1, 2))(jnp.zeros(6), first, second)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


def test_the_counters_of_five_million_showers_do_not_repeat():
    """A shower takes 901 numbers, which 32 bits have for 4.77 million showers only."""
    last = 5_000_000
    showers = np.unique(np.concatenate([np.random.default_rng(0).integers(0, last, 2000), [0, last]]))
    places = np.stack([showers >> 32, showers & 0xFFFFFFFF], axis=1).astype(np.uint32)
    starts = np.asarray(jax.vmap(lambda place: random_numbers.times(place, cascade.NUMBERS))(places))
    found = (starts[:, 0].astype(object) << 32) + starts[:, 1]
    assert found.tolist() == (showers.astype(object) * cascade.NUMBERS).tolist()
    assert found[-1] > 2**32
    wrapped = int(found[-1]) - 2**32
    key = jax.random.key(0)
    far, near = (
        random_numbers.threefry_bits(key, cascade.NUMBERS, start=random_numbers.words(start))
        for start in (int(found[-1]), wrapped)
    )
    assert not np.isin(far, near).any()
