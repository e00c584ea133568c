"""Conditions of calorimeter showers: their columns, and checks of values from files and arrays."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from jaxgen import checks
from jaxgen.data import column_files, column_values, conditions
from jaxgen.data.dataset import Column
from jaxgen.systems.calorimeter.cells import CELL

LARGEST_IMPACT = CELL / 2
"""Nominal range in mm of the impact point along each axis, from the middle of the front face."""

LARGEST_ANGLE = float(np.radians(15.0))
"""Nominal range in rad of the angle from the normal of the front face."""

COLUMNS = (
    Column("energy", "GeV", 1.0, 100.0),
    Column("x", "mm", -LARGEST_IMPACT, LARGEST_IMPACT, default=0.0),
    Column("y", "mm", -LARGEST_IMPACT, LARGEST_IMPACT, default=0.0),
    Column("theta", "rad", 0.0, LARGEST_ANGLE, default=0.0),
    Column("phi", "rad", -np.pi, np.pi, default=0.0),
    Column("photon", "", 0.0, 1.0, "flag", default=1.0),
)
"""Incident kinetic energy, impact point on the front face, angle from its normal, azimuth, and whether the
particle is a photon (1) or an electron (0); the ranges are nominal."""

CONDITIONS = {"none": COLUMNS[:0], "energy": COLUMNS[:1], "impact": COLUMNS[:3], "full": COLUMNS}
"""Columns of each kind of condition; each kind contains the columns of the previous one."""

KEYS = ("energy", "x0", "y0", "theta", "phi", "pdg")
"""Names in files, in the order of `COLUMNS`."""

PHOTON = 22
ELECTRON = 11


class _Check(NamedTuple):
    """Requirement on a column of a file, and its description."""

    holds: Callable[[np.ndarray], np.ndarray]
    words: str


_POSITIVE = _Check(lambda x: (x > 0) & np.isfinite(x), "finite and above zero")
_FINITE = _Check(np.isfinite, "finite")
_FORWARD = _Check(lambda x: (x >= 0) & (x < np.pi / 2), "from 0 to below pi / 2")
_KNOWN = _Check(lambda x: np.isin(x, (ELECTRON, -ELECTRON, PHOTON)), "11, -11 or 22")
_CHECKS = (_POSITIVE, _FINITE, _FINITE, _FORWARD, _FINITE, _KNOWN)


def kind_of(number_columns: int) -> str:
    """Kind of condition with this number of columns.

    Raises:
      ValueError: if there is none.

    >>> kind_of(3)
    'impact'
    """
    kinds = {len(columns): kind for kind, columns in CONDITIONS.items()}
    checks.one_of("the number of columns of a condition", number_columns, kinds)
    return kinds[number_columns]


def of_showers(number: int, condition: Any, by_name: Mapping[str, Any]) -> tuple[np.ndarray, str]:
    """Conditions of showers given as arrays.

    Args:
      number: number of showers, N.
      condition: an array [N, C], or columns by name; None if `by_name` is used.
      by_name: columns as separate arguments.

    Returns:
      [N, C] float32 and the smallest kind in `CONDITIONS` that has all the columns.

    Raises:
      ValueError: for other columns, a wrong number of columns or showers, or invalid values.

    >>> of_showers(1, [[50.0, 2.0, 0.0]], {})[1]
    'impact'
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning about defaults is issued once, below
        table, used = conditions.of_events(COLUMNS, number, condition, by_name)
    kind = next(kind for kind, columns in CONDITIONS.items() if len(columns) >= len(used))
    if used:
        given = by_name if condition is None else condition
        table = conditions.as_array(CONDITIONS[kind], given, number=number)
    to_columns(table)
    return table, kind


