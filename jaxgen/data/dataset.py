"""A data set: events to train on, events to judge with, and what their numbers mean."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jaxgen.base import Batch


class Column(NamedTuple):
    """One number of a condition or of an event: its name, unit and range."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class Spec:
    """What the arrays of a data set mean.

    Attributes:
      name: of the data set.
      axes: one name for each axis of an event, such as ("pad", "time bin").
      shape: of one event.
      unit: of the values of an event.
      condition: the columns of the condition, in order.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    unit: str
    condition: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Events in physical units.

    Attributes:
      train: events that a model may see.
      test: events kept for judging it.
      spec: what the arrays mean.
    """

    train: Batch
    test: Batch
    spec: Spec


def split(batch: Batch, spec: Spec, *, test_fraction: float = 0.25, seed: int = 42) -> Dataset:
    """Splits events at random, the same ones for the same seed and number of events.

    The indices are those of scikit-learn's `train_test_split` with `random_state=seed`.

    Args:
      batch: N events.
      spec: what they mean.
      test_fraction: share of the test split, rounded up to whole events.
      seed: of the permutation.

    Returns:
      The data set.

    Raises:
      ValueError: where one of the splits would be empty.
    """
    number = len(batch.data)
    number_test = int(np.ceil(number * test_fraction))
    if not 0 < number_test < number:
        raise ValueError(
            f"Expected events for both splits; got {number} events and a test share of {test_fraction}."
        )
    order = np.random.RandomState(seed).permutation(number)
    test, train = order[:number_test], order[number_test:]
    return Dataset(Batch(*(x[train] for x in batch)), Batch(*(x[test] for x in batch)), spec)
