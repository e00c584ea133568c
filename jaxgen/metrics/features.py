"""Standardized features of events for distances in many dimensions and for classifiers."""

import numpy as np

CUT = 10.0  # real standard deviations


def standardized(real: np.ndarray, fake: np.ndarray, *, cut: float = CUT) -> tuple[np.ndarray, np.ndarray]:
    """Both samples minus the real mean, divided by the real standard deviation, and clipped to +-`cut`.

    Missing values, such as a mass whose square is negative, are set to -`cut`: unphysical events are
    not ignored.

    Args:
      real: [N, D].
      fake: [K, D].
      cut: limit of the result.

    Returns:
      Finite samples of the same shapes.

    >>> standardized(np.array([[0.0], [2.0]]), np.array([[3.0], [np.nan], [np.inf]]))[1].tolist()
    [[2.0], [-10.0], [10.0]]
    """
    known = np.isfinite(real)
    number = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, real, 0.0).sum(axis=0) / number
    spread = np.sqrt(np.sum(np.where(known, real - mean, 0.0) ** 2, axis=0) / number)
    spread = np.where(spread > 0, spread, 1.0)
    ours, theirs = (np.clip(np.nan_to_num((x - mean) / spread, nan=-cut), -cut, cut) for x in (real, fake))
    return ours, theirs


def groups(*conditions: np.ndarray) -> np.ndarray | None:
    """Labels that events with the same condition share, one per row of the conditions [N, C]; None if C = 0.

    >>> groups(np.array([[1.0], [2.0]]), np.array([[1.0]])).tolist()
    [0, 1, 0]
    """
    every = np.concatenate([np.asarray(one, np.float32) for one in conditions])
    return np.unique(every, axis=0, return_inverse=True)[1].ravel() if every.shape[1] else None


def scaled_alike(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both samples divided by the real standard deviation of each column, if it is positive."""
    spread = real.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return real / spread, fake / spread
