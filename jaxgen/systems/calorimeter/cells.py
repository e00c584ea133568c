"""The cells of the 30 x 30 calorimeter: their positions and the rings around the centre."""

from typing import NamedTuple

import numpy as np

CELLS = 30
CELL = 20.2
"""Side of a cell in mm."""

THRESHOLD = 0.1
"""Energy in MeV from which a cell is active; a tenth of the cells with any energy have less than 0.06 MeV."""

CENTRES = (np.arange(CELLS) - (CELLS - 1) / 2) * CELL
"""Centres of the cells along an axis, in mm; zero is the middle of the front face."""


class Rings(NamedTuple):
    """A quantity for each of the square rings of cells around the centre, with 4, 12 and 20 cells."""

    e0: np.ndarray
    e1: np.ndarray
    e2: np.ndarray


def _square(low: int, high: int) -> np.ndarray:
    inside = np.zeros((CELLS, CELLS), bool)
    inside[low:high, low:high] = True
    return inside


RINGS = Rings(
    e0=_square(14, 16),
    e1=_square(13, 17) & ~_square(14, 16),
    e2=_square(12, 18) & ~_square(13, 17),
)
"""Cells of each ring, bool [30, 30]."""
