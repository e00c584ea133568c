"""Whether a model repeats the events it was trained on."""

import numpy as np
from scipy.spatial import cKDTree

from jaxgen import checks
from jaxgen.base import Estimate


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
