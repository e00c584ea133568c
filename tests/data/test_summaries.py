"""Summaries against NumPy."""

import numpy as np
import pytest

from jaxgen.data import summaries


def table(number=200):
    draw = np.random.default_rng(0)
    columns = draw.normal(size=(number, 2, 3))
    columns[:, 0, 1] = np.round(columns[:, 0, 0] ** 3, 1) + 1e3
    columns[:, 1, 2] = 0.1
    return columns


def test_the_summary_is_that_of_numpy():
    columns = table().reshape(200, 6)
    found = summaries.summary(table())
    assert found.shape == (6, len(summaries.SUMMARY))
    expected = [
        np.full(6, 200), columns.mean(0), columns.std(0), columns.min(0),
        *np.quantile(columns, [0.25, 0.5, 0.75], axis=0), columns.max(0),
    ]  # fmt: skip
    np.testing.assert_allclose(found, np.transpose(expected), atol=1e-12)


def test_the_summary_counts_what_is_finite():
    data = table()
    data[:30, 0, 0] = np.nan
    data[:, 1, 1] = np.inf
    found = summaries.summary(data)
    assert found[:, 0].tolist() == [170, 200, 200, 200, 0, 200]
    assert found[0, 1] == pytest.approx(data[30:, 0, 0].mean())
    assert np.isnan(found[4, 1:]).all()


def test_no_data_are_refused():
    with pytest.raises(ValueError, match="above zero"):
        summaries.summary(np.ones((0, 3)))
