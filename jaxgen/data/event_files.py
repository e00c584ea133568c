"""Writes generated events to files; the ending selects the format; each file is complete or absent."""

import os
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from jaxgen.base import Batch
from jaxgen.data import hdf5_files
from jaxgen.data.advice import AdvisedError
from jaxgen.data.dataset import Column, Spec, as_batch

OUTSIDE = "outside"
"""Column that flags masked events, whose conditions are outside of the trained range."""

DEFAULT = "generated.npz"
"""Default file name in a folder, for detectors without their own format."""

Own = Callable[[Path, Batch], None]
"""Function that writes a detector's own files into a folder, such as `system.write`."""


class _Named(NamedTuple):
    """One column of all events, [N, ...], float32 or bool."""

    name: str
    unit: str
    values: np.ndarray
    labels: tuple[str, ...] = ()


def write(
    path: str | PathLike, batch: Batch, spec: Spec, *, own: Own | None = None, overwrite: bool = False
) -> list[Path]:
    """Writes events and their conditions.

    Columns are named as in the spec; a column of the events is named `event_NAME` if a condition has the same
    name.
      - `.npz`: one array per column;
      - `.npy`: one structured array, one field per column;
      - `.h5`, `.hdf5`: one dataset per column, with its unit in the attribute `units` and names of labels in
      `labels`;
      - `.csv`: one row per event, for events that are one number or one row of numbers.

    Args:
      path: path of the file, or an existing folder for the detector's own files.
      batch: events [N, ...] and conditions [N, C]. The column `outside` flags masked events; for the
        detector's own files, their numbers are written to a file `outside.txt` or NAME.outside.txt.
      spec: description of the arrays.
      own: function that writes the detector's own files; used if the ending is theirs.
      overwrite: whether existing files are replaced.

    Returns:
      The files written.

    Raises:
      ValueError: for an unknown ending, events that the format cannot represent, or a missing folder.
      AdvisedError: if a file exists.
    """
    path = Path(path)
    check(path, batch, spec, own=own, overwrite=overwrite)
    folder = path if path.is_dir() else path.parent
    with TemporaryDirectory(prefix=".partial-", dir=folder) as partial:
        made = _make(Path(partial), path, batch, spec, own)
        for name, file in made.items():
            os.replace(file, folder / name)
    stale = _outside_file(path)
    if stale not in (folder / name for name in made):
        stale.unlink(missing_ok=True)  # belongs to the file that was replaced
    return [folder / name for name in made]


def check(
    path: str | PathLike, batch: Batch, spec: Spec, *, own: Own | None = None, overwrite: bool = False
) -> None:
    """Raises if `write` would; to be called with one event before many are generated.

    Args:
      path: as for `write`.
      batch: at least one event.
      spec: as for `write`.
      own: as for `write`.
      overwrite: as for `write`.

    Raises:
      ValueError: as for `write`.
    """
    path = Path(path)
    names = _own_names(batch, own)
    _check_absent(_outside_file(path), overwrite=overwrite)
    if path.is_dir():
        for name in names or [DEFAULT]:
            _check_absent(path / name, overwrite=overwrite)
        return
    if not path.parent.is_dir():
        raise ValueError(f"Expected a folder for {path.name}; there is no folder {path.parent}.")
    _check_absent(path, overwrite=overwrite)
    if _same_kind(names, path):
        return
    if path.suffix not in FORMATS:
        endings = ", ".join(dict.fromkeys([*FORMATS, *(Path(name).suffix for name in names)]))
        raise ValueError(f"Expected a file that ends in one of {endings}; got {path.name}.")
    if path.suffix in hdf5_files.SUFFIXES:
        hdf5_files.package()
    if path.suffix == ".csv" and len(spec.shape) > 1:
        raise ValueError(
            f"Expected events of one row of numbers for a .csv file; got events of shape {spec.shape}, which "
            ".npz, .npy and .h5 hold."
        )


def _outside_file(path: Path) -> Path:
    """File that lists the masked events beside the detector's own files."""
    return path / f"{OUTSIDE}.txt" if path.is_dir() else path.with_suffix(f".{OUTSIDE}.txt")


def _own_names(batch: Batch, own: Own | None) -> list[str]:
    """Names of the detector's own files, determined by writing one event."""
    if own is None:
        return []
    with TemporaryDirectory() as folder:
        own(Path(folder), _plain(batch.first(1)))
        return sorted(file.name for file in Path(folder).iterdir())


