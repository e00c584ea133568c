"""Files of showers: reading of all supported formats, writing of NPZ."""

from os import PathLike
from pathlib import Path

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data import array_files, hdf5_files
from jaxgen.data.dataset import as_batch
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.data import calochallenge
from jaxgen.systems.calorimeter.data.conditions import KEYS, from_columns, to_columns
from jaxgen.systems.calorimeter.data.images import SCALES, to_energies

IMAGES = "images"
"""Name of the images in an `.npz` file."""


def read_showers(path: str | PathLike, *, condition: str | None = None, scale: str = "auto") -> Batch:
    """Reads all showers of a file, in order.

    Three formats are supported:
      - `.npz` with `images` [N, 30, 30] and any of `energy` (GeV), `x0`, `y0` (mm), `theta`, `phi` (rad) and
        `pdg` (22, 11 or -11), each [N]; other arrays are ignored.
      - `.npy`, or `.npz` with one array of any name: images [N, 30, 30] alone.
      - `.h5` or `.hdf5` in the layout of `calochallenge`.

    Images are energies in MeV or their natural logarithms, minus infinity in empty cells. With the scale
    "auto", images without conditions are logarithms if any value is negative; all others are energies.

    Args:
      path: path of the file.
      condition: a key of `CONDITIONS`; None for the one with the most columns in the file.
      scale: "auto", "linear" or "log".

    Returns:
      Showers [N, 30, 30] in MeV and conditions [N, C], both float32.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a malformed file, or missing columns, with the file and the first invalid shower.
    """
    checks.one_of("the scale", scale, SCALES)
    if Path(path).suffix in hdf5_files.SUFFIXES:
        if scale == "log":
            raise ValueError(f"Expected energies in an HDF5 file; got scale='log' for {path}.")
        return calochallenge.read_showers(path, condition=condition)
    arrays = _load(path)
    alone = len(arrays) == 1
    images = next(iter(arrays.values())) if alone else arrays[IMAGES]
    linear_unless_told = scale if alone or scale != "auto" else "linear"
    energies = to_energies(images, scale=linear_unless_told, where=str(path))
    return as_batch(energies, from_columns(arrays, len(energies), condition=condition, where=str(path)))


def _load(path: str | PathLike) -> dict[str, np.ndarray]:
    """The known arrays of a file; if it has only one array, that one."""
    names = array_files.names(path)
    if len(names) > 1 and IMAGES not in names:
        raise ValueError(
            f"Expected an array {IMAGES} [N, {CELLS}, {CELLS}], and any of {', '.join(KEYS)}; "
            f"got {', '.join(names)} in {path}."
        )
    return array_files.read(path, names if len(names) == 1 else (IMAGES, *KEYS))


def write_showers(path: str | PathLike, batch: Batch) -> None:
    """Writes showers as a compressed `.npz` file that `read_showers` reproduces.

    Args:
      path: path of the file, used unchanged.
      batch: showers [N, 30, 30] in MeV, N > 0, with conditions of 0, 1, 3 or 6 columns.

    Raises:
      ValueError: for other shapes, or values that `read_showers` rejects.
    """
    energies = to_energies(np.asarray(batch.data), scale="linear", where="the showers")
    checks.shape("conditions", batch.condition, (len(energies), None))
    columns = to_columns(np.asarray(batch.condition))
    with open(path, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{IMAGES: energies}, **columns)
