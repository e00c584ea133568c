"""Number of modes of a mixture of Gaussians that a generator reproduces (arXiv:1611.02163, section 3.1)."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from jaxgen import checks
from jaxgen.base import Estimate


class ModeRecall(NamedTuple):
    """Recall and quality of the modes.

    Attributes:
      recalled: fraction of the modes with at least the fraction `least` of the expected number of events.
      quality: fraction of events within `reach` standard deviations of a mode.
      balance: sum over modes of the smaller of observed and expected fraction of events, 1 for equal
        occupation; without a statistical error.
    """

    recalled: Estimate
    quality: Estimate
    balance: float


def ring(number: int = 8, *, radius: float = 2.0) -> np.ndarray:
    """Centres of equidistant modes on a circle, [K, 2].

    >>> ring(4).round(6).tolist()
    [[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0], [-0.0, -2.0]]
    """
    checks.positive(number=number, radius=radius)
    angles = 2 * np.pi * np.arange(number) / number
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def mode_recall(
    events: np.ndarray, centres: np.ndarray, *, width: float, reach: float = 4.0, least: float = 0.1
) -> ModeRecall:
    """Counts the events near each mode.

    Args:
      events: [N, D].
      centres: centres of the modes, [K, D].
      width: standard deviation of each mode in any direction.
      reach: largest distance of an event from its mode, in units of `width`.
      least: fraction of N / K events above which a mode counts as recalled.

    Returns:
      The metrics. The error of `recalled` is from the modes whose count is within one standard deviation of
      the threshold; that of `quality` is binomial.

    Raises:
      ValueError: if shapes differ, there are no events, or some are not finite.
    """
    events, centres = np.asarray(events, np.float64), np.asarray(centres, np.float64)
    checks.positive(width=width, reach=reach, least=least)
    checks.shape("centres", centres, (None, None))
    checks.shape("events", events, (None, centres.shape[1]))
    if not len(events) or not np.isfinite(events).all():
        bad = int(np.sum(~np.isfinite(events)))
        raise ValueError(f"Expected finite events; got {len(events)}, with {bad} values not finite.")
    apart = cdist(events, centres)
    good = apart.min(axis=1) < reach * width
    counts = np.bincount(apart.argmin(axis=1)[good], minlength=len(centres))
    due = len(events) / len(centres)
    unsure = np.abs(counts - least * due) < np.sqrt(np.maximum(counts, 1))
    share = float(good.mean())
    return ModeRecall(
        Estimate(float(np.mean(counts >= least * due)), float(np.sqrt(unsure.sum()) / len(centres))),
        Estimate(share, float(np.sqrt(share * (1 - share) / len(events)))),
        float(np.minimum(counts, due).sum() / len(events)),
    )
