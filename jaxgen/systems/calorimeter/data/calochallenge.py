"""Showers in the HDF5 layout of the Fast Calorimeter Simulation Challenge (arXiv:2410.21611).

A file has two datasets: `incident_energies` [N, 1] and `showers` [N, cells], both in MeV. The cells of an
event are in row-major order: for the 30 x 30 calorimeter, column 30 ix + iy of `showers` is cell (ix, iy), so
iy varies fastest. Further conditions are in optional datasets [N, 1]:
`x0` and `y0` in mm, `theta` and `phi` in rad, and `pdg`, 22 or 11.
"""

from os import PathLike

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data import hdf5_files
from jaxgen.data.dataset import as_batch
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.data.conditions import KEYS, from_columns, to_columns
from jaxgen.systems.calorimeter.data.images import positive

ENERGIES = "incident_energies"
SHOWERS = "showers"

MEV = 1000.0


def read_showers(
    path: str | PathLike, *, condition: str | None = None, shape: tuple[int, ...] = (CELLS, CELLS)
) -> Batch:
    """Reads all showers of a file, in order; needs the extra `hdf5`.

    Args:
      path: path of the file.
      condition: a key of `conditions.CONDITIONS`; None for the one with the most columns in the file, which
        is "energy" or larger.
      shape: shape of an event; (45, 16, 9) for the second data set of the challenge.

    Returns:
      Showers [N, *shape] in MeV and conditions [N, C], both float32.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a malformed file, with the name of the file and dataset, or if h5py is not installed.
    """
    arrays = _read_arrays(path)
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise ValueError(f"Expected numbers as {name}; got the type {array.dtype} in {path}.")
    energies = _events(arrays[SHOWERS], shape, path)
    arrays[ENERGIES] = arrays[ENERGIES] / MEV
    keys = (ENERGIES, *KEYS[1:])
    table = from_columns(arrays, len(energies), condition=condition, where=str(path), keys=keys)
    return as_batch(energies, table)


def _read_arrays(path: str | PathLike) -> dict[str, np.ndarray]:
    h5py = hdf5_files.package()
    with hdf5_files.reading(path) as file:
        there = [name for name in file if isinstance(file[name], h5py.Dataset)]
        if missing := [name for name in (SHOWERS, ENERGIES) if name not in there]:
            got = ", ".join(file) or "nothing"
            raise ValueError(
                f"Expected the datasets {SHOWERS} and {ENERGIES}; got no {missing[0]} but {got} in {path}."
            )
        wanted = [name for name in (SHOWERS, ENERGIES, *KEYS[1:]) if name in there]
        return {name: np.asarray(hdf5_files.read(file[name], path)) for name in wanted}


def _events(cells: np.ndarray, shape: tuple[int, ...], path: str | PathLike) -> np.ndarray:
    size = int(np.prod(shape))
    if cells.ndim != 2 or cells.shape[1] != size or not len(cells):
        raise ValueError(f"Expected {SHOWERS} of shape (N, {size}); got {cells.shape} in {path}.")
    return positive(cells, f"{SHOWERS} of {path}").reshape(-1, *shape)


def write_showers(path: str | PathLike, batch: Batch) -> None:
    """Writes showers so that `read_showers` reproduces them; needs the extra `hdf5`.

    Args:
      path: path of the file, used unchanged.
      batch: showers [N, ...] in MeV, N > 0, with conditions of 1, 3 or 6 columns.

    Raises:
      ValueError: for other shapes, values that `read_showers` rejects, or if h5py is not installed.
    """
    h5py = hdf5_files.package()
    energies = positive(np.asarray(batch.data), "the showers")
    checks.positive(showers=len(energies))
    checks.shape("conditions", batch.condition, (len(energies), None))
    columns = to_columns(np.asarray(batch.condition))
    if "energy" not in columns:
        raise ValueError("Expected conditions with the incident energy; got none.")
    incident = columns.pop("energy").astype(np.float64) * MEV
    with h5py.File(path, "w") as file:
        file.create_dataset(ENERGIES, data=incident[:, None])
        file.create_dataset(SHOWERS, data=energies.reshape(len(energies), -1), compression="gzip")
        for name, column in columns.items():
            file.create_dataset(name, data=column[:, None])
