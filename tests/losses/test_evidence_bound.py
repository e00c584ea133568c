"""The divergence is that of two Gaussians, and the sums are those that are published."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from jaxgen.losses import evidence_bound

DRAW = np.random.default_rng(0)


def test_divergence_is_that_of_two_gaussians():
    """Against the integral of q log(q / p) over one latent number, added up over three."""
    means, deviations = DRAW.normal(size=(2, 3)), DRAW.uniform(0.2, 2.0, (2, 3))
    z = np.linspace(-15, 15, 30001)
    expected = np.zeros(2)
    for row, column in np.ndindex(2, 3):
        q = norm(means[row, column], deviations[row, column])
        expected[row] += np.trapezoid(q.pdf(z) * (q.logpdf(z) - norm.logpdf(z)), z)
    measured = evidence_bound.divergence(jnp.asarray(means), jnp.asarray(2 * np.log(deviations)))
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_divergence_is_zero_at_the_prior_and_above_elsewhere():
    at_prior = jnp.zeros((1, 20))
    assert evidence_bound.divergence(at_prior, at_prior)[0] == 0
    slopes = jax.grad(lambda *code: evidence_bound.divergence(*code)[0], argnums=(0, 1))(at_prior, at_prior)
    assert all(np.all(slope == 0) for slope in slopes)
    code = jnp.asarray(DRAW.normal(0, 0.1, (2, 50, 20)), jnp.float32)
    assert np.all(evidence_bound.divergence(*code) > 0)


def test_squared_error_is_a_mean_over_columns():
    real, fake = (jnp.asarray(DRAW.normal(size=(4, 7)), jnp.float32) for _ in range(2))
    expected = np.mean((np.asarray(real) - np.asarray(fake)) ** 2, axis=1)
    np.testing.assert_allclose(evidence_bound.squared_error(real, fake), expected, rtol=1e-6)


def test_sums_are_the_published_ones():
    error, divergence = jnp.array([1.0, 2.0]), jnp.array([10.0, 30.0])
    np.testing.assert_allclose(evidence_bound.total("published", error, divergence), [11, 32])
    np.testing.assert_allclose(evidence_bound.total("published", error, divergence, kl_weight=3.0), [31, 92])
    np.testing.assert_allclose(evidence_bound.total("beta", error, divergence, kl_weight=0.1), [1.9, 4.8])


@pytest.mark.parametrize(("objective", "weight"), [("published", 0.3), ("beta", 0.1)])
def test_objective_is_a_likelihood_bound_at_the_implied_noise(objective, weight):
    """Its gradients are those of -log N(x; x', s^2) + KL, up to one factor."""
    size = 6
    noise = evidence_bound.implied_noise(objective, kl_weight=weight, size=size)
    real, fake = (jnp.asarray(DRAW.normal(size=(1, size)), jnp.float32) for _ in range(2))

    def bound(fake, divergence):
        return -jnp.sum(jax.scipy.stats.norm.logpdf(real, fake, noise)) + divergence

    def objective_of(fake, divergence):
        error = evidence_bound.squared_error(real, fake)[0]
        return evidence_bound.total(objective, error, divergence, kl_weight=weight)

    for argument in (0, 1):
        ours, theirs = (jax.grad(f, argument)(fake, 5.0) for f in (objective_of, bound))
        np.testing.assert_allclose(ours, weight * theirs, rtol=1e-5)


def test_misuse_is_named():
    one = jnp.ones(1)
    with pytest.raises(ValueError, match="Expected objective to be one of published, beta"):
        evidence_bound.total("elbo", one, one)
    with pytest.raises(ValueError, match="Expected kl_weight not below zero for published; got -1"):
        evidence_bound.total("published", one, one, kl_weight=-1.0)
    with pytest.raises(ValueError, match=r"Expected kl_weight within \[0, 1\] for beta; got 2"):
        evidence_bound.total("beta", one, one, kl_weight=2.0)
    with pytest.raises(ValueError, match="Expected weight_of_the_error above zero"):
        evidence_bound.implied_noise("beta", kl_weight=1.0, size=3)
    with pytest.raises(ValueError, match="Expected log_variance to have the shape of mean"):
        evidence_bound.divergence(jnp.ones((2, 3)), jnp.ones((2, 1)))
    with pytest.raises(ValueError, match="Expected fake to have the shape of real"):
        evidence_bound.squared_error(jnp.ones((2, 3)), jnp.ones((2, 1)))
