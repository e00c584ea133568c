"""Features of calorimeter showers for distances in many dimensions and for classifiers.

High-level features are those of the CaloChallenge (arXiv:2410.21611) that exist for a single layer. Low-level
features describe differences between neighbouring cells. A dense network with the 900 cells of a few thousand
showers as inputs memorizes them: for showers with each cell smeared by 20 % its AUC is 0.49, while with
contrasts and high-level features as inputs it is 0.95.
"""

import numpy as np

from jaxgen.metrics.table import Table
from jaxgen.systems.calorimeter.cells import CELLS, THRESHOLD
from jaxgen.systems.calorimeter.observables import finite_showers

LEAST = 1e-3  # MeV; smaller sums are set to this value before taking the logarithm
DIRECTION = (
    5  # number of columns from which a condition includes angles, in radians, as fourth and fifth column
)

SCALES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Energies E0 in MeV; cells below E0 contribute little to a contrast."""

ZONES = (slice(12, 17), slice(8, 21), slice(None))
LEVELS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
LEAST_SQUARE = 1e-6

HIGH_LEVEL = (
    "visible",
    "e0",
    "e1",
    "e2",
    "outside",
    "hottest",
    "share_e0",
    "share_e1",
    "share_e2",
    "hottest_share",
    "x",
    "y",
    "width_x",
    "width_y",
    "asymmetry_x",
    "asymmetry_y",
    "active_cells",
)
"""Names of the columns of `high_level_features`, before visible over incident energy."""

ORIENTED = frozenset(("x", "y", "width_x", "width_y", "asymmetry_x", "asymmetry_y"))
ENERGIES = frozenset(("visible", "e0", "e1", "e2", "outside", "hottest"))


def high_level_features(table: Table) -> np.ndarray:
    """Energies, shares, barycentres, widths, asymmetries and active cells, [N, 17] or [N, 18].

    Energies are log10 of MeV, positions and widths in mm, active cells a fraction of all. If the incident
    energy is known, visible over incident energy is the last column. Missing values are NaN.
    """
    columns = [
        np.log10(np.maximum(table[name], LEAST)) if name in ENERGIES else table[name] for name in HIGH_LEVEL
    ]
    columns[-1] = columns[-1] / CELLS**2
    if table.spec.condition:
        columns.append(table["response"])
    return np.column_stack(columns)


def shower_features(table: Table) -> np.ndarray:
    """The columns of `high_level_features` that do not depend on the incident energy, [N, 17]."""
    return table.of(high_level_features)[:, : len(HIGH_LEVEL)]


def unoriented_features(table: Table) -> np.ndarray:
    """The columns of `high_level_features` without direction, and two radii in mm, [N, 13] or [N, 14].

    They are invariant under rotations of a shower by 90 degrees and reflections.
    """
    columns = high_level_features(table)
    kept = [i for i in range(columns.shape[1]) if i >= len(HIGH_LEVEL) or HIGH_LEVEL[i] not in ORIENTED]
    radii = np.hypot(table["x"], table["y"]), np.hypot(table["width_x"], table["width_y"])
    return np.column_stack([columns[:, kept], *radii])


def cell_features(table: Table) -> np.ndarray:
    """Contrasts and spectrum of the cells of each shower, [N, 44]; NaN if a cell is not finite.

    With l = log(1 + E / E0), and cells below 0.1 MeV set to zero, there are two contrasts of each cell: l
    minus the mean of its four neighbours, and the mixed difference l(i+1, j+1) - l(i+1, j) - l(i, j+1) + l(i,
    j), which is zero for a product of two profiles far above E0. The features are log10 of their mean
    squares, for six E0 and three squares of cells around the centre, and log10(1 + number of cells) above
    each of eight energies.
    """
    showers = finite_showers(table.batch.data)
    cut = np.where(showers < THRESHOLD, 0.0, showers)
    columns = [
        np.log10(LEAST_SQUARE + np.mean(contrast[:, zone, zone] ** 2, axis=(1, 2)))
        for scale in SCALES
        for contrast in _contrasts(np.log1p(cut / scale))
        for zone in ZONES
    ]
    lost = np.where(np.isnan(cut[:, 0, 0]), np.nan, 0.0)
    columns += [np.log10(1 + np.sum(cut >= level, axis=(1, 2))) + lost for level in LEVELS]
    return np.column_stack(columns)


def _contrasts(logarithms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Difference of each inner cell to its neighbours, [N, 28, 28], and mixed differences, [N, 29, 29]."""
    above, below = logarithms[:, 2:, 1:-1], logarithms[:, :-2, 1:-1]
    right, left = logarithms[:, 1:-1, 2:], logarithms[:, 1:-1, :-2]
    steps = logarithms[:, 1:] - logarithms[:, :-1]
    return logarithms[:, 1:-1, 1:-1] - (above + below + right + left) / 4, steps[:, :, 1:] - steps[:, :, :-1]


def all_features(table: Table) -> np.ndarray:
    """`high_level_features` and `cell_features`."""
    return np.column_stack([table.of(high_level_features), table.of(cell_features)])


def shower_and_cell_features(table: Table) -> np.ndarray:
    """`shower_features` and `cell_features`."""
    return np.column_stack([shower_features(table), table.of(cell_features)])


def condition_features(table: Table) -> np.ndarray:
    """Features of the incident particle, [N, C].

    The energy becomes log10 of GeV, and polar and azimuthal angle, if both are given, the two components
    of the slope: tan(theta) cos(phi) and tan(theta) sin(phi).
    """
    columns = np.array(table.batch.condition, np.float64)
    if columns.shape[1]:
        columns[:, 0] = np.log10(np.maximum(columns[:, 0], LEAST))
    if columns.shape[1] >= DIRECTION:
        theta, phi = columns[:, 3].copy(), columns[:, 4].copy()
        columns[:, 3], columns[:, 4] = np.tan(theta) * np.cos(phi), np.tan(theta) * np.sin(phi)
    return columns
