"""Precision, recall, density and coverage by nearest neighbours (arXiv:1904.06991, 2002.09797)."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from jaxgen import checks
from jaxgen.base import Estimate

CHUNK = 1024


class Manifold(NamedTuple):
    """Precision, recall, density and coverage.

    The ball around an event extends to its k-th nearest neighbour in its own sample. The errors are
    those of a mean over events, with the balls held fixed.

    Attributes:
      precision: fraction of generated events that are in a ball of a real event.
      recall: fraction of real events that are in a ball of a generated event.
      density: mean number of real balls that contain a generated event, divided by k; not bounded by 1.
      coverage: fraction of balls of real events that contain a generated event.
    """

    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate


def neighbour_radii(events: np.ndarray, nearest: int) -> np.ndarray:
    """Distance of each event to its `nearest`-th neighbour in the same sample, [N]."""
    return cKDTree(events).query(events, k=[nearest + 1])[0][:, 0]


def precision_recall_density_coverage(real: np.ndarray, fake: np.ndarray, *, nearest: int = 5) -> Manifold:
    """All four metrics. Scale the features to similar size first: distances are Euclidean.

    Args:
      real: [N, D].
      fake: [K, D].
      nearest: k, the neighbour that defines the radius of a ball.

    Returns:
      The metrics with their errors. Time scales with N K, memory with N + K.

    Raises:
      ValueError: if the numbers of features differ, features are not finite, or a sample has too few events.
    """
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    checks.positive(nearest=nearest)
    checks.shape("real features", real, (None, None))
    checks.shape("fake features", fake, (None, real.shape[1]))
    for name, features in (("real", real), ("fake", fake)):
        if len(features) <= nearest or not np.isfinite(features).all():
            raise ValueError(
                f"Expected more than {nearest} {name} events with finite features; got {len(features)} "
                f"events, {np.sum(~np.isfinite(features))} features not finite."
            )
    real_radii, fake_radii = neighbour_radii(real, nearest), neighbour_radii(fake, nearest)
    balls = np.zeros(len(fake))
    recalled, covered = np.zeros(len(real)), np.zeros(len(real))
    for i in range(0, len(real), CHUNK):
        rows = slice(i, i + CHUNK)
        apart = cdist(real[rows], fake)
        inside = apart < real_radii[rows, None]
        balls += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (apart < fake_radii).any(axis=1)
    return Manifold(*map(_mean, (balls > 0, recalled, balls / nearest, covered)))


def _mean(values: np.ndarray) -> Estimate:
    return Estimate(float(np.mean(values)), float(np.std(values) / np.sqrt(len(values))))
