"""The system definition of four-lepton events."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jaxgen.base import Batch, Key
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.system import Judging, System
from jaxgen.systems.four_leptons.data import dataset, read, read_conditions, write

if TYPE_CHECKING:
    from jaxgen.metrics.table import Samples, Table
    from jaxgen.plots.illustration import Illustration


def simulate(
    seed: int | Key = 0,
    number: int = 20_000,
    *,
    process: str = "zz4l",
    full: bool = False,
    condition: str = "none",
    validation: float = 0.0,
) -> Dataset:
    """Simulates a data set with the toy Monte Carlo and splits it into 80 % training and 20 % test events.

    Args:
      seed: seed, or a random key.
      number: number of events of both splits together.
      process: "zz4l", two Z bosons from quarks, or "h4l", those of a Higgs boson.
      full: whether to train on all events, including those of the test split.
      condition: kind of condition: "none", "channel" or "channel_mass".
      validation: fraction of the training split that is reserved.

    Returns:
      Events [N, 8, 4] in GeV with their conditions.

    Raises:
      ValueError: for an unknown process or condition, or a number too small to split.

    >>> simulate(0, 10, condition="channel").train.data.shape
    (8, 8, 4)
    """
    from jaxgen.systems.four_leptons import simulator

    return simulator.dataset(
        seed, number, process=process, full=full, condition=condition, validation=validation
    )


def _observe(batch: Batch, spec: Spec) -> "Table":
    from jaxgen.systems.four_leptons import observables

    return observables.observe(batch, spec)


def _judging() -> Judging:
    from jaxgen.systems.four_leptons.suites import JUDGING

    return JUDGING


def _draw(samples: "Samples") -> "Sequence[Illustration]":
    from jaxgen.systems.four_leptons import figures

    return figures.draw(samples)


def _overlay(test: "Table", generated: "Mapping[str, Table]") -> "Sequence[Illustration]":
    from jaxgen.systems.four_leptons.figures.overlay import overlay

    return overlay(test, generated)


def _failures(key: Key, samples: "Samples") -> Sequence[str]:
    from jaxgen.systems.four_leptons.failures import failures

    return failures(key, samples)


MODELS = ("spline_flow", "gan", "vae", "beta_vae", "flow", "gmm")

SYSTEM = System(
    name="four_leptons",
    title="Events of four leptons",
    models={name: f"jaxgen.systems.four_leptons.models.{name}" for name in MODELS},
    headline="wasserstein_m4l",
    dataset=dataset,
    read=read,
    simulate=simulate,
    observe=_observe,
    judging=_judging,
    draw=_draw,
    overlay=_overlay,
    failures=_failures,
    write=write,
    read_conditions=read_conditions,
    presets=Path(__file__).parent / "presets",
)
