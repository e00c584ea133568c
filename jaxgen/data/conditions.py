"""What events are made for, as people have it: arrays, mappings and tables by name, in a spec's units."""

import difflib
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.data.dataset import Column

MARGIN = 0.01
"""Share of the width of a range by which conditions may lie beyond what was trained on."""


def as_array(columns: Sequence[Column], given: Any, *, number: int | None = None) -> np.ndarray:
    """Conditions as an array.

    Args:
      columns: what they are made of, in order.
      given: an array [N, C] or [C], or columns by name, in any order and case: a mapping, a structured array
        or a table such as one of pandas. Numbers stand for all events; labels may be given by their names.
      number: of events; as many as there are conditions where it is None. Fewer conditions are used over and
        over.

    Returns:
      [N, C] float32.

    Raises:
      ValueError: for other columns, missing ones without a default, values that are not finite, columns of
        different length, or a label that there is not.

    >>> angle = Column("dip_angle", "deg", -60.0, 60.0)
    >>> flavour = Column("flavour", labels=("e", "mu"), kind="label")
    >>> as_array((angle, flavour), {"Flavour": "mu", "dip_angle": [5, 7]})
    array([[5., 1.],
           [7., 1.]], dtype=float32)
    """
    table = _from_names(columns, given) if _names(given) is not None else _from_array(columns, given)
    finite = np.isfinite(table)
    if not finite.all():
        row, place = np.argwhere(~finite)[0]
        raise ValueError(
            f"Expected finite conditions; got {table[row, place]} as {columns[place].name} {row}."
        )
    for place, column in enumerate(columns):
        if column.labels:
            _check_labels(column, table[:, place])
        elif column.kind in ("flag", "count"):
            _check_whole(column, table[:, place])
    if number is not None:
        checks.count(number=number)
        if len(table) > number:
            raise ValueError(f"Expected at most {number} conditions for as many events; got {len(table)}.")
        table = table[np.arange(number) % len(table)]
    return as_float32(table)


def of_events(
    columns: Sequence[Column], number: int, condition: Any, by_name: Mapping[str, Any]
) -> tuple[np.ndarray, tuple[Column, ...]]:
    """What is known of events that somebody has as arrays, and which columns that is: the first ones.

    Args:
      columns: all that may be known.
      number: of events, N.
      condition: an array [N, C] of the first columns, or columns by name; None where they come one by one.
      by_name: columns one by one. Those that are left out before the last one given take their defaults.

    Returns:
      [N, C] float32, and its columns.

    Raises:
      ValueError: where both are given, for unknown columns, or another number of conditions than events.
    """
    if condition is not None and by_name:
        raise ValueError(f"Expected conditions as one table or one by one; got both, {', '.join(by_name)}.")
    given = by_name if condition is None else condition
    names = _names(given)
    if names is not None:
        plain = {_plain(name) for name in names}
        known = [place for place, column in enumerate(columns) if _plain(column.name) in plain]
        unknown = len(known) < len(plain)
        used = tuple(columns) if unknown else tuple(columns[: max(known, default=-1) + 1])
    else:
        shape = np.asarray(given).shape
        used = tuple(columns[: shape[1] if len(shape) == 2 else 1])
    if not used:
        return np.zeros((number, 0), np.float32), ()
    table = as_array(used, given)
    if len(table) not in (1, number):
        raise ValueError(f"Expected conditions of {number} events; got those of {len(table)}.")
    return np.broadcast_to(table, (number, len(used))).copy(), used