def _same_kind(names: list[str], path: Path) -> list[str]:
    """The names with the same ending as a path; the endings of HDF5 are equivalent."""
    alike = hdf5_files.SUFFIXES if path.suffix in hdf5_files.SUFFIXES else (path.suffix,)
    return [name for name in names if Path(name).suffix in alike]


def _make(folder: Path, path: Path, batch: Batch, spec: Spec, own: Own | None) -> dict[str, Path]:
    """Writes files to a temporary folder, by the names that they will have."""
    names = _own_names(batch, own)
    chosen = names if path.is_dir() else _same_kind(names, path)[:1]
    if own is None or not chosen:
        name = DEFAULT if path.is_dir() else path.name
        FORMATS[Path(name).suffix](folder / name, _columns(batch, spec))
        return {name: folder / name}
    own(folder, _plain(batch))
    made = {name if path.is_dir() else path.name: folder / name for name in chosen}
    beyond = np.flatnonzero(_masked(batch))
    if len(beyond):
        listed = folder / f"{OUTSIDE}.txt"
        listed.write_text("".join(f"{event}\n" for event in beyond))
        made[_outside_file(path).name] = listed
    return made


def _plain(batch: Batch) -> Batch:
    return as_batch(np.ma.getdata(batch.data), np.asarray(batch.condition))


def _columns(batch: Batch, spec: Spec) -> list[_Named]:
    """Conditions, then the numbers of the events, then the flag of masked events."""
    condition, data = np.asarray(batch.condition, np.float32), np.ma.getdata(batch.data)
    columns = [_named(column, values) for column, values in zip(spec.condition, condition.T, strict=True)]
    taken = {column.name for column in spec.condition}
    several = len(spec.columns) > 1
    for place, column in enumerate(spec.columns):
        name = f"event_{column.name}" if column.name in taken else column.name
        columns.append(_named(column, data[..., place] if several else data)._replace(name=name))
    mask = _masked(batch)
    return [*columns, *([_Named(OUTSIDE, "", mask)] if mask.any() else [])]


def _masked(batch: Batch) -> np.ndarray:
    """Which events are masked, bool [N]."""
    mask = np.ma.getmaskarray(np.ma.asarray(batch.data))
    return np.asarray(mask.reshape(len(mask), -1).any(axis=1))


def _named(column: Column, values: np.ndarray) -> _Named:
    return _Named(column.name, column.unit, np.ascontiguousarray(values), column.labels)


def _write_npz(path: Path, columns: list[_Named]) -> None:
    arrays: dict[str, Any] = {column.name: column.values for column in columns}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _write_npy(path: Path, columns: list[_Named]) -> None:
    fields = [(column.name, column.values.dtype, column.values.shape[1:]) for column in columns]
    table = np.zeros(len(columns[0].values), fields)
    for column in columns:
        table[column.name] = column.values
    np.save(path, table, allow_pickle=False)


def _write_hdf5(path: Path, columns: list[_Named]) -> None:
    with hdf5_files.package().File(path, "w") as file:
        for column in columns:
            packed = {"compression": "gzip"} if column.values.ndim > 1 else {}
            dataset = file.create_dataset(column.name, data=column.values, **packed)
            dataset.attrs["units"] = column.unit
            if column.labels:
                dataset.attrs["labels"] = list(column.labels)


def _write_csv(path: Path, columns: list[_Named]) -> None:
    """Numbers with the fewest digits that reproduce the float32 value; labels by name."""
    names: list[str] = []
    fields: list[np.ndarray] = []
    for column in columns:
        row = column.values.reshape(len(column.values), -1)
        names += [column.name] if row.shape[1] == 1 else [f"{column.name}_{i}" for i in range(row.shape[1])]
        fields += [_texts(values, column.labels) for values in row.T]
    rows = map(",".join, np.stack(fields, axis=1).tolist())
    path.write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")


def _texts(values: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    if labels and np.isin(values, np.arange(len(labels))).all():
        return np.array(labels)[values.astype(np.int64)]
    return (values.astype(np.int8) if values.dtype == bool else values).astype("U16")


FORMATS: dict[str, Callable[[Path, list[_Named]], None]] = {
    ".npz": _write_npz,
    ".npy": _write_npy,
    ".csv": _write_csv,
    **dict.fromkeys(hdf5_files.SUFFIXES, _write_hdf5),
}
"""Writers by file ending."""


def _check_absent(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise AdvisedError(
            f"Expected a new file; {path} is there.", ("overwrite", True), "writes in its place"
        )
