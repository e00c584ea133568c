"""Generates events from a finished run, and says how fast."""

import time
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.cli.experiment import Experiment
from jaxgen.run import trained_run
from jaxgen.run.run_folder import RunFolder
from jaxgen.training.sampling import make_sampler

NUMBER = 20_000
REPEATS = 5


class Generation(NamedTuple):
    """Events of the first member of a run.

    Attributes:
      real: test events, [N, ...].
      events: generated ones, [K, ...].
      events_per_second: generated in a second of CPU time, compilation apart.
    """

    real: np.ndarray
    events: np.ndarray
    events_per_second: float


def generate(experiment: Experiment, folder: RunFolder, *, number: int = NUMBER) -> Generation:
    """Generates events for the test conditions over and over, and times it.

    Args:
      experiment: of the run.
      folder: of the run.
      number: of events a call.

    Returns:
      The events; the speed is the best of several calls.
    """
    run = trained_run.load(experiment, folder)
    sampler = make_sampler(run.learner, run.members[0])
    known = np.asarray(run.dataset.test.condition)
    condition = jnp.asarray(known[np.arange(number) % len(known)])
    events = np.asarray(sampler(jax.random.key(0), condition))
    seconds = []
    for repeat in range(REPEATS):
        start = time.process_time()
        sampler(jax.random.key(1 + repeat), condition).block_until_ready()
        seconds.append(time.process_time() - start)
    return Generation(np.asarray(run.dataset.test.data), experiment.finish(events), number / min(seconds))
