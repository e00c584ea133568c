"""Densities of bijections, and labels drawn by their quantiles."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgen.models import density

DRAW = np.random.default_rng(0)


def test_the_density_of_a_bijection_is_that_of_its_images():
    """x = 3 z + 1 of normal numbers, two columns."""
    made = density.from_bijection(
        lambda key, x, context: {},
        lambda params, x, context: ((x - 1) / 3, jnp.full(len(x), -2 * np.log(3))),
        lambda params, latent, context: 3 * latent + 1,
    )
    x = DRAW.normal(1, 3, (50, 2))
    expected = stats.multivariate_normal([1, 1], 9 * np.eye(2)).logpdf(x)
    np.testing.assert_allclose(made.log_prob({}, jnp.asarray(x), jnp.zeros((50, 0))), expected, rtol=1e-5)


@pytest.mark.parametrize("columns", [1, 5])
def test_the_standard_normal_density_is_scipys(columns):
    x = DRAW.normal(size=(20, columns))
    expected = stats.norm.logpdf(x).sum(axis=1)
    np.testing.assert_allclose(density.standard_normal_log_prob(jnp.asarray(x)), expected, rtol=1e-5)


def test_a_label_is_the_quantile_of_its_number():
    """Of odds 0.2, 0.5 and 0.3 the second begins where the normal law reaches 0.2."""
    logits = jnp.tile(jnp.log(jnp.array([0.2, 0.5, 0.3])), (5, 1))
    edges = stats.norm.ppf([0.2, 0.7])
    drawn = jnp.array([-9.0, edges[0] - 1e-3, edges[0] + 1e-3, edges[1] + 1e-3, 9.0])
    found = density.draw_label(logits, drawn)
    np.testing.assert_array_equal(found, np.eye(3)[[0, 0, 1, 2, 2]])


def test_a_label_that_cannot_be_is_never_drawn():
    logits = jnp.tile(jnp.array([0.0, -jnp.inf, 0.0]), (1000, 1))
    found = density.draw_label(logits, jnp.asarray(DRAW.normal(size=1000), jnp.float32))
    assert found[:, 1].sum() == 0
    assert 400 < found[:, 0].sum() < 600


def test_logits_are_linear_in_the_features():
    params = {"kernel": jnp.array([[1.0, -1.0], [0.0, 2.0]]), "bias": jnp.array([0.5, 0.0])}
    np.testing.assert_allclose(density.label_logits(params, jnp.array([[2.0, 3.0]])), [[2.5, 4.0]])
