"""The separation power of the CaloChallenge for showers with a bin for what has no value."""

from collections.abc import Callable

import numpy as np

BINS = 50
SHARE = 0.998  # of the real values between the outermost of the equal bins


def separation_by_counts(
    real: np.ndarray, fake: np.ndarray, *, bins: int = BINS
) -> Callable[[np.ndarray, np.ndarray], float]:
    """Half the sum of (p - q)^2 / (p + q) (arXiv:2009.03796, eq. 15) as a function of how often events occur.

    Bins are equal over the central 99.8 % of the real values; one more on each side holds what lies beyond,
    and another one what is NaN. So it does not depend on the farthest generated value, and what a generated
    event has not is seen. It is 0 for equal and 1 for disjoint histograms.

    Args:
      real: values of N events, [N].
      fake: values of K events, [K].
      bins: equal ones.

    Returns:
      `power(real_counts [N], fake_counts [K])`; NaN where no real value is known.

    >>> power = separation_by_counts(np.array([0.0, 1.0]), np.array([np.nan, 1.0]))
    >>> power(np.ones(2), np.ones(2)), power(np.ones(2), np.array([1.0, 0.0]))
    (0.5, 1.0)
    """
    known = real[np.isfinite(real)]
    if not len(known):
        return lambda real_counts, fake_counts: float("nan")
    low, high = np.quantile(known, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    edges = np.linspace(low, np.nextafter(high, np.inf), bins + 1)
    places = [np.where(np.isnan(x), bins + 2, np.searchsorted(edges, x, side="right")) for x in (real, fake)]

    def power(*counts: np.ndarray) -> float:
        p, q = (
            np.bincount(place, n, minlength=bins + 3) / n.sum()
            for place, n in zip(places, counts, strict=True)
        )
        filled = p + q > 0
        return float(0.5 * np.sum((p - q)[filled] ** 2 / (p + q)[filled]))

    return power
