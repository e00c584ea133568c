"""Whether a model repeats the events it was trained on."""

import numpy as np
from scipy.spatial import cKDTree

from jaxgen import checks
from jaxgen.base import Estimate
from jaxgen.metrics import format
from jaxgen.metrics.features import standardized

ERRORS = 3.0  # from how many errors on events count as learned by heart
FEWEST = 2  # real events on either side


def nearer_to_training(test: np.ndarray, fake: np.ndarray, train: np.ndarray) -> Estimate:
    """How often the real event next to a generated one was trained on, over how often chance would have it.

    A model that knows the law alone gives 1: among N test and M training events a training one is nearest
    with probability M / (N + M). Above 1, training events are repeated; the largest value is (N + M) / M.
    Scale the features alike first: distances are Euclidean.

    Args:
      test: real events that were not trained on, [N, D].
      fake: generated events, [K, D].
      train: real events that were, [M, D].

    Returns:
      The ratio and its error, as if the smaller of K and N events had been asked.

    Raises:
      ValueError: where features differ in number or are not finite.
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
    """A sentence where generated events are next to training events too often.

    Args:
      test: features of real events that were not trained on, [N, D].
      fake: of generated events, [K, D]; as many as N are enough.
      train: of real events that were trained on, [M, D]; their spread is the unit of every feature.

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
