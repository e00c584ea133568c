"""Masks are as random as they should be, and belong to their example."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models.dropout import dropout

ONES = jnp.ones((40, 25, 100))
SEEDS = jax.random.bits(jax.random.key(0), (100,), "uint32")


def mask(seeds=SEEDS, *, rate=0.3, layer=0, x=ONES) -> np.ndarray:
    return np.asarray(dropout(x, seeds, rate=rate, layer=layer))


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    return np.corrcoef(x.ravel(), y.ravel())[0, 1]


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_the_share_dropped_and_the_mean_are_right(rate):
    values = mask(rate=rate)
    assert set(np.unique(values)) == {0.0, np.float32(1 / (1 - rate))}
    error = np.sqrt(rate * (1 - rate) / values.size)
    assert abs(np.mean(values == 0) - rate) < 4 * error
    np.testing.assert_allclose(np.mean(values), 1.0, atol=4 * error / (1 - rate))


def test_masks_of_neighbours_are_independent():
    """Between positions, examples, layers and the next seeds; 1e5 values know a correlation to 0.003."""
    values = mask()
    pairs = {
        "positions": (values[:-1], values[1:]),
        "columns": (values[:, :-1], values[:, 1:]),
        "examples": (values[..., :-1], values[..., 1:]),
        "layers": (values, mask(layer=1)),
        "seeds": (values, mask(SEEDS + np.uint32(1))),
        "far seeds": (values, mask(SEEDS + np.uint32(0x9E3779B9))),
        "seeds against layers": (mask(SEEDS + np.uint32(1)), mask(layer=1)),
    }
    for name, pair in pairs.items():
        assert abs(correlation(*pair)) < 0.015, name
    spread = np.std(np.mean(values == 0, axis=(0, 1)))
    np.testing.assert_allclose(spread, np.sqrt(0.3 * 0.7 / 1000), rtol=0.3)


def test_mask_belongs_to_the_example():
    """So it does not matter on which device, or beside which others, an example is."""
    order = np.random.default_rng(0).permutation(100)[:30]
    np.testing.assert_array_equal(mask(SEEDS[order], x=ONES[..., order]), mask()[..., order])
    np.testing.assert_array_equal(mask(), mask())


def test_gradient_is_the_mask():
    gradient = jax.grad(lambda x: jnp.sum(dropout(x, SEEDS, rate=0.3, layer=2)))(ONES)
    np.testing.assert_array_equal(gradient, mask(layer=2))


def test_nothing_is_dropped_without_seeds_or_rate():
    np.testing.assert_array_equal(mask(None), ONES)
    np.testing.assert_array_equal(mask(rate=0.0), ONES)


def test_misuse_is_named():
    with pytest.raises(ValueError, match=r"Expected a dropout rate within \[0, 1\); got 1"):
        mask(rate=1.0)
    with pytest.raises(ValueError, match=r"Expected seeds of shape \(100\); got \(3,\)"):
        mask(SEEDS[:3])
