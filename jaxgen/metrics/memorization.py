"""Test whether a model memorizes training events."""

import numpy as np
from scipy.spatial import cKDTree

from jaxgen import checks
from jaxgen.base import Estimate
from jaxgen.metrics import format
from jaxgen.metrics.features import standardized

ERRORS = 3.0  # significance from which training events count as memorized
FEWEST = 2  # smallest number of real test or training events


def nearer_to_training(test: np.ndarray, fake: np.ndarray, train: np.ndarray) -> Estimate:
    """Fraction of generated events whose nearest real event is a training event, relative to its expectation.

    The expectation without memorization is M / (N + M) for N test and M training events, so the ratio is 1.
    It is above 1 if training events are memorized, and at most (N + M) / M.
    Scale the features to similar size first: distances are Euclidean.

    Args:
      test: real events not used in training, [N, D].
      fake: generated events, [K, D].
      train: training events, [M, D].

    Returns:
      The ratio and its error, for the smaller of K and N events.

    Raises:
      ValueError: if the numbers of features differ or features are not finite.
    """
    for name, rows in (("test", test), ("fake", fake), ("train", train)):
        checks.shape(f"{name} events", rows, (None, test.shape[1]))
        if not np.isfinite(rows).all():
            wrong = np.sum(~np.isfinite(rows))
            raise ValueError(f"Expected finite {name} events; got {wrong} numbers that are not.")
    distance = {name: cKDTree(rows).query(fake)[0] for name, rows in (("test", test), ("train", train))}
    expected = len(train) / (len(train) + len(test))
    share = float(np.mean(distance["train"] < distance["test"]))
    error = np.sqrt(expected * (1 - expected) / min(len(fake), len(test)))
    return Estimate(share / expected, float(error / expected))


def repetitions(test: np.ndarray, fake: np.ndarray, train: np.ndarray) -> list[str]:
    """A sentence if generated events are too often nearest to training events.

    Args:
      test: features of real events not used in training, [N, D].
      fake: features of generated events, [K, D]; N events are enough.
      train: features of training events, [M, D]; each feature is scaled by its standard deviation in these.

    Returns:
      One sentence or none.

    >>> draw = np.random.default_rng(0)
    >>> test, train = draw.normal(size=(50, 3)), draw.normal(size=(50, 3))
    >>> repetitions(test, train + 1e-3, train)[0][:29]
    'Training events are repeated:'
    """
    if min(len(test), len(train)) < FEWEST or not len(fake):
        return []
    real, *others = (standardized(train, features)[1] for features in (test, fake, train))
    found = nearer_to_training(real, *others)
    if found.value < 1 + ERRORS * found.error:
        return []
    return [
        "Training events are repeated: the real event next to a generated one is a training event "
        f"{format.estimate(found)} times as often as chance would have it; judge by events not trained on."
    ]
