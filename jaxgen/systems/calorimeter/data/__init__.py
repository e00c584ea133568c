"""Showers in the 30 x 30 calorimeter: reading, splitting and writing them."""

import zipfile
import zlib
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Batch
from jaxgen.data.dataset import Dataset, Spec, split
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.data import calochallenge
from jaxgen.systems.calorimeter.data.conditions import (
    COLUMNS,
    CONDITIONS,
    KEYS,
    features,
    from_columns,
    kind_of,
    log_energy_statistics,
    to_columns,
)
from jaxgen.systems.calorimeter.data.images import SCALES, to_energies

__all__ = [
    "COLUMNS",
    "CONDITIONS",
    "SCALES",
    "as_dataset",
    "features",
    "log_energy_statistics",
    "make_spec",
    "read",
    "read_showers",
    "write",
]

IMAGES = "images"
"""Name of the images in an `.npz` file."""

_BROKEN = (
    ValueError,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)


def make_spec(*, condition: str = "none") -> Spec:
    """What the arrays mean.

    >>> make_spec(condition="impact").shape
    (30, 30)
    """
    checks.one_of("the condition", condition, CONDITIONS)
    return Spec("calorimeter", ("x cell", "y cell"), (CELLS, CELLS), "MeV", CONDITIONS[condition])


def read(
    path: str | PathLike,
    *,
    condition: str = "none",
    scale: str = "auto",
    test_fraction: float = 0.25,
    seed: int = 42,
    full: bool = False,
) -> Dataset:
    """Reads a file of showers, split into showers to train on and to test with.

    Args:
      path: of the file, see `read_showers`.
      condition: what is known of each shower, a key of `CONDITIONS`.
      scale: how the images are meant, see `read_showers`.
      test_fraction: share of the test split.
      seed: of the split.
      full: whether to train on all showers, those of the test split included.

    Returns:
      Showers [N, 30, 30] in MeV with their conditions, both float32.

    Raises:
      ValueError: for a malformed file, one too short to split, or missing columns.
    """
    batch = read_showers(path, condition=condition, scale=scale)
    try:
        return as_dataset(batch, condition=condition, test_fraction=test_fraction, seed=seed, full=full)
    except ValueError as error:
        raise ValueError(f"{str(error).removesuffix('.')} in {path}.") from error


def as_dataset(
    batch: Batch,
    *,
    condition: str = "none",
    test_fraction: float = 0.25,
    seed: int = 42,
    full: bool = False,
) -> Dataset:
    """Splits showers and keeps the columns that the condition has; arguments as for `read`.

    Args:
      batch: showers [N, 30, 30] in MeV with at least those columns.
      condition: what is to be known of each shower, a key of `CONDITIONS`.
      test_fraction: share of the test split.
      seed: of the split.
      full: whether to train on all showers.

    Raises:
      ValueError: for another shape, missing columns, or too few showers.
    """
    spec = make_spec(condition=condition)
    checks.shape("showers", batch.data, (None, *spec.shape))
    checks.shape("conditions", batch.condition, (len(batch.data), None))
    if batch.condition.shape[1] < len(spec.condition):
        got = kind_of(batch.condition.shape[1])
        raise ValueError(f"Expected the columns of the condition {condition!r}; got those of {got!r}.")
    images, columns = (np.asarray(x, np.float32) for x in batch)
    kept = _batch(images, columns[:, : len(spec.condition)])
    data = split(kept, spec, test_fraction=test_fraction, seed=seed)
    return Dataset(kept, data.test, spec) if full else data


def read_showers(path: str | PathLike, *, condition: str | None = None, scale: str = "auto") -> Batch:
    """Reads all showers of a file, in its order.

    Three kinds of files are read:
      - `.npz` with `images` [N, 30, 30] and any of `energy` (GeV), `x0`, `y0` (mm), `theta`, `phi` (rad) and
        `pdg` (22, 11 or -11), each [N]; other arrays are not looked at.
      - `.npy`, or `.npz` with one array of any name: images [N, 30, 30] alone.
      - `.h5` or `.hdf5` in the layout of `calochallenge`.

    Images are energies in MeV or their natural logarithms, minus infinity in empty cells. With the scale
    "auto" images that come alone hold logarithms if any value is below zero; all others hold energies.

    Args:
      path: of the file.
      condition: a key of `CONDITIONS`; None for the one with the most columns that the file has.
      scale: "auto", "linear" or "log".

    Returns:
      Showers [N, 30, 30] in MeV and conditions [N, C], both float32.

    Raises:
      FileNotFoundError: where there is no such file.
      ValueError: for a malformed file, or missing columns, naming the file and the first shower at fault.
    """
    checks.one_of("the scale", scale, SCALES)
    if Path(path).suffix in calochallenge.SUFFIXES:
        if scale == "log":
            raise ValueError(f"Expected energies in an HDF5 file; got scale='log' for {path}.")
        return calochallenge.read_showers(path, condition=condition)
    arrays = _load(path)
    alone = len(arrays) == 1
    images = next(iter(arrays.values())) if alone else arrays.get(IMAGES)
    if images is None:
        raise ValueError(f"Expected an array named {IMAGES}; got {', '.join(arrays) or 'none'} in {path}.")
    linear_unless_told = scale if alone or scale != "auto" else "linear"
    energies = to_energies(images, scale=linear_unless_told, where=str(path))
    return _batch(energies, from_columns(arrays, len(energies), condition=condition, where=str(path)))


def _load(path: str | PathLike) -> dict[str, np.ndarray]:
    with open(path, "rb") as file:
        try:
            loaded: Any = np.load(file, allow_pickle=False)
            arrays = {"": loaded} if isinstance(loaded, np.ndarray) else _members(loaded)
        except _BROKEN as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise ValueError(f"Expected a complete .npy or .npz file; got {path}: {reason}.") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"Expected arrays in a .npz file; got {name!r} of another kind in {path}.")
    return arrays


def _members(archive: Any) -> dict[str, np.ndarray]:
    names = archive.files
    wanted = names if len(names) == 1 else [name for name in names if name in (IMAGES, *KEYS)]
    return {name: archive[name] for name in wanted}


def write(path: str | PathLike, batch: Batch) -> None:
    """Writes showers as a compressed `.npz` file that `read_showers` reads back as they are.

    Args:
      path: of the file, taken as it stands.
      batch: showers [N, 30, 30] in MeV, N > 0, with conditions of 0, 1, 3 or 6 columns.

    Raises:
      ValueError: for other shapes, or values that could not be read back.
    """
    energies = to_energies(np.asarray(batch.data), scale="linear", where="the showers")
    checks.shape("conditions", batch.condition, (len(energies), None))
    columns = to_columns(np.asarray(batch.condition))
    with open(path, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{IMAGES: energies}, **columns)


def _batch(images: np.ndarray, condition: np.ndarray) -> Batch:
    return Batch(cast(Array, images), cast(Array, condition))
