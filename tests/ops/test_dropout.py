"""Masks of dropout: as many as asked for, of no pattern, the same for the same seed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.ops.dropout import dropout

POSITIONS, EVENTS = 512, 4000


def dropped(rate, seeds, layer=0, positions=POSITIONS):
    x = jnp.ones((positions, len(seeds)))
    return np.asarray(dropout(x, jnp.asarray(seeds, jnp.uint32), rate=rate, layer=layer)) == 0


SEEDS = {
    "drawn": np.random.default_rng(0).integers(0, 2**32, EVENTS, np.uint32),
    "counted": np.arange(EVENTS, dtype=np.uint32),
}


@pytest.mark.parametrize("rate", [0.02, 0.5])
@pytest.mark.parametrize("kind", SEEDS)
def test_masks_are_independent_bernoulli_draws(kind, rate):
    """Rates of all, of each event and of each position, and the correlations between any two of them."""
    mask = dropped(rate, SEEDS[kind]).astype(np.float64)
    variance = rate * (1 - rate)
    assert abs(mask.mean() - rate) < 4 * np.sqrt(variance / mask.size)
    for axis, other in ((0, EVENTS), (1, POSITIONS)):
        ratio = mask.mean(axis).var() * mask.shape[axis] / variance
        assert abs(ratio - 1) < 5 * np.sqrt(2 / other)
    for rows in (mask, mask[:, :POSITIONS].T):
        correlations = np.corrcoef(rows)[np.triu_indices(len(rows), 1)] * np.sqrt(rows.shape[1])
        assert abs(correlations.std() - 1) < 0.02
        assert np.abs(correlations).max() < (6 if rate == 0.5 else 25)


def test_layers_and_copies_have_masks_of_their_own():
    """A copy of an event gets the next seed."""
    first, layer, copy = (
        dropped(0.5, SEEDS["drawn"]),
        dropped(0.5, SEEDS["drawn"], layer=1),
        dropped(0.5, SEEDS["drawn"] + np.uint32(1)),
    )
    for other in (layer, copy):
        assert abs((first == other).mean() - 0.5) < 4 * 0.5 / np.sqrt(first.size)


def test_mask_of_an_event_does_not_depend_on_the_others():
    together, alone = dropped(0.3, SEEDS["drawn"][:8]), dropped(0.3, SEEDS["drawn"][3:4])
    np.testing.assert_array_equal(together[:, 3:4], alone)


def test_what_is_kept_grows_and_its_slope_too():
    x = jnp.linspace(1.0, 2.0, 60).reshape(6, 10)
    seeds = jnp.arange(10, dtype=jnp.uint32)
    value, slope = jax.value_and_grad(lambda x: dropout(x, seeds, rate=0.25, layer=0).sum())(x)
    kept = np.asarray(slope) > 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(slope, kept / 0.75, rtol=1e-6)
    np.testing.assert_allclose(value, x[kept].sum() / 0.75, rtol=1e-6)


def test_no_seeds_or_no_rate_keep_everything():
    x = jnp.ones((3, 2))
    assert dropout(x, None, rate=0.5, layer=0) is x
    assert dropout(x, jnp.zeros(2, jnp.uint32), rate=0.0, layer=0) is x


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_rate_out_of_range_is_said(rate):
    with pytest.raises(ValueError, match=r"within \[0, 1\)"):
        dropout(jnp.ones((3, 2)), None, rate=rate, layer=0)
