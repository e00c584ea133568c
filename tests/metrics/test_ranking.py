import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jaxgen.metrics import ranking


@pytest.mark.parametrize("decimals", [1, 12])
def test_area_is_scikit_learns_with_and_without_ties(decimals):
    rng = np.random.default_rng(0)
    negative, positive = rng.normal(size=60).round(decimals), rng.normal(0.4, 1, size=90).round(decimals)
    expected = roc_auc_score(np.repeat([0, 1], [60, 90]), np.concatenate([negative, positive]))
    assert ranking.roc_auc(negative, positive).value == pytest.approx(expected)
    above, below = ranking.placements(negative, positive)
    assert above.mean() == pytest.approx(expected)
    assert below.mean() == pytest.approx(expected)


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_error_is_the_deviation_between_samples(shift):
    rng = np.random.default_rng(1)
    found = [ranking.roc_auc(rng.normal(size=80), rng.normal(shift, 1, size=120)) for _ in range(200)]
    values, errors = np.array(found).T
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_perfect_and_inverted_order():
    low, high = np.arange(5.0), np.arange(5.0) + 10
    assert ranking.roc_auc(low, high) == (1, 0)
    assert ranking.roc_auc(high, low) == (0, 0)


def test_missing_class_and_nan_are_refused():
    with pytest.raises(ValueError, match="got 0 and 3"):
        ranking.roc_auc(np.zeros(0), np.zeros(3))
    with pytest.raises(ValueError, match="without NaN"):
        ranking.roc_auc(np.zeros(2), np.array([np.nan, 1]))


def test_single_event_has_no_error():
    result = ranking.roc_auc(np.zeros(1), np.ones(3))
    assert result.value == 1
    assert np.isnan(result.error)
