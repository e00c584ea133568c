"""What the harness needs to know of four-lepton events: data, conditions, figures, files."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np

from jaxgen.base import Array, Batch
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset
from jaxgen.systems.four_leptons import data as four_lepton
from jaxgen.systems.four_leptons import simulator as four_lepton_simulator

SIMULATED = "simulated"


def read(settings: Settings) -> Dataset:
    """The data set that --data names: the toy Monte Carlo or a file."""
    if settings["data"] == SIMULATED:
        key = jax.random.key(settings["data_seed"])
        events = np.asarray(
            four_lepton_simulator.simulate(key, settings["data_events"], process=settings["process"])
        )
    else:
        events = four_lepton.read_events(settings["data"])
    return four_lepton.as_dataset(events, full=settings["full"], condition=settings["condition"])


def features_for(dataset: Dataset) -> Callable[[Array], Array]:
    """Conditions to what networks see, by the statistics of the training split."""
    mean, std = four_lepton.log_mass_statistics(np.asarray(dataset.train.condition))
    return lambda condition: four_lepton.features(condition, mean=mean, std=std)


def finish(events: np.ndarray) -> np.ndarray:
    """Leaves events as they are: what is wrong with them is to be seen and counted."""
    return events


def read_conditions(path: Path) -> np.ndarray:
    """Channel and four-lepton mass of the events of a CSV file, [N, 2] float32."""
    return four_lepton.conditions_of(four_lepton.read_events(path), "channel_mass")


def write_samples(folder: Path, batch: Batch) -> None:
    """Writes the 20 columns."""
    four_lepton.write(folder / "generated.csv", np.asarray(batch.data))
