"""Do generated events lie where real ones do, and everywhere they do? (arXiv:1904.06991, 2002.09797)"""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from jaxgen import checks
from jaxgen.base import Estimate

CHUNK = 1024


class Manifold(NamedTuple):
    """Shares by nearest neighbours.

    A ball around an event reaches to its k-th nearest neighbour of its own sample. The errors are
    those of a mean over events, with the balls held fixed.

    Attributes:
      precision: of generated events, the share in a ball of a real event.
      recall: of real events, the share in a ball of a generated event.
      density: mean number of real balls that a generated event is in, over k; not bounded by 1.
      coverage: of balls of real events, the share that holds a generated event.
    """

    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate


def neighbour_radii(events: np.ndarray, nearest: int) -> np.ndarray:
    """Distance of each event to its `nearest`-th neighbour in the same sample, [N]."""
    return cKDTree(events).query(events, k=[nearest + 1])[0][:, 0]


def precision_recall_density_coverage(real: np.ndarray, fake: np.ndarray, *, nearest: int = 5) -> Manifold:
    """All four shares. Scale the features alike first: distances are Euclidean.

    Args:
      real: [N, D].
      fake: [K, D].
      nearest: which neighbour sets the radius of a ball.

    Returns:
      The shares with their errors. Time grows with N K, memory with N + K.

    Raises:
      ValueError: where features differ in number or are not finite, or a sample has no such
        neighbour.
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
