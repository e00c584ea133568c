"""What is measured of calorimeter showers: energies in MeV, positions and widths in mm.

All in float64 on the host. Cells below zero count as empty, for no energy is deposited there.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.systems.calorimeter.cells import CELLS, CENTRES, RINGS, THRESHOLD

CHUNK = 4096  # showers that are held in float64 at a time


class Observables(NamedTuple):
    """Observables of N showers, [N] each; NaN where there is none.

    Showers with a cell that is not finite have no observable at all. Those without energy have no
    barycentre, width, asymmetry or share; a ratio of rings needs energy in the lower ring.

    Attributes:
      visible: energy in all cells.
      e0: energy in the 4 cells around the centre of the front face.
      e1: energy in the ring of 12 cells around them.
      e2: energy in the ring of 20 cells around these.
      outside: energy in all other cells.
      e1_over_e0: ratio of two rings.
      e2_over_e1: likewise.
      share_e0: of the visible energy, 0 to 1.
      share_e1: likewise.
      share_e2: likewise.
      x: barycentre, sum of E x over sum of E, in mm.
      y: likewise.
      width_x: root of the sum of E (x - barycentre)^2 over the sum of E, in mm.
      width_y: likewise.
      asymmetry_x: energy at x > 0 less that at x < 0, over the sum of both, -1 to 1.
      asymmetry_y: likewise.
      active_cells: how many have 0.1 MeV or more.
      hottest: energy of the cell that has most.
      hottest_share: the same over the visible energy.
    """

    visible: np.ndarray
    e0: np.ndarray
    e1: np.ndarray
    e2: np.ndarray
    outside: np.ndarray
    e1_over_e0: np.ndarray
    e2_over_e1: np.ndarray
    share_e0: np.ndarray
    share_e1: np.ndarray
    share_e2: np.ndarray
    x: np.ndarray
    y: np.ndarray
    width_x: np.ndarray
    width_y: np.ndarray
    asymmetry_x: np.ndarray
    asymmetry_y: np.ndarray
    active_cells: np.ndarray
    hottest: np.ndarray
    hottest_share: np.ndarray


def observables(showers: ArrayLike, *, threshold: float = THRESHOLD) -> Observables:
    """All observables of showers [N, 30, 30] in MeV.

    Args:
      showers: energy deposited in cell (ix, iy).
      threshold: MeV from which on a cell is active.

    Raises:
      ValueError: for another shape.

    >>> shower = np.zeros((1, 30, 30))
    >>> shower[0, 15, 14], shower[0, 16, 14] = 3.0, 1.0
    >>> found = observables(shower)
    >>> found.visible.item(), found.e1_over_e0.item(), round(found.x.item(), 2), found.asymmetry_x.item()
    (4.0, 0.3333333333333333, 15.15, 1.0)
    """
    showers = np.asarray(showers)
    checks.shape("showers", showers, (None, CELLS, CELLS))
    starts = range(0, max(len(showers), 1), CHUNK)
    parts = [_observables(finite_showers(showers[i : i + CHUNK]), threshold) for i in starts]
    return Observables(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def finite_showers(showers: ArrayLike) -> np.ndarray:
    """Showers [N, 30, 30] as float64, cells below zero empty, those with a cell not finite all NaN.

    Raises:
      ValueError: for another shape.
    """
    showers = np.asarray(showers)
    checks.shape("showers", showers, (None, CELLS, CELLS))
    whole = np.isfinite(showers).all(axis=(1, 2), keepdims=True)
    return np.where(whole, np.maximum(showers, 0.0), np.nan).astype(np.float64)


def visible(showers: ArrayLike) -> np.ndarray:
    """Energy in all cells of showers [N, 30, 30], MeV, float64 [N]; NaN where a cell is not finite."""
    showers = np.asarray(showers)
    checks.shape("showers", showers, (None, CELLS, CELLS))
    whole = np.isfinite(showers).all(axis=(1, 2))
    return np.where(whole, np.maximum(showers, 0).sum(axis=(1, 2), dtype=np.float64), np.nan)


def _observables(showers: np.ndarray, threshold: float) -> Observables:
    visible = showers.sum(axis=(1, 2))
    e0, e1, e2 = (showers[:, ring].sum(axis=1) for ring in RINGS)
    along_x, along_y = showers.sum(axis=2), showers.sum(axis=1)
    hottest = showers.max(axis=(1, 2), initial=0.0)
    x, width_x = _mean_and_width(along_x)
    y, width_y = _mean_and_width(along_y)
    return Observables(
        visible=visible,
        e0=e0,
        e1=e1,
        e2=e2,
        outside=showers[:, ~(RINGS.e0 | RINGS.e1 | RINGS.e2)].sum(axis=1),
        e1_over_e0=quotient(e1, e0),
        e2_over_e1=quotient(e2, e1),
        share_e0=quotient(e0, visible),
        share_e1=quotient(e1, visible),
        share_e2=quotient(e2, visible),
        x=x,
        y=y,
        width_x=width_x,
        width_y=width_y,
        asymmetry_x=_asymmetry(along_x),
        asymmetry_y=_asymmetry(along_y),
        active_cells=np.where(np.isnan(visible), np.nan, np.sum(showers >= threshold, axis=(1, 2))),
        hottest=hottest,
        hottest_share=quotient(hottest, visible),
    )


def quotient(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """One array over another, NaN where the other is not above zero.

    >>> quotient(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    positive = denominator > 0
    return np.where(positive, numerator / np.where(positive, denominator, 1.0), np.nan)


def _mean_and_width(profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean position and standard deviation, in mm, of energy along an axis [N, 30]."""
    total = profile.sum(axis=1)
    mean = quotient(profile @ CENTRES, total)
    square = quotient(np.sum(profile * (CENTRES - mean[:, None]) ** 2, axis=1), total)
    return mean, np.sqrt(square)


def _asymmetry(profile: np.ndarray) -> np.ndarray:
    low, high = profile[:, : CELLS // 2].sum(axis=1), profile[:, CELLS // 2 :].sum(axis=1)
    return quotient(high - low, low + high)


def response(visible: np.ndarray, condition: ArrayLike) -> np.ndarray:
    """Visible over incident energy, [N]; NaN where a condition does not begin with an incident energy.

    Args:
      visible: MeV, [N].
      condition: [N, C], its first column the incident energy in GeV.

    >>> response(np.array([150.0]), np.array([[1.0]])).tolist()
    [0.15]
    """
    energy = incident(condition)
    return quotient(visible, 1e3 * energy)


def incident(condition: ArrayLike) -> np.ndarray:
    """Incident energy in GeV of conditions [N, C], [N]; NaN where C is 0 or it is not finite."""
    condition = np.asarray(condition, np.float64)
    energy = condition[:, 0] if condition.shape[1] else np.full(len(condition), np.nan)
    return np.where(np.isfinite(energy), energy, np.nan)


def empty(visible: np.ndarray) -> np.ndarray:
    """Which showers are whole but without energy, bool [N]."""
    return visible == 0
