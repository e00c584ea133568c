"""Summaries and correlations against NumPy and SciPy."""

import numpy as np
import pytest
from scipy import stats

from jaxgen.datasets import exploration


def table(number=200):
    draw = np.random.default_rng(0)
    columns = draw.normal(size=(number, 2, 3))
    columns[:, 0, 1] = np.round(columns[:, 0, 0] ** 3, 1) + 1e3
    columns[:, 1, 2] = 0.1
    return columns


def test_the_summary_is_that_of_numpy():
    columns = table().reshape(200, 6)
    found = exploration.summary(table())
    assert found.shape == (6, len(exploration.SUMMARY))
    expected = [
        np.full(6, 200), columns.mean(0), columns.std(0), columns.min(0),
        *np.quantile(columns, [0.25, 0.5, 0.75], axis=0), columns.max(0),
    ]  # fmt: skip
    np.testing.assert_allclose(found, np.transpose(expected), atol=1e-12)


def test_the_summary_counts_what_is_finite():
    data = table()
    data[:30, 0, 0] = np.nan
    data[:, 1, 1] = np.inf
    found = exploration.summary(data)
    assert found[:, 0].tolist() == [170, 200, 200, 200, 0, 200]
    assert found[0, 1] == pytest.approx(data[30:, 0, 0].mean())
    assert np.isnan(found[4, 1:]).all()


@pytest.mark.parametrize("name", ["pearson", "spearman"])
def test_correlations_are_those_of_scipy(name):
    columns = table().reshape(200, 6)[:, :5]
    expected = np.corrcoef(columns.T) if name == "pearson" else stats.spearmanr(columns).statistic
    found = getattr(exploration, name)(table())
    np.testing.assert_allclose(found[:5, :5], expected, atol=1e-12)
    np.testing.assert_array_equal(found[5], 0)
    np.testing.assert_array_equal(found[:, 5], 0)


def test_bad_data_are_refused():
    with pytest.raises(ValueError, match="finite"):
        exploration.pearson(np.array([[1.0], [np.nan]]))
    with pytest.raises(ValueError, match="two events"):
        exploration.spearman(np.ones((1, 3)))
    with pytest.raises(ValueError, match="above zero"):
        exploration.summary(np.ones((0, 3)))
