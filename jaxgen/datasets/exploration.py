"""First looks at a data set: a summary of each column, and how columns depend on each other."""

import numpy as np
from scipy import stats

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


def pearson(data: np.ndarray) -> np.ndarray:
    """Linear correlation of each pair of columns; a constant column has zeros.

    Args:
      data: [N, ...], events in any shape, taken as N rows of D numbers, all finite, N > 1.

    Returns:
      [D, D] float64, with ones on the diagonal but for constant columns.

    Raises:
      ValueError: for one event alone or numbers that are not finite.
    """
    columns = _finite_columns(data)
    constant = (columns == columns[:1]).all(axis=0)
    centred = np.where(constant, 0.0, columns - columns.mean(axis=0))
    length = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(length > 0, length, 1.0)
    return np.clip(unit.T @ unit, -1.0, 1.0)


def spearman(data: np.ndarray) -> np.ndarray:
    """Correlation of the ranks of each pair of columns, ties at their mean rank; otherwise as `pearson`."""
    return pearson(stats.rankdata(_finite_columns(data), axis=0))


def _columns(data: np.ndarray) -> np.ndarray:
    data = np.asarray(data, np.float64)
    checks.positive(events=len(data))
    return data.reshape(len(data), -1)


def _finite_columns(data: np.ndarray) -> np.ndarray:
    columns = _columns(data)
    if len(columns) < 2 or not np.isfinite(columns).all():
        raise ValueError(f"Expected at least two events of finite numbers; got {len(columns)} events.")
    return columns
