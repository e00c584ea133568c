"""The Wasserstein distance of samples whose events occur a given number of times."""

from collections.abc import Callable

import numpy as np


def wasserstein_by_counts(real: np.ndarray, fake: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """Wasserstein distance as a function of how often each event occurs; values are sorted only once.

    Args:
      real: values of N events, [N] or [N, P]; NaN is left out.
      fake: values of K events, [K] or [K, P]; likewise.

    Returns:
      `distance(real_counts [N], fake_counts [K])`; infinity where a sample has no value.

    >>> distance = wasserstein_by_counts(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    >>> distance(np.array([1.0, 1.0]), np.array([0.0, 2.0]))
    2.5
    """
    every = np.concatenate([real.ravel(), fake.ravel()])
    owner = np.concatenate([_owner(real), _owner(fake)])
    known = ~np.isnan(every)
    order = np.flatnonzero(known)[np.argsort(every[known])]
    steps = np.diff(every[order])
    owner = owner[order]
    from_real = order < real.size

    def distance(real_counts: np.ndarray, fake_counts: np.ndarray) -> float:
        weights = np.empty(len(owner))
        for mask, counts, sign in ((from_real, real_counts, 1.0), (~from_real, fake_counts, -1.0)):
            held = counts[owner[mask]]
            total = held.sum()
            if not total:
                return float("inf")
            weights[mask] = sign * held / total
        return float(np.abs(np.cumsum(weights)[:-1]) @ steps)

    return distance


def _owner(values: np.ndarray) -> np.ndarray:
    """Row of each value, [N * P]."""
    return np.repeat(np.arange(len(values)), values.size // max(len(values), 1))
