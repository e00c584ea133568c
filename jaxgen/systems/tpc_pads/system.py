"""The system definition of the pad responses of the MPD time projection chamber."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jaxgen.base import Batch, Key
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.system import Judging, System
from jaxgen.systems.tpc_pads.data import dataset, read, read_conditions, write

if TYPE_CHECKING:
    from jaxgen.metrics.table import Samples, Table
    from jaxgen.plots.illustration import Illustration


def simulate(seed: int | Key = 0, number: int = 20_000, *, validation: float = 0.0) -> Dataset:
    """Simulates a data set and splits it into 75 % training and 25 % test events.

    Args:
      seed: seed, or a random key.
      number: number of events of both splits together.
      validation: fraction of the training split that is reserved.

    Returns:
      Amplitudes in ADC counts [N, 8, 16] with the six parameters of the tracks.

    >>> simulate(0, 8).train.data.shape
    (6, 8, 16)
    """
    from jaxgen.systems.tpc_pads import simulator

    return simulator.dataset(seed, number, validation=validation)


def _observe(batch: Batch, spec: Spec) -> "Table":
    from jaxgen.systems.tpc_pads import observables

    return observables.observe(batch, spec)


def _judging() -> Judging:
    from jaxgen.systems.tpc_pads.suites import JUDGING

    return JUDGING


def _draw(samples: "Samples") -> "Sequence[Illustration]":
    from jaxgen.systems.tpc_pads import figures

    return figures.draw(samples)


def _failures(key: Key, samples: "Samples") -> Sequence[str]:
    from jaxgen.systems.tpc_pads.failures import failures

    return failures(key, samples)


def finish(images: np.ndarray) -> np.ndarray:
    """Sets negative amplitudes to zero."""
    return np.maximum(images, 0)


SYSTEM = System(
    name="tpc_pads",
    title="Pad responses of the MPD time projection chamber",
    models={"gan": "jaxgen.systems.tpc_pads.models.gan"},
    headline="trend_chi2",
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
