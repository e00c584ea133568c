"""Correlation matrices of two samples and their distance."""

from collections.abc import Callable

import numpy as np

from jaxgen import checks
from jaxgen.base import Estimate, Key
from jaxgen.metrics import bootstrap

CONSTANT = 1e-24  # variance over mean square below which a column is constant up to rounding


def pearson(values: np.ndarray, *, counts: np.ndarray | None = None) -> np.ndarray:
    """Pearson correlation of all pairs of columns.

    Args:
      values: [N, D], finite.
      counts: number of times each row occurs, [N]; once by default.

    Returns:
      [D, D]; 0 for constant columns, including their diagonal entry.

    >>> pearson(np.array([[1.0, 2.0, 7.0], [2.0, 4.0, 7.0]])).round(3).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if counts is None else counts
    total = max(weights.sum(), 1.0)
    mean = weights @ values / total
    centred = values - mean
    weighted = weights[:, None] * centred
    covariance = weighted.T @ centred / total
    variance = np.diag(covariance)
    varies = variance > CONSTANT * (variance + mean**2)
    inverse = varies / np.sqrt(np.where(varies, variance, 1.0))
    return covariance * np.outer(inverse, inverse)


def spearman(values: np.ndarray, *, counts: np.ndarray | None = None) -> np.ndarray:
    """Spearman correlation of all pairs of columns; equal values share their mean rank.

    Args:
      values: [N, D], finite.
      counts: number of times each row occurs, [N]; once by default.

    Returns:
      [D, D]; 0 for constant columns, including their diagonal entry.

    >>> spearman(np.array([[1.0, 1.0], [2.0, 8.0], [3.0, 9.0]])).round(3).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return _spearman_of(values)(np.ones(len(values)) if counts is None else counts)


def frobenius(matrix: np.ndarray, other: np.ndarray) -> float:
    """Root of the sum of squared differences of all entries.

    >>> frobenius(np.eye(2), np.zeros((2, 2))) ** 2
    2.0000000000000004
    """
    return float(np.sqrt(np.sum((matrix - other) ** 2)))


def frobenius_distances(
    key: Key, real: np.ndarray, fake: np.ndarray, *, resamples: int = 50
) -> dict[str, Estimate]:
    """Frobenius distances of the Pearson and of the Spearman matrices of two samples.

    Both are positive for finite samples of the same distribution: compare with the real-versus-real floor.

    Args:
      key: random key of the bootstrap.
      real: [N, D]; rows that are not finite are ignored.
      fake: [K, D]; rows that are not finite are ignored.
      resamples: number of bootstrap samples.

    Returns:
      Distances by the names "pearson" and "spearman"; infinity if a sample has fewer than two finite rows.

    Raises:
      ValueError: if the samples have different columns.
    """
    checks.shape("real values", real, (None, None))
    checks.shape("fake values", fake, (None, real.shape[1]))
    sides = [x[np.isfinite(x).all(axis=1)].astype(np.float64) for x in (real, fake)]
    if min(map(len, sides)) < 2:
        return dict.fromkeys(("pearson", "spearman"), Estimate(float("inf"), float("nan")))
    ours, theirs = (_spearman_of(side) for side in sides)

    def statistics(real_counts: np.ndarray, fake_counts: np.ndarray) -> dict[str, float]:
        linear = (pearson(x, counts=c) for x, c in zip(sides, (real_counts, fake_counts), strict=True))
        return {
            "pearson": frobenius(*linear),
            "spearman": frobenius(ours(real_counts), theirs(fake_counts)),
        }

    return bootstrap.with_counts(key, *map(len, sides), statistics=statistics, resamples=resamples)


def _spearman_of(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The Spearman matrix as a function of the counts of each row; columns are sorted once."""
    places = [np.unique(column, return_inverse=True)[1].ravel() for column in np.asarray(values).T]

    def matrix(counts: np.ndarray) -> np.ndarray:
        ranks = np.empty((len(counts), len(places)))
        for column, place in enumerate(places):
            held = np.bincount(place, counts)
            ranks[:, column] = (np.cumsum(held) - held / 2)[place]
        return pearson(ranks, counts=counts)

    return matrix