def from_columns(
    columns: Mapping[str, np.ndarray],
    number: int,
    *,
    condition: str | None,
    where: str,
    keys: Sequence[str] = KEYS,
) -> np.ndarray:
    """Conditions from the columns of a file.

    Args:
      columns: arrays [N] or [N, 1] by name; others are ignored. Particles have numbers of the Monte Carlo
        scheme: 22 is a photon, 11 and -11 are treated alike.
      number: number of showers, N.
      condition: a key of `CONDITIONS`; None for the one with the most columns in the file.
      where: name of the file in messages.
      keys: names of the columns, in the order of `COLUMNS`.

    Returns:
      [N, C] float32.

    Raises:
      ValueError: for missing columns, columns of another length, or invalid values, with the first of them.
    """
    kind = _widest(columns, keys) if condition is None else condition
    checks.one_of("the condition", kind, CONDITIONS)
    names = keys[: len(CONDITIONS[kind])]
    if missing := [name for name in names if name not in columns]:
        raise ValueError(
            f"Expected {', '.join(names)} for the condition {kind!r}; got no {', '.join(missing)} in {where}."
        )
    table = np.zeros((number, len(names)), np.float32)
    for i, name in enumerate(names):
        table[:, i] = _column(name, columns[name], _CHECKS[i], number=number, where=where)
    if kind == "full":
        table[:, -1] = table[:, -1] == PHOTON
    return table


def from_file(path: str | PathLike, others: Mapping[str, tuple[str, float]]) -> dict[str, np.ndarray] | None:
    """Conditions in a file of showers, by the names of `COLUMNS`, [N] each.

    Args:
      path: path of the file.
      others: further names of columns, with the corresponding key and conversion factor; names of arrays that
        are not conditions, such as images, have the key "".

    Returns:
      The columns found; None if the file has none of `others`, x0, y0 or pdg.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a damaged file, or invalid values, with the first of them.
    """
    file = column_files.read(path)
    if not {*others, "x0", "y0", "pdg"} & set(file.names):
        return None
    found = {}
    for i, (key, column) in enumerate(zip(KEYS, COLUMNS, strict=True)):
        for name, factor in {
            key: 1.0,
            **{name: one[1] for name, one in others.items() if one[0] == key},
        }.items():
            if name in file.names:
                numbers = column_values.numbers(Column(name), file.load(name), file.where)
                values = _column(name, numbers * factor, _CHECKS[i], number=len(numbers), where=str(path))
                found[column.name] = (values == PHOTON).astype(np.float32) if key == "pdg" else values
    return found


def _widest(columns: Mapping[str, np.ndarray], keys: Sequence[str]) -> str:
    """The kind of condition with the most columns, all of which are available."""
    complete = [kind for kind, wanted in CONDITIONS.items() if set(keys[: len(wanted)]) <= set(columns)]
    return max(complete, key=lambda kind: len(CONDITIONS[kind]))


def _column(name: str, column: np.ndarray, check: _Check, *, number: int, where: str) -> np.ndarray:
    if column.shape not in ((number,), (number, 1)):
        raise ValueError(f"Expected {name} of shape ({number},); got {column.shape} in {where}.")
    if column.dtype.kind not in "fiu":
        raise ValueError(f"Expected numbers as {name}; got the type {column.dtype} in {where}.")
    with np.errstate(over="ignore"):
        values = column.reshape(number).astype(np.float32)
    for event in np.flatnonzero(~check.holds(values))[:1]:
        got = f"{values[event]:g} for shower {event}"
        raise ValueError(f"Expected {name} {check.words}; got {got} in {where}.")
    return values


def to_columns(condition: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of a file, the inverse of `from_columns`.

    Args:
      condition: [N, C] with C of 0, 1, 3 or 6.

    Returns:
      Arrays [N] by name, float32; particle numbers are int32.

    Raises:
      ValueError: for another number of columns, or values that `from_columns` rejects.
    """
    condition = np.asarray(condition, np.float32)
    checks.shape("conditions", condition, (None, None))
    kind = kind_of(condition.shape[1])
    columns = dict(zip(KEYS, condition.T.copy(), strict=False))
    if "pdg" in columns:
        _check_photon(columns["pdg"])
        columns["pdg"] = np.where(columns["pdg"] == 1, PHOTON, ELECTRON).astype(np.int32)
    from_columns(columns, len(condition), condition=kind, where="the conditions")
    return columns


def _check_photon(column: np.ndarray) -> None:
    for event in np.flatnonzero(~np.isin(column, (0, 1)))[:1]:
        raise ValueError(f"Expected 0 or 1 in the column photon; got {column[event]:g} for shower {event}.")
