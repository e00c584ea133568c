"""What the harness needs to know of calorimeter showers: data, conditions, files."""

from pathlib import Path

import jax
import numpy as np

from jaxgen.base import Batch
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.systems.calorimeter import data as calorimeter_showers
from jaxgen.systems.calorimeter import simulator as calorimeter_simulator
from jaxgen.systems.calorimeter.data import calochallenge

SIMULATED = "simulated"


def read(settings: Settings) -> Dataset:
    """The data set that --data names: the built-in simulator or a file."""
    if settings["data"] != SIMULATED:
        return calorimeter_showers.read(settings["data"], condition=settings["condition"])
    return calorimeter_simulator.dataset(
        jax.random.key(settings["data_seed"]), number=settings["data_events"], condition=settings["condition"]
    )


def finish(showers: np.ndarray) -> np.ndarray:
    """Energies are never negative; what is not finite is left to be seen and counted."""
    return np.maximum(showers, 0)


def read_conditions(path: Path) -> np.ndarray:
    """All that a file of showers knows of them, [N, C] float32."""
    return np.asarray(calorimeter_showers.read_showers(path).condition)


def write_samples(folder: Path, batch: Batch) -> None:
    """Writes an `.npz` file and, where incident energies are known, one in the CaloChallenge's layout."""
    calorimeter_showers.write(folder / "generated.npz", batch)
    if batch.condition.shape[1] and calochallenge.available():
        calochallenge.write(folder / "generated.hdf5", batch)
