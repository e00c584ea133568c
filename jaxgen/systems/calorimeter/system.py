"""The system definition of the calorimeter of 30 x 30 cells."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jaxgen.base import Batch, Key
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.system import Judging, System
from jaxgen.systems.calorimeter.data import dataset, read, read_conditions, write

if TYPE_CHECKING:
    from jaxgen.metrics.table import Samples, Table
    from jaxgen.plots.illustration import Illustration

MODELS = "jaxgen.systems.calorimeter.models"


def simulate(
    seed: int | Key = 0, number: int = 8_000, *, condition: str = "full", validation: float = 0.0
) -> Dataset:
    """Simulates a data set and splits it into 75 % training and 25 % test events.

    Args:
      seed: seed, or a random key.
      number: number of showers of both splits together.
      condition: kind of condition: "none", "energy", "impact" or "full".
      validation: fraction of the training split that is reserved.

    Returns:
      Energies in MeV [N, 30, 30] with the conditions.

    Raises:
      ValueError: for an unknown condition, or a number too small to split.

    >>> simulate(0, 8).train.data.shape
    (6, 30, 30)
    """
    from jaxgen.systems.calorimeter import simulator

    return simulator.dataset(seed, number, condition=condition, validation=validation)


def _observe(batch: Batch, spec: Spec) -> "Table":
    from jaxgen.systems.calorimeter import observables

    return observables.observe(batch, spec)


def _judging() -> Judging:
    from jaxgen.systems.calorimeter.suites import JUDGING

    return JUDGING


def _draw(samples: "Samples") -> "Sequence[Illustration]":
    from jaxgen.systems.calorimeter import figures

    return figures.draw(samples)


def _failures(key: Key, samples: "Samples") -> Sequence[str]:
    from jaxgen.systems.calorimeter.failures import failures

    return failures(key, samples)


def finish(showers: np.ndarray) -> np.ndarray:
    """Sets negative energies to zero; values that are not finite are kept, to be counted."""
    return np.maximum(showers, 0)


SYSTEM = System(
    name="calorimeter",
    title="Showers in a calorimeter",
    models={
        "cascade": f"{MODELS}.cascade",
        "vae": f"{MODELS}.vae",
        "wgan": f"{MODELS}.gan:WGAN",
        "flow": f"{MODELS}.flow",
        "gan1": f"{MODELS}.gan:GAN1",
        "gan2": f"{MODELS}.gan:GAN2",
    },
    headline="ring_distance",
    dataset=dataset,
    read=read,
    simulate=simulate,
    observe=_observe,
    judging=_judging,
    draw=_draw,
    failures=_failures,
    finish=finish,
    write=write,
    read_conditions=read_conditions,
    presets=Path(__file__).parent / "presets",
)
