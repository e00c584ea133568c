"""A first look at a data set: numbers that describe each column."""

import numpy as np

from jaxgen import checks

SUMMARY = ("count", "mean", "std", "min", "25 %", "50 %", "75 %", "max")


def summary(data: np.ndarray) -> np.ndarray:
    """Numbers that describe each column.

    Args:
      data: [N, ...], events in any shape, taken as N rows of D numbers; values that are not finite are left
        out and show in the count.

    Returns:
      [D, 8] float64, in the order of `SUMMARY`; the standard deviation is that of the N values. All but the
      count are NaN in a column with no finite value.

    >>> summary(np.array([[1.0], [2.0], [3.0], [np.nan]]))[0, [0, 1, 3, 5, 7]].tolist()
    [3.0, 2.0, 1.0, 2.0, 3.0]
    """
    return np.stack([_describe(column[np.isfinite(column)]) for column in _columns(data).T])


def _describe(values: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.array([0.0] + [np.nan] * (len(SUMMARY) - 1))
    quartiles = np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0])
    return np.array([len(values), values.mean(), values.std(), *quartiles])


def _columns(data: np.ndarray) -> np.ndarray:
    data = np.asarray(data, np.float64)
    checks.positive(events=len(data))
    return data.reshape(len(data), -1)
