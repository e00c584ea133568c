"""Bands for trend plots: mean and mean +- std in a sliding window over a feature."""

from typing import NamedTuple

import numpy as np

from jaxgen.metrics import binned
from jaxgen.metrics.binned import Profiled


class Bands(NamedTuple):
    """Trends of one sample: F features, W window positions, M values.

    Attributes:
      centre: middle of each window in the units of its feature, [F, W].
      number: number of events in the window, [F, W].
      mean: mean, [F, W, M]; NaN if the window is empty.
      std: population standard deviation, [F, W, M].
      mean_error: std / sqrt(number - 1), [F, W, M]; NaN below two events.
      std_error: sqrt((m4 - std^4) / (4 number std^2)), the limit of a bootstrap, [F, W, M].
    """

    centre: np.ndarray
    number: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    mean_error: np.ndarray
    std_error: np.ndarray


def window_sums(index: np.ndarray, columns: np.ndarray, bins: int, window: int) -> np.ndarray:
    """Sums of columns [N, K] over events whose bin is in [w, w + window), [bins - window + 1, K]."""
    inside = index < bins
    sums = np.zeros((bins + 1, columns.shape[1]))
    np.add.at(sums, index[inside] + 1, columns[inside])
    running = np.cumsum(sums, axis=0)
    return running[window:] - running[:-window]


def _feature_bands(index: np.ndarray, values: np.ndarray, bins: int, window: int) -> list[np.ndarray]:
    offset = np.nanmean(values, axis=0) if np.isfinite(values).any() else 0.0
    moved = np.where(index[:, None] < bins, values - offset, 0.0)
    powers = [np.ones((len(moved), 1)), *(moved**k for k in range(1, 5))]
    sums = window_sums(index, np.concatenate(powers, axis=1), bins, window)
    count, width = sums[:, :1], values.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        m1, m2, m3, m4 = np.split(sums[:, 1:] / count, np.arange(1, 4) * width, axis=1)
        variance = np.maximum(m2 - m1**2, 0.0)
        fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
        mean_error = np.sqrt(variance / (count - 1))
        std_error = np.sqrt(np.maximum(fourth - variance**2, 0.0) / (4 * count * variance))
    alone = count < 2
    errors = np.where(alone, np.nan, mean_error), np.where(alone, np.nan, std_error)
    return [count[:, 0], m1 + offset, np.sqrt(variance), *errors]


def sample_bands(table: Profiled, edges: np.ndarray, *, window: int = 20) -> Bands:
    """Trends of one sample.

    Args:
      table: N events; events with NaN values are ignored.
      edges: bin edges, increasing, [F, B + 1].
      window: number of adjacent bins per point.

    Returns:
      The bands at B - window + 1 points.

    Raises:
      ValueError: if the window is invalid.
    """
    bins = edges.shape[1] - 1
    if not 0 < window <= bins:
        raise ValueError(f"Expected a window of 1 to {bins} bins; got {window}.")
    index = binned.bin_index(table, edges)
    parts = [_feature_bands(row, table.values, bins, window) for row in index]
    centre = (edges[:, : bins - window + 1] + edges[:, window:]) / 2
    return Bands(centre, *(np.stack(column) for column in zip(*parts, strict=True)))


def trend_bands(real: Profiled, fake: Profiled, *, edges: int = 100, window: int = 20) -> tuple[Bands, Bands]:
    """Trends of both samples in common windows; the published choice is 99 bins and 20 per window.

    Args:
      real: N events.
      fake: K events.
      edges: number of edges, equally spaced over the range of both samples.
      window: number of adjacent bins per point.

    Returns:
      Real and generated bands.

    Raises:
      ValueError: if the columns of the tables differ, or a table has no events.
    """
    binned.check_tables(real, fake)
    borders = binned.common_edges(real, fake, edges)
    return sample_bands(real, borders, window=window), sample_bands(fake, borders, window=window)
