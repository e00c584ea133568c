"""Draws any number of events from a trained learner, and scores them, in chunks of one compiled size."""

from collections.abc import Callable
from typing import cast

import jax
import numpy as np

from jaxgen.base import Array, Batch, Judge, Key, Learner, PyTree

CHUNK = 1000

Sampler = Callable[[Key, PyTree, np.ndarray], Batch]


def make_sampler(
    learner: Learner, *, finish: Callable[[np.ndarray], np.ndarray] = lambda data: data, chunk: int = CHUNK
) -> Sampler:
    """Compiles a sampler.

    Args:
      learner: gives `sample`.
      finish: what is done to the events afterwards, on the host.
      chunk: events a compiled call; the last one is filled up and cut.

    Returns:
      `sampler(key, state, condition [N, C]) -> Batch` of N events; the same key gives the same bits.
    """
    draw = jax.jit(lambda key, state, condition: learner.sample(key, state, condition, chunk))

    def sampler(key: Key, state: PyTree, condition: np.ndarray) -> Batch:
        pieces = []
        for number, start in enumerate(range(0, len(condition), chunk)):
            part = condition[start : start + chunk]
            filled = np.resize(part, (chunk, condition.shape[1])) if len(part) < chunk else part
            drawn = np.asarray(draw(jax.random.fold_in(key, number), state, filled))
            pieces.append(drawn[: len(part)])
        return Batch(cast(Array, finish(np.concatenate(pieces))), cast(Array, condition))

    return sampler


def scores(judge: Judge, state: PyTree, batch: Batch, *, chunk: int = CHUNK) -> np.ndarray:
    """What a critic says of all events of a batch, [N]."""
    score = jax.jit(judge.score)
    pieces = []
    for start in range(0, len(batch.data), chunk):
        rows = np.arange(start, start + chunk) % len(batch.data)
        filled = jax.tree.map(lambda x, rows=rows: np.asarray(x)[rows], batch)
        pieces.append(np.asarray(score(state, filled)))
    return np.concatenate(pieces)[: len(batch.data)]


def member(states: PyTree, number: int) -> PyTree:
    """The state of one member of stacked states [K, ...]."""
    return jax.tree.map(lambda x: x[number], states)
