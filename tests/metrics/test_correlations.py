import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.metrics import correlations


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + [0, 1e3, 0, -5, 2]
    mixed[rng.random(200) < 0.5, 2] = 0.0  # an empty slot: many ties
    return mixed


def test_pearson_is_numpys(values):
    np.testing.assert_allclose(correlations.pearson(values), np.corrcoef(values, rowvar=False), atol=1e-10)


def test_spearman_is_scipys(values):
    np.testing.assert_allclose(correlations.spearman(values), stats.spearmanr(values).statistic, atol=1e-12)


@pytest.mark.parametrize("kind", [correlations.pearson, correlations.spearman])
def test_counts_repeat_rows(values, kind):
    counts = np.random.default_rng(1).integers(0, 4, len(values))
    repeated = kind(np.repeat(values, counts, axis=0))
    np.testing.assert_allclose(kind(values, counts=counts.astype(float)), repeated, atol=1e-12)


@pytest.mark.parametrize("kind", [correlations.pearson, correlations.spearman])
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e8])
def test_constant_columns_correlate_with_nothing(values, kind, constant):
    values[:, 1] = constant
    found = kind(values)
    np.testing.assert_array_equal(found[1], 0.0)
    np.testing.assert_array_equal(found[:, 1], 0.0)
    np.testing.assert_allclose(np.diag(found)[[0, 2, 3, 4]], 1.0)


def test_a_narrow_column_is_not_constant():
    values = np.float32(1e3) + np.float32(1e-3) * np.random.default_rng(0).normal(size=(500, 1))
    np.testing.assert_allclose(correlations.pearson(values.astype(np.float32)), 1.0)


def test_frobenius_is_numpys_norm(values):
    one, other = correlations.pearson(values), correlations.spearman(values)
    assert correlations.frobenius(one, other) == pytest.approx(np.linalg.norm(one - other))


def test_distances_see_lost_correlations_and_leave_out_bad_rows(key, values):
    shuffled = np.random.default_rng(2).permuted(values, axis=0)
    found = correlations.frobenius_distances(key, values, shuffled)
    expected = np.linalg.norm(correlations.pearson(values) - correlations.pearson(shuffled))
    assert found["pearson"].value == pytest.approx(expected)
    assert all(estimate.value > 5 * estimate.error > 0 for estimate in found.values())
    spoiled = np.concatenate([shuffled, np.full((3, 5), np.nan), np.full((1, 5), np.inf)])
    assert correlations.frobenius_distances(key, values, spoiled) == found


def test_error_is_the_deviation_between_samples():
    keys = jax.random.split(jax.random.key(3), 30)
    rng = np.random.default_rng(4)
    real = rng.normal(size=(400, 4))
    fakes = rng.normal(size=(30, 300, 4)) * [1, 1, 1, 0.2] + rng.normal(size=(30, 300, 1))
    found = [
        correlations.frobenius_distances(k, real, fake, resamples=30)["pearson"]
        for k, fake in zip(keys, fakes, strict=True)
    ]
    deviation = np.std([estimate.value for estimate in found])
    assert np.mean([estimate.error for estimate in found]) == pytest.approx(deviation, rel=0.6)


def test_nothing_left_is_infinite(key, values):
    found = correlations.frobenius_distances(key, values, np.full((7, 5), np.nan))
    assert {estimate.value for estimate in found.values()} == {np.inf}


def test_other_columns_are_refused(key, values):
    with pytest.raises(ValueError, match="fake values"):
        correlations.frobenius_distances(key, values, values[:, :3])
