"""Conditions from arrays, mappings and tables, matched by name and converted to the units of a spec."""

import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.data import column_values, units
from jaxgen.data.column_names import listed, match
from jaxgen.data.dataset import Column
from jaxgen.data.text_tables import decimal

_WITH_UNIT = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([^0-9\s].*)")


def as_array(
    columns: Sequence[Column], given: Any, *, number: int | None = None, units: Any = None, extra: bool = True
) -> np.ndarray:
    """Conditions as an array.

    Args:
      columns: columns of the condition, in order.
      given: an array [N, C] or [C], or columns by name, in any order and case: a mapping, a structured array
        or a table, for example of pandas. A scalar applies to all events; labels may be given by name, and
        units in the column names, as in "energy [MeV]".
      number: number of events; None for the number of conditions. Fewer conditions than events are repeated;
        of more, only the first are used, with a warning.
      units: units of the numbers, see `units.factors`; None for the units of the columns.
      extra: whether further columns are ignored with a warning, or raise an error.

    Returns:
      [N, C] float32.

    Raises:
      ValueError: for missing columns without a default, names that look misspelled, values that are not
        finite, columns of different length, or an unknown label.

    >>> angle = Column("dip_angle", "deg", -60.0, 60.0)
    >>> flavour = Column("flavour", labels=("e", "mu"), kind="label")
    >>> as_array((angle, flavour), {"Flavour": "mu", "dip_angle": [5, 7]})
    array([[5., 1.],
           [7., 1.]], dtype=float32)
    """
    if _names(given) is not None:
        table = _from_names(columns, given, units, extra=extra)
    else:
        table = _from_array(columns, given, units)
    finite = np.isfinite(table)
    if not finite.all():
        row, place = np.argwhere(~finite)[0]
        raise ValueError(
            f"Expected finite conditions; got {table[row, place]} as {columns[place].name} {row}."
        )
    for place, column in enumerate(columns):
        if column.kind != "real":
            column_values.check(column, table[:, place])
    if number is not None:
        checks.count(number=number)
        if len(table) > number:
            warn(f"Of {len(table)} conditions the first {number} are used, one for each event asked for.")
        table = table[np.arange(number) % len(table)]
    return as_float32(table)


def from_text(columns: Sequence[Column], text: str) -> dict[str, float]:
    """Conditions from text such as "energy=50,theta=0.1".

    Args:
      columns: columns of the condition.
      text: names, in any case, and values: numbers, with or without a unit, or names of labels.

    Returns:
      The conditions given, in the units of the columns.

    Raises:
      ValueError: for unknown or repeated names, or invalid values.

    >>> energy, particle = Column("energy", "GeV"), Column("particle", labels=("pion", "photon"))
    >>> from_text((energy, particle), "Energy=500 MeV, particle=photon")
    {'energy': 0.5, 'particle': 1.0}
    """
    if not columns:
        raise ValueError(f"Expected no conditions, as this generator has none; got {text!r}.")
    pairs = [part.partition("=") for part in text.split(",")]
    for name, _, value in pairs:
        if not name.strip() or not value.strip():
            example = ",".join(f"{column.name}=..." for column in columns[:2])
            raise ValueError(f"Expected conditions such as {example}; got {text!r}.")
    matched = match(columns, [name.strip() for name, _, _ in pairs], extra=False)
    values = {name.strip(): value.strip() for name, _, value in pairs}
    known = {column.name: column for column in columns}
    return {
        name: _from_word(known[name], values[given.name], given.unit) for name, given in matched.given.items()
    }


def _from_word(column: Column, text: str, unit: str | None) -> float:
    number = column.labels or decimal([text])[1] is None
    if not number and (found := _WITH_UNIT.fullmatch(text)):
        text, unit = found[1], found[2].strip()
    scale = units.factors([column], None if unit is None else {column.name: unit}).get(column.name, 1.0)
    value = units.scaled(column_values.numbers(column, text), scale)
    column_values.check(column, value)
    return float(value)


def of_events(
    columns: Sequence[Column], number: int, condition: Any, by_name: Mapping[str, Any]
) -> tuple[np.ndarray, tuple[Column, ...]]:
    """Conditions of events given as arrays, and their columns: the first ones of all possible columns.

    Args:
      columns: all possible columns.
      number: number of events, N.
      condition: an array [N, C] of the first columns, or columns by name; None if `by_name` is used.
      by_name: columns as separate arguments. Columns omitted before the last one given take their defaults.

    Returns:
      Array [N, C] float32, and its columns.

    Raises:
      ValueError: if both are given, for unknown columns, or if the numbers of conditions and events differ.
    """
    if condition is not None and by_name:
        raise ValueError(f"Expected conditions as one table or one by one; got both, {', '.join(by_name)}.")
    given = by_name if condition is None else condition
    names = _names(given)
    if names is not None:
        found = match(columns, names, extra=False).given
        known = [place for place, column in enumerate(columns) if column.name in found]
        used = tuple(columns[: max(known, default=-1) + 1])
    else:
        shape = np.asarray(given).shape
        used = tuple(columns[: shape[1] if len(shape) == 2 else 1])
    if not used:
        return np.zeros((number, 0), np.float32), ()
    table = as_array(used, given, extra=False)
    if len(table) not in (1, number):
        raise ValueError(f"Expected conditions of {number} events; got those of {len(table)}.")
    return np.broadcast_to(table, (number, len(used))).copy(), used


