"""Splits of energy between two halves, neither below the threshold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import logistic_mixture
from jaxgen.systems.calorimeter.models import energy_split

LAW = logistic_mixture.from_numbers(jnp.array([0.3, -0.3, -0.5, 1.0, -0.4, 0.2]))


@pytest.mark.parametrize("energy", [1.0, 1.9, 2.5, 10.0, 1e4])
def test_probabilities_sum_to_one(energy):
    ends = [
        energy_split.log_likelihood(LAW, *map(jnp.array, pair)) for pair in ((energy, 0.0), (0.0, energy))
    ]
    total = sum(float(jnp.exp(end)) for end in ends)
    if energy > 2:
        ratio = np.linspace(-np.log(energy - 1), np.log(energy - 1), 20_001)
        first = energy / (1 + np.exp(-ratio))
        density = np.exp(energy_split.log_likelihood(LAW, jnp.asarray(first), jnp.asarray(energy - first)))
        total += np.trapezoid(density, ratio)
    assert total == pytest.approx(1.0, abs=1e-3)


def test_nothing_splits_into_nothing():
    assert float(energy_split.log_likelihood(LAW, jnp.zeros(()), jnp.zeros(()))) == 0
    assert [float(half) for half in energy_split.draw(LAW, jnp.zeros(()), jnp.array(0.3))] == [0.0, 0.0]


@pytest.mark.parametrize("energy", [1.5, 3.0, 50.0])
def test_draws_follow_the_likelihood(energy):
    uniform = jax.random.uniform(jax.random.key(1), (40_000,), minval=1e-6)
    energies = jnp.full(len(uniform), energy)
    first, second = energy_split.draw(LAW, energies, uniform)
    np.testing.assert_allclose(first + second, energy, rtol=1e-6)
    for half in (first, second):
        assert not np.any((half > 0) & (half < 1 - 1e-5))
    alone = float(jnp.exp(energy_split.log_likelihood(LAW, jnp.array(energy), jnp.zeros(()))))
    assert float(jnp.mean(second == 0)) == pytest.approx(alone, abs=0.01)
    below = float(jnp.exp(logistic_mixture.log_distribution(LAW, jnp.zeros(()))))
    assert float(jnp.mean(first < second)) == pytest.approx(below, abs=0.01)


def test_gradients_are_finite_at_every_outcome():
    first, second = jnp.array([0.0, 5.0, 0.0, 2.0, 1.0]), jnp.array([0.0, 0.0, 5.0, 3.0, 1e4])

    def loss(numbers, first, second):
        law = logistic_mixture.from_numbers(numbers)
        return jnp.sum(energy_split.log_likelihood(law, first, second))

    gradients = jax.grad(loss, argnums=(0, 1, 2))(jnp.zeros(6), first, second)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)
