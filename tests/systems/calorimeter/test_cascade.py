"""The cascade of splits: its samples and its likelihood belong together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.systems.calorimeter.models import cascade as shower_cascade
from jaxgen.systems.calorimeter.models.vae import Axis

CONTEXT = jnp.array([[0.3, 0.5, -0.5, 0.2, 0.1, 1.0]])


def axis(context):
    return Axis(6.0 + context[:, 0], 10 * context[:, 1:3], 0.2 * context[:, 3:5])


MODEL = shower_cascade.make(axis, width=4, summary=3)


@pytest.fixture(scope="module")
def params():
    start = MODEL.init(jax.random.key(0), jnp.zeros((1, shower_cascade.NUMBERS)), CONTEXT)
    leaves, tree = jax.tree.flatten(start)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    return tree.unflatten(
        [leaf + 0.1 * jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    )


LATENT = jax.random.normal(jax.random.key(2), (1000, shower_cascade.NUMBERS))


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

    empty = jnp.zeros((1, shower_cascade.NUMBERS))
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
