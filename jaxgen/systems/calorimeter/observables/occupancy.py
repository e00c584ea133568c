"""Statistics of each cell: occupancy, mean energy, and spectrum."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from jaxgen.base import Estimate, Key
from jaxgen.metrics import bootstrap
from jaxgen.metrics.table import Table
from jaxgen.systems.calorimeter.cells import CELLS, THRESHOLD

NUMBER = CELLS**2
OCCUPIED = (
    0.05  # fraction of real showers with an active cell above which the spectrum of the cell is compared
)
SPECTRUM_EDGES = np.append(np.logspace(np.log10(THRESHOLD), 5, 37), np.inf)
"""Edges of the bins of spectra of single cells in MeV, six per decade; lower energies are in one separate
bin.
"""

BINS = len(SPECTRUM_EDGES) - 1
RESAMPLES = 25


class Cells(NamedTuple):
    """Content of the cells of all showers, as matrices to be multiplied by the counts of showers.

    Attributes:
      energy: energies in MeV, float64 [N, 900].
      place: 1 if shower i has cell c in bin b of the spectrum, sparse [N, 900 * bins].
    """

    energy: np.ndarray
    place: sparse.csr_array


def finite_only(table: Table) -> np.ndarray:
    """The showers [N, 30, 30] with only finite cells, negative energies set to zero, in their own type."""
    showers = np.asarray(table.batch.data)
    return np.maximum(showers[np.isfinite(showers).all(axis=(1, 2))], 0)


def occupancy_map(showers: np.ndarray, *, threshold: float = THRESHOLD) -> np.ndarray:
    """Fraction of showers with each cell active, [30, 30]; NaN without showers.

    Args:
      showers: result of `finite_only`.
      threshold: energy in MeV from which a cell is active.

    >>> occupancy_map(np.stack([np.zeros((30, 30)), np.ones((30, 30))]))[3, 4].item()
    0.5
    """
    return np.mean(showers >= threshold, axis=0) if len(showers) else np.full(showers.shape[1:], np.nan)


def mean_map(showers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean energy of each cell in MeV and its statistical error, [30, 30] each; NaN without showers.

    Args:
      showers: result of `finite_only`.
    """
    if not len(showers):
        unknown = np.full(showers.shape[1:], np.nan)
        return unknown, unknown
    showers = showers.astype(np.float64)
    return showers.mean(axis=0), showers.std(axis=0) / np.sqrt(len(showers))


def cells_of(showers: np.ndarray) -> Cells:
    """Precomputed content of the cells of showers from `finite_only`."""
    energy = np.asarray(showers, np.float64).reshape(-1, NUMBER)
    row, cell = np.nonzero(energy >= THRESHOLD)
    bin_ = np.searchsorted(SPECTRUM_EDGES[1:], energy[row, cell], side="right")
    place = sparse.csr_array(
        (np.ones(len(row), np.float32), (row, cell * BINS + bin_)), shape=(len(energy), NUMBER * BINS)
    )
    return Cells(energy, place)


def spectra(cells: Cells, counts: np.ndarray) -> np.ndarray:
    """Fraction of showers in each bin for each cell; the first bin is for energies below the threshold.

    Args:
      cells: content of the cells of N showers.
      counts: number of times that each shower occurs, [N].

    Returns:
      [900, 1 + bins], rows with sum one.
    """
    share = (cells.place.T @ counts).reshape(NUMBER, BINS) / counts.sum()
    return np.column_stack([1 - share.sum(axis=1), share])


def cell_statistics(ours: Cells, theirs: Cells) -> Callable[[np.ndarray, np.ndarray], dict[str, float]]:
    """The four quantities of `shower_occupancy` as a function of the counts of each shower."""
    occupied = 1 - spectra(ours, np.ones(len(ours.energy)))[:, 0] >= OCCUPIED

    def statistics(*counts: np.ndarray) -> dict[str, float]:
        sides = (ours, theirs)
        p, q = (spectra(side, n) for side, n in zip(sides, counts, strict=True))
        mean, other = (n @ side.energy / n.sum() for side, n in zip(sides, counts, strict=True))
        active, other_active = 1 - p[:, 0], 1 - q[:, 0]
        filled = p + q > 0
        apart = 0.5 * np.sum(np.where(filled, (p - q) ** 2 / np.where(filled, p + q, 1.0), 0.0), axis=1)
        return {
            "occupancy_correlation": _correlation(active, other_active),
            "occupancy_difference": float(np.max(np.abs(active - other_active))),
            "mean_shower_difference": _over(float(np.sum(np.abs(mean - other))), float(np.sum(mean))),
            "cell_separation": float(np.mean(apart[occupied])) if occupied.any() else float("nan"),
        }

    return statistics


def shower_occupancy(
    key: Key, real: Table, fake: Table, *, resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Differences between real and generated showers cell by cell.

    Args:
      key: random key of the bootstrap.
      real: real showers; those not finite are ignored.
      fake: generated showers; those not finite are ignored.
      resamples: number of bootstrap samples.

    Returns:
      `occupancy_correlation`: Pearson correlation, over the cells, of the fractions of showers in which a
      cell has at least 0.1 MeV. `occupancy_difference`: largest difference of these fractions.
      `mean_shower_difference`: sum over cells of the absolute difference of mean energies, over the sum of
      the real ones. `cell_separation`: separation power of the energies of a cell (six bins per decade and
      one for below 0.1 MeV), averaged over the cells that are active in at least 5 % of the real showers.
      Without finite showers: 0, 1, infinity and 1.
    """
    kept = [finite_only(side) for side in (real, fake)]
    if not all(map(len, kept)):
        values = {
            "occupancy_correlation": 0.0,
            "occupancy_difference": 1.0,
            "mean_shower_difference": float("inf"),
            "cell_separation": 1.0,
        }
        return {name: Estimate(value, float("nan")) for name, value in values.items()}
    statistics = cell_statistics(*map(cells_of, kept))
    return bootstrap.with_counts(key, *map(len, kept), statistics=statistics, resamples=resamples)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation; 0 if one map is constant."""
    first, second = first - first.mean(), second - second.mean()
    return _over(float(first @ second), float(np.sqrt((first @ first) * (second @ second))), nothing=0.0)


def _over(value: float, other: float, *, nothing: float = float("inf")) -> float:
    return value / other if other > 0 else nothing
