"""Features of calorimeter showers for distances in many dimensions and for classifiers.

High-level ones are those of the CaloChallenge (arXiv:2410.21611) as far as a single layer has them; low-level
ones are all cells.
"""

from collections.abc import Callable

import numpy as np

from jaxgen.base import Batch
from jaxgen.calorimeter import CELLS
from jaxgen.metrics import shower_observables as measured
from jaxgen.metrics.shower_observables import THRESHOLD

Describe = Callable[[Batch], np.ndarray]

LEAST = 1e-3  # MeV; smaller sums count as this, for their logarithm
DIRECTION = 5  # columns of a condition from which on it has angles, in radians, fourth and fifth

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

ENERGIES = frozenset(("visible", "e0", "e1", "e2", "outside", "hottest"))


def high_level_features(batch: Batch) -> np.ndarray:
    """Energies, shares, barycentres, widths, asymmetries and active cells, [N, 17] or [N, 18].

    Energies are log10 of MeV, positions and widths in mm, active cells a share of all. Where the incident
    energy is known, visible over incident energy comes last. What a shower has not is NaN.
    """
    found = measured.observables(batch.data)
    columns = []
    for name in HIGH_LEVEL:
        values = getattr(found, name)
        columns.append(np.log10(np.maximum(values, LEAST)) if name in ENERGIES else values)
    columns[-1] = columns[-1] / CELLS**2
    if np.asarray(batch.condition).shape[1]:
        columns.append(measured.response(found.visible, batch.condition))
    return np.column_stack(columns)


def cell_features(batch: Batch, *, threshold: float = THRESHOLD) -> np.ndarray:
    """log10(1 + E / threshold) of all cells, those below the threshold zero, [N, 900]; NaN where not finite.

    Args:
      batch: showers [N, 30, 30] in MeV.
      threshold: in MeV, above zero.
    """
    showers = measured.finite_showers(batch.data)
    cut = np.where(showers < threshold, 0.0, showers)
    return np.log10(1 + cut / threshold).reshape(len(cut), -1)


def condition_features(condition: np.ndarray) -> np.ndarray:
    """What a network is told of the incident particle, [N, C].

    The energy becomes log10 of GeV, and polar and azimuthal angle, where there are both, the two components
    of the slope: tan(theta) cos(phi) and tan(theta) sin(phi).
    """
    columns = np.array(condition, np.float64)
    if columns.shape[1]:
        columns[:, 0] = np.log10(np.maximum(columns[:, 0], LEAST))
    if columns.shape[1] >= DIRECTION:
        theta, phi = columns[:, 3].copy(), columns[:, 4].copy()
        columns[:, 3], columns[:, 4] = np.tan(theta) * np.cos(phi), np.tan(theta) * np.sin(phi)
    return columns