def as_float32(values: np.ndarray) -> np.ndarray:
    """Rounds to float32 without changing the integer part of a number, which may define its position.

    >>> float(as_float32(np.array([40.99999999]))[0]) < 41
    True
    """
    values = np.asarray(values)
    if values.dtype == np.float32:
        return values
    rounded = values.astype(np.float32)
    moved = np.trunc(rounded) != np.trunc(values)
    return np.where(moved, np.nextafter(rounded, np.float32(0)), rounded)


def _names(given: Any) -> list[str] | None:
    """Names of the columns given; None for an array without names."""
    if isinstance(given, Mapping):
        return list(given)
    if isinstance(given, np.ndarray):
        return None if given.dtype.names is None else list(given.dtype.names)
    found = getattr(given, "columns", None)
    return None if found is None else list(found)


def _from_array(columns: Sequence[Column], given: Any, given_units: Any) -> np.ndarray:
    table = column_values.as_numbers("conditions", given)
    if table.ndim == 1 and (columns or not table.size):
        table = table[None] if len(columns) == len(table) else table[:, None]
    if table.ndim != 2 or table.shape[1] != len(columns) or not len(table):
        names = listed(columns) if columns else "nothing"
        raise ValueError(
            f"Expected conditions of {len(columns)} columns, {names}; got the shape {table.shape}."
        )
    scales = {} if given_units is None else units.factors(columns, given_units)
    if not scales:
        return table
    return np.asarray(table, np.float64) * [scales.get(column.name, 1.0) for column in columns]


def _from_names(columns: Sequence[Column], given: Any, given_units: Any, *, extra: bool) -> np.ndarray:
    matched = match(columns, _names(given) or (), extra=extra)
    missing = check_missing(columns, matched.given, matched.unused)
    scales = scales_of(columns, {name: one.unit for name, one in matched.given.items()}, given_units)
    values = {
        column.name: units.scaled(
            column_values.numbers(column, given[matched.given[column.name].name]),
            scales.get(column.name, 1.0),
        )
        if column.name in matched.given
        else np.array(column.default)
        for column in columns
    }
    if matched.unused:
        warn(f"Of the conditions, {', '.join(matched.unused)} are not used.")
    _say_defaults(missing)
    lengths = {name: len(value) for name, value in values.items() if value.ndim}
    number = max(lengths.values(), default=1)
    if not number:
        raise ValueError(f"Expected conditions {listed(columns)} of one event or more; got none.")
    for name, length in lengths.items():
        if length not in (1, number):
            raise ValueError(f"Expected columns of one length, {number}; got {length} values of {name}.")
    every = [np.broadcast_to(values[column.name], number) for column in columns]
    return np.array(every, np.float64).reshape(len(columns), number).T


def check_missing(
    columns: Sequence[Column], given: Mapping[str, Any], unused: Sequence[str], where: str = ""
) -> list[Column]:
    """Columns that take their default values.

    Raises:
      ValueError: for a missing column without a default.
    """
    left = [column for column in columns if column.name not in given]
    missing = [column for column in left if column.default is None]
    if missing:
        needed = [column for column in columns if column.default is None]
        instead = f"; there are {', '.join([*given, *unused]) or 'none'}" if unused or where else ""
        raise ValueError(
            f"Expected all conditions without a default, {listed(needed)}; "
            f"got no {listed(missing)}{where}{instead}."
        )
    return left


def scales_of(
    columns: Sequence[Column], stated: Mapping[str, str | None], given_units: Any
) -> dict[str, float]:
    """Conversion factors of columns, from units in their names and units given as an argument.

    Raises:
      ValueError: for incompatible units, or if both state different units for one column.
    """
    present = [column for column in columns if column.name in stated]
    scales = units.factors(present, {name: unit for name, unit in stated.items() if unit})
    if given_units is None:
        return scales
    for name, scale in units.factors(present, given_units).items():
        if scales.setdefault(name, scale) != scale:
            raise ValueError(
                f"Expected {name} in {stated[name]}, as it is named; got the units {given_units!r}."
            )
    return scales


def _say_defaults(columns: Sequence[Column]) -> None:
    if columns:
        told = ", ".join(f"{column.name} = {column.default:g} {column.unit}".rstrip() for column in columns)
        warn(f"Conditions that were not given are taken to be {told}.")


def warn(sentence: str) -> None:
    """Issues a warning located at the line that called the library."""
    frame, level = sys._getframe(0), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("jaxgen."):
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, stacklevel=level)
