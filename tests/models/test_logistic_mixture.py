"""Mixtures of logistic laws against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgen.models import logistic_mixture

WEIGHTS, MEANS, SCALES = np.array([0.7, 0.3]), np.array([-1.0, 2.0]), np.array([0.5, 1.5])
MIXTURE = logistic_mixture.from_numbers(jnp.array([*np.log(WEIGHTS), *MEANS, *np.log(SCALES)]))
X = np.linspace(-4.0, 8.0, 25)


def expected(kind: str) -> np.ndarray:
    return sum(
        weight * getattr(stats.logistic(mean, scale), kind)(X)
        for weight, mean, scale in zip(WEIGHTS, MEANS, SCALES, strict=True)
    )


def test_density_and_distribution_are_scipys():
    np.testing.assert_allclose(np.exp(logistic_mixture.log_density(MIXTURE, X)), expected("pdf"), rtol=1e-4)
    np.testing.assert_allclose(
        np.exp(logistic_mixture.log_distribution(MIXTURE, X)), expected("cdf"), rtol=1e-4
    )


def test_a_censored_law_is_whole():
    grid = np.linspace(1e-4, 60.0, 60_001)
    density = np.exp(logistic_mixture.censored_log_likelihood(MIXTURE, jnp.asarray(grid)))
    at_zero = np.exp(logistic_mixture.censored_log_likelihood(MIXTURE, jnp.zeros(())))
    assert float(at_zero + np.trapezoid(density, grid)) == pytest.approx(1.0, abs=1e-3)


def test_draws_follow_the_distribution():
    uniform = jax.random.uniform(jax.random.key(0), (20_000,), minval=1e-6)
    drawn = np.asarray(logistic_mixture.quantile_draw(MIXTURE, uniform))

    def distribution(x: np.ndarray) -> np.ndarray:
        return np.exp(logistic_mixture.log_distribution(MIXTURE, jnp.asarray(x)))

    assert stats.kstest(drawn, distribution).pvalue > 1e-3


def test_gradients_are_finite_far_away():
    def loss(mean: jax.Array) -> jax.Array:
        mixture = logistic_mixture.from_numbers(jnp.array([0.0, 0.0, 0.0, 0.0, -8.0, -8.0]).at[2].set(mean))
        return logistic_mixture.censored_log_likelihood(mixture, jnp.array([0.0, 9.0])).sum()

    assert np.isfinite(jax.grad(loss)(0.5))
    assert np.isfinite(loss(0.5))