def as_float32(values: np.ndarray) -> np.ndarray:
    """Rounds to float32 without moving any number across a whole one, by whose whole part it may be placed.

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
    """Names of the columns given; None for a plain array."""
    if isinstance(given, Mapping):
        return list(given)
    if isinstance(given, np.ndarray):
        return None if given.dtype.names is None else list(given.dtype.names)
    found = getattr(given, "columns", None)
    return None if found is None else list(found)


def _from_array(columns: Sequence[Column], given: Any) -> np.ndarray:
    table = _as_numbers("conditions", given)
    if table.ndim == 1 and (columns or not table.size):
        table = table[None] if len(columns) == len(table) else table[:, None]
    names = ", ".join(column.name for column in columns) or "nothing"
    if table.ndim != 2 or table.shape[1] != len(columns) or not len(table):
        raise ValueError(
            f"Expected conditions of {len(columns)} columns, {names}; got the shape {table.shape}."
        )
    return table


def _from_names(columns: Sequence[Column], given: Any) -> np.ndarray:
    by_name: dict[str, Any] = {}
    for name in _names(given) or ():
        if _plain(name) in by_name:
            raise ValueError(f"Expected each condition once; got {by_name[_plain(name)]} and {name}.")
        by_name[_plain(name)] = name
    known = {_plain(column.name): column for column in columns}
    for plain, name in by_name.items():
        if plain not in known:
            near = difflib.get_close_matches(plain, known, n=1)
            hint = f", did you mean {known[near[0]].name}?" if near else "."
            raise ValueError(f"Expected conditions among {_listed(columns)}; got {name}{hint}")
    left = [column for plain, column in known.items() if plain not in by_name]
    missing = [column for column in left if column.default is None]
    if missing:
        needed = [column for column in columns if column.default is None]
        raise ValueError(
            f"Expected all conditions without a default, {_listed(needed)}; got no {_listed(missing)}."
        )
    values = {
        column.name: _numbers(column, given[by_name[plain]]) if plain in by_name else np.array(column.default)
        for plain, column in known.items()
    }
    _say_defaults(left)
    lengths = {name: len(value) for name, value in values.items() if value.ndim}
    number = max(lengths.values(), default=1)
    if not number:
        raise ValueError(f"Expected conditions {_listed(columns)} of one event or more; got none.")
    for name, length in lengths.items():
        if length not in (1, number):
            raise ValueError(f"Expected columns of one length, {number}; got {length} values of {name}.")
    every = [np.broadcast_to(values[column.name], number) for column in columns]
    return np.array(every, np.float64).reshape(len(columns), number).T


def _plain(name: Any) -> str:
    return str(name).strip().lower().replace(" ", "_").replace("-", "_")


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns) or "none"


def _numbers(column: Column, value: Any) -> np.ndarray:
    try:
        array = np.asanyarray(value)
    except ValueError:
        raise ValueError(f"Expected one number or a row of them as {column.name}; got ragged rows.") from None
    if array.ndim > 1:
        raise ValueError(
            f"Expected one number or a row of them as {column.name}; got the shape {array.shape}."
        )
    if array.dtype.kind in "US" or (array.dtype.kind == "O" and any(isinstance(x, str) for x in array.flat)):
        return _label_numbers(column, array)
    return _as_numbers(column.name, array)


def _as_numbers(name: str, given: Any) -> np.ndarray:
    """Real numbers that float32 can hold, as they are in float32, else in float64."""
    try:
        array = np.asanyarray(given)
    except ValueError:
        raise ValueError(f"Expected a table of numbers as {name}; got ragged rows.") from None
    if np.ma.is_masked(array):
        raise ValueError(f"Expected {name} without masked values; got {np.ma.count_masked(array)} of them.")
    array = np.asarray(array)
    if array.dtype == np.float32:
        return array
    try:
        if array.dtype.kind not in "biufO":
            raise TypeError
        numbers = array.astype(np.float64)
    except (TypeError, ValueError):
        what = type(given).__name__ if array.dtype.kind == "O" else str(array.dtype)
        raise ValueError(f"Expected real numbers as {name}; got {what}.") from None
    large = np.isfinite(numbers) & (np.abs(numbers) > np.finfo(np.float32).max)
    if large.any():
        raise ValueError(f"Expected {name} that float32 can hold; got {numbers[large].flat[0]:g}.")
    return numbers


def _check_whole(column: Column, values: np.ndarray) -> None:
    """A flag is 0 or 1, a count a whole number from 0 on."""
    wrong = ~np.isin(values, (0, 1)) if column.kind == "flag" else (values < 0) | (values % 1 != 0)
    if wrong.any():
        wanted = "0 or 1" if column.kind == "flag" else "a whole number from 0 on"
        raise ValueError(f"Expected {column.name} to be {wanted}; got {values[wrong][0]:g}.")


def _check_labels(column: Column, values: np.ndarray) -> None:
    unknown = ~np.isin(values, np.arange(len(column.labels)))
    if unknown.any():
        raise ValueError(f"Expected {column.name} to be {_known(column)}; got {values[unknown][0]:g}.")


def _label_numbers(column: Column, array: np.ndarray) -> np.ndarray:
    names = [name.decode(errors="replace") if isinstance(name, bytes) else name for name in array.ravel()]
    for name in names:
        if name not in column.labels:
            got = repr(str(name)) if isinstance(name, str) else str(name)
            raise ValueError(f"Expected {column.name} to be {_known(column)}; got {got}.")
    return np.array([column.labels.index(name) for name in names], np.float64).reshape(array.shape)


def _known(column: Column) -> str:
    if not column.labels:
        return "a number"
    return ", ".join(f"{label} ({i})" for i, label in enumerate(column.labels))


def _say_defaults(columns: Sequence[Column]) -> None:
    if columns:
        told = ", ".join(f"{column.name} = {column.default:g} {column.unit}".rstrip() for column in columns)
        warnings.warn(f"Conditions that were not given are taken to be {told}.", stacklevel=_outside())


def _outside() -> int:
    """How many calls up, seen from the caller, the library was called."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("jaxgen."):
        frame, level = frame.f_back, level + 1
    return level


def ranges_of(condition: np.ndarray) -> list[tuple[float, float]]:
    """Smallest and largest value of each column [N, C]."""
    table = np.asarray(condition, np.float64)
    return [(float(column.min()), float(column.max())) for column in table.T] if len(table) else []


def inside(
    columns: Sequence[Column], condition: np.ndarray, ranges: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Which values of conditions are within ranges, bool [N, C].

    Numbers may lie beyond a range by a hundredth of its width; labels, flags and counts may not.

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


def check_inside(
    columns: Sequence[Column], condition: np.ndarray, ranges: Sequence[tuple[float, float]]
) -> None:
    """Raises where a condition lies outside of what was trained on.

    Raises:
      ValueError: naming the first, its event and the range.
    """
    allowed = inside(columns, condition, ranges)
    if not allowed.all():
        row, place = np.argwhere(~allowed)[0]
        column, (low, high) = columns[place], ranges[place]
        within = f"{low:.6g} to {high:.6g} {column.unit}".rstrip()
        raise ValueError(
            f"Expected {column.name} within what was trained on, {within}; got "
            f"{float(condition[row, place]):.6g} for event {row}. outside='mark' lets it pass, marked."
        )
