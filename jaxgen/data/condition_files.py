"""Conditions from a file, matched by column name and converted to the units of a spec."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxgen.data import column_files, column_values, file_kinds, units
from jaxgen.data.column_files import ColumnFile
from jaxgen.data.column_names import listed, match
from jaxgen.data.conditions import check_missing, scales_of
from jaxgen.data.dataset import Column


class Found(NamedTuple):
    """Content of a file.

    Attributes:
      columns: columns of the spec found in the file, in the units of the spec, [N] each; input of
        `Generator.sample`.
      unused: names of other columns in the file.
    """

    columns: dict[str, np.ndarray]
    unused: list[str]


def read(
    columns: Sequence[Column], path: str | PathLike, *, system: Any = None, given_units: Any = None
) -> Found:
    """Reads conditions from a file in the detector's own format, or in any format of `column_files.read`.

    Args:
      columns: columns of the condition, such as `generator.spec.condition`.
      path: path of the file. Columns are matched by name, in any order and case; an array [N, C] without
        names has them in the order of the spec.
      system: detector whose own event files are also accepted; None for no detector.
      given_units: units of the numbers if the file does not state them, see `units.factors`; None for the
        units of the columns.

    Returns:
      The columns found; columns with a default may be missing.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a file that is empty, damaged or of another format, a missing column without a default,
        a duplicate column, or an invalid value, with the file name and the line or event.
    """
    if not columns:
        raise ValueError(f"Expected no conditions, as this generator has none; got {path}.")
    file_kinds.beginning(path, "a file of conditions")
    own = None if system is None or system.read_conditions is None else system.read_conditions(Path(path))
    file = column_files.read(path) if own is None else _of_arrays(own, path)
    matched = match(columns, file.names, where=f" in {path}")
    if file.table is not None and not matched.given:
        return Found(_positional(columns, file, path, given_units), [])
    if not matched.given:
        got = ", ".join(file.names) or "none"
        raise ValueError(f"Expected columns among {listed(columns)}; got {got} in {path}.")
    check_missing(columns, matched.given, matched.unused, f" in {path}")
    stated = {name: one.unit or file.units.get(one.name) for name, one in matched.given.items()}
    try:
        scales = scales_of(columns, stated, given_units)
    except ValueError as error:
        raise ValueError(f"{str(error).removesuffix('.')} for {path}.") from None
    known = {column.name: column for column in columns}
    values = {
        name: _values(known[name], file.load(one.name), scales.get(name, 1.0), file, path)
        for name, one in matched.given.items()
    }
    _check_lengths(values, path)
    return Found(values, matched.unused)


def _values(column: Column, given: Any, scale: float, file: ColumnFile, path: str | PathLike) -> np.ndarray:
    array = np.asarray(given)
    if array.ndim > 1:
        raise ValueError(f"Expected {column.name} of shape (N,); got {array.shape} in {path}.")
    try:
        numbers = column_values.numbers(column, array, file.where)
    except ValueError as error:
        raise ValueError(_with_file(str(error), path)) from None
    column_values.check(column, numbers, file.where)
    return np.atleast_1d(units.scaled(numbers, scale))


def _with_file(sentence: str, path: str | PathLike) -> str:
    return sentence if sentence.startswith(str(path)) else f"{path}: {sentence}"


def _check_lengths(values: Mapping[str, np.ndarray], path: str | PathLike) -> None:
    number = max(map(len, values.values()), default=0)
    if not number:
        raise ValueError(f"Expected conditions of one event or more; got none in {path}.")
    for name, column in values.items():
        if len(column) not in (1, number):
            raise ValueError(
                f"Expected columns of one length, {number}; got {len(column)} values of {name} in {path}."
            )


def _positional(
    columns: Sequence[Column], file: ColumnFile, path: str | PathLike, given_units: Any
) -> dict[str, np.ndarray]:
    """Columns without names, in the order of the spec."""
    table = np.asarray(file.table)
    table = table[:, None] if table.ndim == 1 and len(columns) == 1 else table
    if table.ndim != 2 or table.shape[1] != len(columns) or not len(table):
        raise ValueError(
            f"Expected names of columns, or {len(columns)} columns without, {listed(columns)}; "
            f"got the shape {table.shape} in {path}."
        )
    scales = {} if given_units is None else units.factors(columns, given_units)
    return {
        column.name: _values(column, values, scales.get(column.name, 1.0), file, path)
        for column, values in zip(columns, table.T, strict=True)
    }


def _of_arrays(own: Mapping[str, np.ndarray], path: str | PathLike) -> ColumnFile:
    return ColumnFile(tuple(own), own.__getitem__, lambda row: f"{path}, event {row}: ")
