"""Data sets of showers in the 30 x 30 calorimeter."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data import hdf5_files
from jaxgen.data.dataset import Column, Dataset, Spec, as_batch, split
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.data import calochallenge, shower_files
from jaxgen.systems.calorimeter.data.conditions import COLUMNS, CONDITIONS, from_file, kind_of, of_showers
from jaxgen.systems.calorimeter.data.images import to_energies
from jaxgen.systems.calorimeter.data.shower_files import read_showers, write_showers

__all__ = [
    "COLUMNS",
    "CONDITIONS",
    "ENERGY",
    "dataset",
    "make_spec",
    "read",
    "read_conditions",
    "read_showers",
    "split_showers",
    "write",
    "write_showers",
]

ENERGY = Column("cell_energy", "MeV", 0.0)
"""Description of the value of a cell."""


def make_spec(*, condition: str = "full") -> Spec:
    """The spec for a kind of condition, a key of `CONDITIONS`.

    >>> [column.name for column in make_spec(condition="impact").condition]
    ['energy', 'x', 'y']
    """
    checks.one_of("the condition", condition, CONDITIONS)
    return Spec("calorimeter", ("x cell", "y cell"), (CELLS, CELLS), (ENERGY,), CONDITIONS[condition])


def read(
    path: str | PathLike, *, condition: str | None = None, scale: str = "auto", validation: float = 0.0
) -> Dataset:
    """Reads a file of showers and splits it into 75 % training and 25 % test events.

    Args:
      path: path of the file, see `shower_files.read_showers`.
      condition: kind of condition, a key of `CONDITIONS`; None for the one with the most columns in the file.
      scale: scale of the images: "linear" energies, their natural logarithms "log", or "auto" to detect it.
      validation: fraction of the training split that is reserved.

    Returns:
      Energies in MeV [N, 30, 30] with the conditions [N, C], both float32.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a malformed file, one with too few showers to split, or missing columns.
    """
    batch = read_showers(path, condition=condition, scale=scale)
    kind = kind_of(batch.condition.shape[1])
    try:
        data = split_showers(batch, condition=kind, validation=validation)
    except ValueError as error:
        raise ValueError(f"{str(error).removesuffix('.')} in {path}.") from error
    how = {"condition": kind, "validation": validation, **({} if scale == "auto" else {"scale": scale})}
    return data.made_by(read=str(Path(path).absolute()), **how)


def split_showers(batch: Batch, *, condition: str, validation: float = 0.0, **options: Any) -> Dataset:
    """Splits showers and keeps only the columns of a kind of condition.

    Args:
      batch: energies in MeV [N, 30, 30] with at least these columns, both float32.
      condition: a key of `CONDITIONS`.
      validation: fraction of the training split that is reserved.
      **options: further options of `data.dataset.split`.
    """
    spec = make_spec(condition=condition)
    kept = as_batch(np.asarray(batch.data), np.asarray(batch.condition)[:, : len(spec.condition)])
    return split(kept, spec, validation=validation, **options)


def dataset(
    showers: Any,
    condition: Any = None,
    *,
    test_fraction: float = 0.25,
    seed: int = 42,
    validation: float = 0.0,
    **columns: Any,
) -> Dataset:
    """A data set from arrays.

    Args:
      showers: energies in MeV, [N, 30, 30]; cell (i, j) is at x = (i - 14.5) 20.2 mm and y = (j - 14.5) 20.2
        mm.
      condition: conditions of the showers, [N, C] or by name; C is 0, 1, 3 or 6.
      test_fraction: fraction of events in the test split.
      seed: seed of the split.
      validation: fraction of the training split that is reserved.
      **columns: conditions as separate arguments, such as `energy`, [N] each. The smallest of `CONDITIONS`
        that has them is used; missing columns take their defaults, with a warning.

    Raises:
      ValueError: for other shapes or columns, energies that are negative or not finite, or invalid
        conditions.

    >>> dataset(np.ones((8, 30, 30)), energy=50.0).spec.condition[0].text
    'energy [GeV]'
    """
    energies = to_energies(np.asarray(showers), scale="linear", where="the showers")
    table, kind = of_showers(len(energies), condition, columns)
    batch = as_batch(energies, table)
    return split_showers(batch, condition=kind, validation=validation, test_fraction=test_fraction, seed=seed)


def read_conditions(path: str | PathLike) -> dict[str, np.ndarray] | None:
    """Conditions from a file of showers, by name, [N] each; None for another kind of file."""
    others = {
        shower_files.IMAGES: ("", 1.0),
        calochallenge.SHOWERS: ("", 1.0),
        calochallenge.ENERGIES: ("energy", 1 / calochallenge.MEV),
    }
    return from_file(path, others)


def write(folder: str | PathLike, batch: Batch) -> None:
    """Writes generated.npz and, if incident energies are known and h5py is installed, generated.hdf5."""
    shower_files.write_showers(Path(folder) / "generated.npz", batch)
    if batch.condition.shape[1] and hdf5_files.available():
        calochallenge.write_showers(Path(folder) / "generated.hdf5", batch)
