"""Showers in the 30 x 30 calorimeter: as arrays, from files and to files."""

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
"""What a cell holds."""


def make_spec(*, condition: str = "full") -> Spec:
    """What the arrays mean where this is known of a shower, a key of `CONDITIONS`.

    >>> [column.name for column in make_spec(condition="impact").condition]
    ['energy', 'x', 'y']
    """
    checks.one_of("the condition", condition, CONDITIONS)
    return Spec("calorimeter", ("x cell", "y cell"), (CELLS, CELLS), (ENERGY,), CONDITIONS[condition])


def read(
    path: str | PathLike, *, condition: str | None = None, scale: str = "auto", validation: float = 0.0
) -> Dataset:
    """Reads a file of showers, split into 75 % to train and 25 % to test.

    Args:
      path: of the file, see `shower_files.read_showers`.
      condition: what is to be known of each shower, a key of `CONDITIONS`; None for the one with the most
        columns that the file has.
      scale: how the images are meant, one of `images.SCALES`.
      validation: share of the training split that is kept apart.

    Returns:
      Energies in MeV [N, 30, 30] with the conditions [N, C], both float32.

    Raises:
      FileNotFoundError: where there is no such file.
      ValueError: for a malformed file, one too short to split, or missing columns.
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
    """Splits showers, of whose conditions those columns are kept that are to be known.

    Args:
      batch: energies in MeV [N, 30, 30] with at least those columns, both float32.
      condition: a key of `CONDITIONS`.
      validation: share of the training split that is kept apart.
      **options: further ones of `data.dataset.split`.
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
    """A data set of arrays.

    Args:
      showers: energies in MeV, [N, 30, 30]; cell (i, j) is the one at x = (i - 14.5) 20.2 mm and
        y = (j - 14.5) 20.2 mm.
      condition: what each is for, [N, C] or by name; C is 0, 1, 3 or 6.
      test_fraction: share of the test split.
      seed: of the split.
      validation: share of the training split that is kept apart.
      **columns: conditions one by one, such as `energy`, [N] each. Those of the smallest of `CONDITIONS` that
        has them are known; what is not given takes its default, which is said.

    Raises:
      ValueError: for other shapes or columns, energies below zero or not finite, or wrong conditions.

    >>> dataset(np.ones((8, 30, 30)), energy=50.0).spec.condition[0].text
    'energy [GeV]'
    """
    energies = to_energies(np.asarray(showers), scale="linear", where="the showers")
    table, kind = of_showers(len(energies), condition, columns)
    batch = as_batch(energies, table)
    return split_showers(batch, condition=kind, validation=validation, test_fraction=test_fraction, seed=seed)


def read_conditions(path: str | PathLike) -> dict[str, np.ndarray] | None:
    """The particles of a file of showers, by name, [N] each; None for a file of another kind."""
    others = {
        shower_files.IMAGES: ("", 1.0),
        calochallenge.SHOWERS: ("", 1.0),
        calochallenge.ENERGIES: ("energy", 1 / calochallenge.MEV),
    }
    return from_file(path, others)


def write(folder: str | PathLike, batch: Batch) -> None:
    """Writes generated.npz and, where incident energies are known and h5py is there, generated.hdf5."""
    shower_files.write_showers(Path(folder) / "generated.npz", batch)
    if batch.condition.shape[1] and hdf5_files.available():
        calochallenge.write_showers(Path(folder) / "generated.hdf5", batch)
