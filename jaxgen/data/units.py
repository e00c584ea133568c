"""Units of conditions, and their conversion to those of a spec."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.data.dataset import Column

DIMENSIONS: Mapping[str, Mapping[str, float]] = {
    "energy": {"eV": 1e-9, "keV": 1e-6, "MeV": 1e-3, "GeV": 1.0, "TeV": 1e3},
    "length": {"um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1e3},
    "angle": {"mrad": 1e-3, "rad": 1.0, "deg": float(np.pi / 180)},
    "time": {"ps": 1e-3, "ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9},
}
"""Units of each dimension, relative to the unit with value 1."""

SPELLINGS = {"degree": "deg", "degrees": "deg", "°": "deg", "radian": "rad", "radians": "rad", "micron": "um"}

_NAMES = {name.lower(): name for units in DIMENSIONS.values() for name in units}
_POWER_OF_C = re.compile(r"/c(\^?2|²)?$")


def named(text: str) -> str | None:
    """The unit with this spelling; None if unknown. Momenta and masses may be in GeV/c and GeV/c^2.

    >>> named("mev"), named("MeV/c"), named("Degrees"), named("µm"), named("furlong")
    ('MeV', 'MeV', 'deg', 'um', None)
    """
    short = _POWER_OF_C.sub("", text.strip().lower()).replace("µ", "u").replace("μ", "u")
    return _NAMES.get(SPELLINGS.get(short, short))


def like(unit: str) -> Mapping[str, float]:
    """All units of the same dimension; empty for a unit without dimension, such as a pad.

    >>> ", ".join(like("rad"))
    'mrad, rad, deg'
    """
    name = named(unit)
    return next((units for units in DIMENSIONS.values() if name in units), {})


def factor(column: Column, unit: str) -> float | None:
    """Factor that converts a number in this unit to the unit of the column; None if impossible.

    >>> factor(Column("energy", "GeV"), "MeV")
    0.001
    """
    if unit.strip().lower().rstrip("s") in (column.unit.lower().rstrip("s"), column.unit or "-"):
        return 1.0
    name, known = named(unit), like(column.unit)
    if name is None or name not in known:
        return None
    return known[name] / known[str(named(column.unit))]


def factors(columns: Sequence[Column], units: Any) -> dict[str, float]:
    """Conversion factors of columns by name; columns that need no conversion are omitted.

    Args:
      columns: columns given.
      units: text such as "MeV", for all columns of that dimension, "energy=MeV,theta=deg", or both; or a
        mapping of column names to units. None for the units of the columns.

    Raises:
      ValueError: for an unknown column, or a unit that the column, or every column, is incompatible with.

    >>> factors((Column("energy", "GeV"), Column("x", "mm")), "MeV")
    {'energy': 0.001}
    """
    found: dict[str, float] = {}
    for name, unit in _pairs(units):
        if name is not None:
            column = _find(columns, name)
            scale = factor(column, unit)
            if scale is None:
                raise ValueError(f"Expected {column.name} in {_possible(column)}; got {unit!r}.")
            found[column.name] = scale
            continue
        scales = {column.name: factor(column, unit) for column in columns if column.unit}
        fitting = {name: scale for name, scale in scales.items() if scale is not None}
        if not fitting:
            listed = ", ".join(f"{column.name} [{column.unit}]" for column in columns if column.unit)
            raise ValueError(
                f"Expected units that a given condition can be in, {listed or 'none has any'}; got {unit!r}."
            )
        found = {**fitting, **found}
    return found


def convert(columns: Sequence[Column], table: Mapping[str, Any], units: Any) -> dict[str, Any]:
    """Columns by name, converted to the units of their spec.

    Args:
      columns: columns of the spec.
      table: values of the columns given, by name.
      units: units of the values, see `factors`.

    >>> convert((Column("energy", "GeV"),), {"energy": np.array([500.0])}, "MeV")
    {'energy': array([0.5])}
    """
    scales = factors([column for column in columns if column.name in table], units)
    return {name: scaled(values, scales.get(name, 1.0)) for name, values in table.items()}


def scaled(values: Any, scale: float) -> Any:
    """Numbers times a factor, in float64; unchanged if the factor is 1."""
    return values if scale == 1.0 else np.asarray(values, np.float64) * scale


def _find(columns: Sequence[Column], name: str) -> Column:
    by_name = {column.name.lower(): column for column in columns}
    if name.strip().lower() not in by_name:
        raise ValueError(checks.unknown("condition with units", name, [column.name for column in columns]))
    return by_name[name.strip().lower()]


def _pairs(units: Any) -> list[tuple[str | None, str]]:
    """Column names, None for all, and their units."""
    if units is None:
        return []
    if isinstance(units, Mapping):
        return [(str(name), str(unit)) for name, unit in units.items()]
    if not isinstance(units, str) or not units.strip():
        raise ValueError(f"Expected units such as 'MeV' or 'energy=MeV,theta=deg'; got {units!r}.")
    pairs: list[tuple[str | None, str]] = []
    for part in units.split(","):
        name, equals, unit = part.rpartition("=")
        pairs.append((name.strip() if equals else None, unit.strip()))
    return pairs


def _possible(column: Column) -> str:
    known = like(column.unit)
    return ", ".join(known) if known else column.unit or "no unit"
