"""The compiled programs of a training; compilation precedes execution so that its time is known."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Batch, Key, Learner, Metrics, PyTree
from jaxgen.training import parallel

RESIDENT_BYTES = 2**30  # larger data sets stay on the host and are streamed to the device


class Programs:
    """Updates of all members from events of a data set, with one program per number of updates in a call.

    Args:
      learner: learner built for `parallel.axis_name(devices)`.
      data: training events.
      keys: random keys of the updates of the members, [K].
      devices: number of devices that share each batch.
    """

    def __init__(self, learner: Learner, data: Batch, keys: Key, *, devices: int = 1) -> None:
        self._learner, self._data, self._keys, self._devices = learner, data, keys, devices
        resident = sum(x.nbytes for x in data) <= RESIDENT_BYTES
        self._advance = parallel.make_advance(learner, members=len(keys), devices=devices, resident=resident)
        self._resident = parallel.replicate(jax.tree.map(jnp.asarray, data), devices) if resident else None
        self._compiled: dict[int, parallel.Advance] = {}

    def initialize(self, keys: Key, picks: np.ndarray) -> PyTree:
        """Initial states of all members, and compiles the first updates.

        Args:
          keys: random keys of the initial states, [K].
          picks: indices of the events of the first call, [K, steps, B].
        """
        first = parallel.initializer(self._learner).lower(keys, head(self._data))
        self.compile(first.out_info, picks)
        return first.compile()(keys, head(self._data))

    def ready(self, picks: np.ndarray) -> bool:
        """Whether the program for this number of updates is compiled."""
        return picks.shape[1] in self._compiled

    def compile(self, states: PyTree, picks: np.ndarray) -> None:
        """Compiles the program for so many updates.

        Args:
          states: states of all members, [K, ...], or their shapes.
          picks: as for a call.
        """
        lowered = self._advance.lower(states, self._keys, self._resident, self._batches(picks))
        self._compiled[picks.shape[1]] = parallel.Advance(lowered.compile(), self._devices)

    def __call__(self, states: PyTree, picks: np.ndarray) -> tuple[PyTree, Metrics]:
        """Updates all members.

        Args:
          states: states from `parallel.replicate`; they are donated.
          picks: indices of events, [K, steps, B].

        Returns:
          The states, and metrics [K, steps].
        """
        return self._compiled[picks.shape[1]](states, self._keys, self._resident, self._batches(picks))

    def _batches(self, picks: np.ndarray) -> Any:
        """The batches of a call: indices, or the events if they are streamed."""
        if self._resident is not None:
            return picks
        return jax.tree.map(lambda x: np.asarray(x)[picks], self._data)


def head(data: Batch) -> Batch:
    """A few events for `init`, which may use only their shapes."""
    return jax.tree.map(lambda x: x[:64], data)
