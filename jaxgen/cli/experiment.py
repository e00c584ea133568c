"""An experiment as data: what to read, what to train, how to judge, what to show."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from absl.flags import FlagHolder

from jaxgen.base import Batch, Estimate, Key, Learner
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.plots.illustration import Illustration


class Length(NamedTuple):
    """How long a run is.

    Attributes:
      steps: updates.
      steps_per_epoch: whole batches in the training events.
    """

    steps: int
    steps_per_epoch: int


Suite = Callable[[Key, Batch, Batch], Mapping[str, Estimate]]
"""Metrics that are worked out together: `suite(key, real, fake) -> {name: estimate}`."""

Illustrate = Callable[[Batch, Batch, Batch, Spec], Sequence[Illustration]]
"""`illustrate(test, generated, train, spec)`."""

Failures = Callable[[Key, Batch, Batch, Batch], Sequence[str]]
"""`failures(key, test, generated, train)`: sentences on where the generated events are worst."""


class Experiment(NamedTuple):
    """All that the harness needs to know of an experiment.

    Attributes:
      name: of the experiment.
      title: of its report.
      flags: all that its command line takes.
      read: the data set that the settings ask for.
      learner: `learner(settings, dataset, length, axis_name)`.
      suites: metrics by name of the suite; each is worked out for generated and for real events.
      headline: the metric that the verdict is about; smaller is better.
      quick: `quick(key, real, fake)`, a fast metric for evaluations during training, against training events.
      illustrate: figures of an evaluation.
      failures: where the generated events are worst.
      finish: what is done to samples before they are judged or written.
      read_conditions: conditions [N, C] from a file.
      write_samples: `write_samples(folder, batch)`, in one file or several; no other files are in the folder.
      extendable: whether a run with these settings may be made longer and stay the same up to there.
      unused: names of the flags that a run with these settings does not look at; its report leaves them out.
    """

    name: str
    title: str
    flags: Sequence[FlagHolder]
    read: Callable[[Settings], Dataset]
    learner: Callable[[Settings, Dataset, Length, str | None], Learner]
    suites: Mapping[str, Suite]
    headline: str
    quick: Callable[[Key, Batch, Batch], Estimate]
    illustrate: Illustrate
    failures: Failures
    finish: Callable[[np.ndarray], np.ndarray]
    read_conditions: Callable[[Path], np.ndarray]
    write_samples: Callable[[Path, Batch], None]
    extendable: Callable[[Settings], bool]
    unused: Callable[[Settings], frozenset[str]] = lambda settings: frozenset()
