"""The cells of the 30 x 30 calorimeter: where they are and which form the rings around its centre."""

from typing import NamedTuple

import numpy as np

CELLS = 30
CELL = 20.2
"""Side of a cell in mm."""

THRESHOLD = 0.1
"""MeV from which a cell counts as active; a tenth of the cells with any energy have less than 0.06 MeV."""

CENTRES = (np.arange(CELLS) - (CELLS - 1) / 2) * CELL
"""Centres of the cells along an axis, in mm; the front face's middle is at zero."""


class Rings(NamedTuple):
    """Something for each of the square rings of cells around the centre: 4, 12 and 20 of them."""

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
