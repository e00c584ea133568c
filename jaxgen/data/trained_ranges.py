"""Test whether conditions are within the trained ranges, and which unit would bring the others inside."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from jaxgen.data import units
from jaxgen.data.advice import AdvisedError
from jaxgen.data.dataset import Column

MARGIN = 0.01
"""Tolerance beyond the trained range, as a fraction of its width."""

MEANT = 0.9
"""Fraction of the values of a column that another unit must bring inside for it to be suggested."""

Ranges = Sequence[tuple[float, float]]


def ranges_of(condition: np.ndarray) -> list[tuple[float, float]]:
    """Smallest and largest value of each column [N, C]."""
    table = np.asarray(condition, np.float64)
    return [(float(column.min()), float(column.max())) for column in table.T] if len(table) else []


def inside(columns: Sequence[Column], condition: np.ndarray, ranges: Ranges) -> np.ndarray:
    """Which values of conditions are within the ranges, bool [N, C].

    Numbers may exceed a range by one hundredth of its width; labels, flags and counts may not.

    >>> angle = Column("dip_angle", "deg", -60.0, 60.0)
    >>> inside([angle], np.array([[10.05], [12.0]]), [(0.0, 10.0)]).tolist()
    [[True], [False]]
    """
    low, high = _ends(tuple(columns), tuple(tuple(ends) for ends in ranges))
    return (condition >= low) & (condition <= high)


@lru_cache
def _ends(columns: tuple[Column, ...], ranges: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Smallest and largest value of each column that are inside, [2, C]."""
    found = []
    for column, (low, high) in zip(columns, ranges, strict=True):
        margin = MARGIN * (high - low) if column.kind == "real" else 0.0
        room = margin + 1e-6 * max(abs(low), abs(high))
        found.append((low - room, high + room))
    return np.array(found, np.float64).reshape(-1, 2).T


def unit_meant(column: Column, values: np.ndarray, ends: tuple[float, float]) -> str | None:
    """The unit that values outside of the trained range are probably in.

    Args:
      column: column of the spec.
      values: given values, [N].
      ends: trained range.

    Returns:
      The unit that brings the most values inside the range, if these are at least the fraction `MEANT` of all
      values and at most 1 - `MEANT` are inside without conversion; else None.

    >>> unit_meant(Column("energy", "GeV"), np.array([50_000.0]), (1.0, 100.0))
    'MeV'
    """

    low, high = np.asarray(ends) + np.array([-1e-6, 1e-6]) * np.abs(ends)  # without the margin

    def share(scale: float) -> float:
        scaled = scale * np.asarray(values, np.float64)
        return float(((scaled >= low) & (scaled <= high)).mean())

    if not column.unit or share(1.0) > 1 - MEANT:
        return None
    shares = {unit: share(units.factor(column, unit) or 1.0) for unit in units.like(column.unit)}
    best = max(shares, key=lambda unit: shares[unit], default="")
    return best if best and shares[best] >= MEANT else None


def check_inside(columns: Sequence[Column], condition: np.ndarray, ranges: Ranges) -> None:
    """Raises if a condition is outside of the trained range.

    Raises:
      AdvisedError: with the first such column, its event, the range, and the unit that would bring it inside,
        if there is one.
    """
    allowed = inside(columns, condition, ranges)
    if allowed.all():
        return
    row, place = np.argwhere(~allowed)[0]
    column, ends = columns[place], ranges[place]
    sentence = _outside(column, condition[row, place], row, ends)
    unit = unit_meant(column, condition[:, place], ends)
    if unit is None:
        raise AdvisedError(f"{sentence}.", ("outside", "mark"), "lets it pass, marked")
    advice = _advice(columns, column, unit)
    raise AdvisedError(f"{sentence}, which would be inside as {unit}:", ("units", advice), "converts")


def doubts(columns: Sequence[Column], condition: np.ndarray, ranges: Ranges) -> list[str]:
    """Sentences about columns whose values are outside but would be inside in another unit."""
    allowed = inside(columns, condition, ranges)
    found = []
    for place in map(int, np.flatnonzero(~allowed.all(axis=0))):
        column, ends = columns[place], ranges[place]
        unit = unit_meant(column, condition[:, place], ends)
        if unit is not None:
            row = int(np.argmin(allowed[:, place]))
            sentence = _outside(column, condition[row, place], row, ends)
            found.append(f"{sentence}, which would be inside as {unit}.")
    return found


def _advice(columns: Sequence[Column], column: Column, unit: str) -> str:
    """Units that apply to this column and to no other."""
    alike = [one for one in columns if units.factor(one, unit) is not None]
    return unit if len(alike) == 1 else f"{column.name}={unit}"


def _outside(column: Column, value: float, row: int, ends: tuple[float, float]) -> str:
    within = f"{ends[0]:.6g} to {ends[1]:.6g} {column.unit}".rstrip()
    return (
        f"Expected {column.name} within what was trained on, {within}; got {float(value):.6g} for event {row}"
    )
