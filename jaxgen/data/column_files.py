"""Files with named columns in any supported format: text, NPY, NPZ and HDF5."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np

from jaxgen.data import array_files, file_kinds, hdf5_files, text_tables

TABLES = ("condition", "conditions")
"""Names of arrays [N, C] that hold all conditions, and of groups that hold one array per condition."""


@dataclass(frozen=True)
class ColumnFile:
    """The columns of a file.

    Attributes:
      names: names of the columns.
      load: `load(name)`, the values of a column, [N] or with further axes; text if the file contains text.
      where: `where(row)`, beginning of an error message about a value in this row.
      units: units stated in the file, by column name.
      table: values of a file without column names, [N, C]; None if there are names.
    """

    names: tuple[str, ...]
    load: Callable[[str], np.ndarray]
    where: Callable[[int], str]
    units: Mapping[str, str] = field(default_factory=dict)
    table: np.ndarray | None = None


def read(path: str | PathLike) -> ColumnFile:
    """Opens a file; the format is detected from its first bytes, not from its name.

      - text: a table with column names in its first line, see `text_tables.read_table`;
      - NPZ: arrays by name, one structured array, or one array [N, C] without column names;
      - NPY: a structured array, or one array [N, C] without column names;
      - HDF5: datasets by name at the top level or in one group, units in their attribute `units`.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for other or damaged files, with the file name.
    """
    begin = file_kinds.beginning(path, "a file of columns")
    if not begin:
        raise ValueError(f"Expected columns of numbers; got an empty file, {path}.")
    if begin.startswith(file_kinds.HDF5):
        return _hdf5(path)
    if begin.startswith((file_kinds.NPY, file_kinds.NPZ)):
        return _arrays(path)
    return _text(path)


def _unnamed(table: np.ndarray, where: Callable[[int], str]) -> ColumnFile:
    nothing: dict[str, np.ndarray] = {}
    return ColumnFile((), nothing.__getitem__, where, table=table)


def _event(path: str | PathLike) -> Callable[[int], str]:
    return lambda row: f"{path}, event {row}: "


def _text(path: str | PathLike) -> ColumnFile:
    found = text_tables.read_table(path)

    def where(row: int) -> str:
        return f"{path}, line {found.lines[row]}: "

    if not found.names:
        values = text_tables.numbers(path, found.rows, found.lines)
        return _unnamed(values.reshape(len(found.rows), -1), where)
    columns = dict(zip(found.names, zip(*found.rows, strict=True), strict=False))
    names = tuple(name for name in found.names if name)  # the index column of pandas has an empty name
    return ColumnFile(names, lambda name: np.array(columns[name]), where)


def _arrays(path: str | PathLike) -> ColumnFile:
    names = array_files.names(path)
    if len(names) == 1:
        (alone,) = array_files.read(path).values()
        if alone.dtype.names is not None:
            return ColumnFile(alone.dtype.names, lambda name: alone[name], _event(path))
        if names == [array_files.ALONE] or (alone.ndim == 2 and alone.shape[1] > 1):
            return _unnamed(alone, _event(path))

    def load(name: str) -> np.ndarray:
        return _one_axis(array_files.read(path, [name])[name])

    return _with_table(ColumnFile(tuple(names), load, _event(path)))


def _hdf5(path: str | PathLike) -> ColumnFile:
    h5py = hdf5_files.package()
    with hdf5_files.reading(path) as file:
        group = _group(file, h5py.Dataset, h5py.Group)
        names = tuple(name for name in group if isinstance(group[name], h5py.Dataset))
        if not names:
            got = ", ".join(group) or "nothing"
            raise ValueError(f"Expected datasets at the top or in one group; got {got} in {path}.")
        attributes = {name: dict(group[name].attrs) for name in names}
        inside = group.name
        if len(names) == 1 and group[names[0]].dtype.names is not None:
            alone = np.asarray(hdf5_files.read(group[names[0]], path))
            return ColumnFile(alone.dtype.names or (), lambda name: alone[name], _event(path))

    def load(name: str) -> np.ndarray:
        with hdf5_files.reading(path) as file:
            return _one_axis(np.asarray(hdf5_files.read(file[inside][name], path)))

    units = {name: _text_of(found["units"]) for name, found in attributes.items() if "units" in found}
    return _with_table(ColumnFile(names, load, _event(path), units))


def _group(file: Any, dataset: type, group: type) -> Any:
    """The group named for conditions, else the top level if it has datasets, else the only group."""
    groups = [name for name in file if isinstance(file[name], group)]
    for name in groups:
        if name.lower() in TABLES:
            return file[name]
    several = any(isinstance(file[name], dataset) for name in file) or len(groups) != 1
    return file if several else file[groups[0]]


def _text_of(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _one_axis(values: np.ndarray) -> np.ndarray:
    """A column [N, 1] as [N]."""
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _with_table(found: ColumnFile) -> ColumnFile:
    """The file with its array of all conditions as `table`, if it has one."""
    name = next((name for name in found.names if name in TABLES), None)
    if name is None:
        return found
    values = found.load(name)
    return ColumnFile(found.names, found.load, found.where, found.units, np.atleast_2d(values.T).T)
