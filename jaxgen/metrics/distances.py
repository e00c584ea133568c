"""Distances between two one-dimensional samples, with bootstrap errors."""

from collections.abc import Callable

import jax
import numpy as np

from jaxgen import checks
from jaxgen.base import LOST, Estimate, Key

Distance = Callable[[np.ndarray, np.ndarray], float]

BINS = 50
SHARE = 0.998  # fraction of the real values that the equal bins cover


def wasserstein(real: np.ndarray, fake: np.ndarray) -> float:
    """Earth mover's distance, the area between the cumulative distributions, in units of the values.

    >>> wasserstein(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    2.0
    """
    every = np.concatenate([real, fake])
    order = np.argsort(every)
    gap = np.cumsum(np.where(order < len(real), 1 / len(real), -1 / len(fake)))
    return float(np.sum(np.abs(gap[:-1]) * np.diff(every[order])))


def kolmogorov_smirnov(real: np.ndarray, fake: np.ndarray) -> float:
    """Largest difference of the two cumulative distribution functions, 0 to 1.

    >>> kolmogorov_smirnov(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.5
    """
    real, fake = np.sort(real), np.sort(fake)
    every = np.concatenate([real, fake])
    below = np.searchsorted(real, every, side="right") / len(real)
    other = np.searchsorted(fake, every, side="right") / len(fake)
    return float(np.max(np.abs(below - other)))


def separation_power(real: np.ndarray, fake: np.ndarray, *, edges: int = 101) -> float:
    """Half the sum of (p - q)^2 / (p + q) over histograms p, q with sum one (arXiv:2009.03796, eq. 15).

    It is 0 for equal histograms and 1 for disjoint ones.

    Args:
      real: [N].
      fake: [K].
      edges: number of bin edges, equally spaced over the range of both samples.

    >>> separation_power(np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    1.0
    """
    every = np.concatenate([real, fake])
    borders = np.linspace(every.min(), every.max(), edges)
    p, q = (np.histogram(values, borders)[0] / len(values) for values in (real, fake))
    filled = p + q > 0
    return float(0.5 * np.sum((p - q)[filled] ** 2 / (p + q)[filled]))


def with_bootstrap(
    key: Key, real: np.ndarray, fake: np.ndarray, *, distance: Distance = wasserstein, resamples: int = 50
) -> Estimate:
    """A distance and its standard deviation between independent samples of the same sizes.

    Every distance of this file is positive for finite samples of the same distribution: compare it with its
    real-versus-real floor, not with zero. The error is the standard deviation over bootstrap samples of
    both samples, which is somewhat too large near the floor.

    Args:
      key: random key.
      real: [N], finite.
      fake: [K], finite.
      distance: function of two samples.
      resamples: number of bootstrap samples.

    Returns:
      The distance of the samples and its error; infinity if one is empty.

    Raises:
      ValueError: if values are not finite or not one-dimensional.
    """
    for name, values in (("real values", real), ("fake values", fake)):
        checks.shape(name, values, (None,))
        if not np.isfinite(values).all():
            raise ValueError(f"Expected finite {name}; got {np.sum(~np.isfinite(values))} that are not.")
    if not (len(real) and len(fake)):
        return LOST
    rng = host_generator(key)
    drawn = [distance(rng.choice(real, len(real)), rng.choice(fake, len(fake))) for _ in range(resamples)]
    return Estimate(distance(real, fake), float(np.std(drawn)))


def host_generator(key: Key) -> np.random.Generator:
    """A NumPy random number generator, seeded by a key."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


def wasserstein_by_counts(real: np.ndarray, fake: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """Wasserstein distance as a function of the counts of each event; values are sorted only once.

    Args:
      real: values of N events, [N] or [N, P]; NaN is ignored.
      fake: values of K events, [K] or [K, P]; NaN is ignored.

    Returns:
      `distance(real_counts [N], fake_counts [K])`; infinity if a sample has no values.

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
    """Row index of each value, [N * P]."""
    return np.repeat(np.arange(len(values)), values.size // max(len(values), 1))


def separation_by_counts(
    real: np.ndarray, fake: np.ndarray, *, bins: int = BINS
) -> Callable[[np.ndarray, np.ndarray], float]:
    """Half the sum of (p - q)^2 / (p + q) (arXiv:2009.03796, eq. 15) as a function of event counts.

    Bins are equal over the central 99.8 % of the real values; there is one more bin on each side for values
    outside, and one for NaN. So it does not depend on the most distant generated value, and missing values
    count. It is 0 for equal and 1 for disjoint histograms.

    Args:
      real: values of N events, [N].
      fake: values of K events, [K].
      bins: number of equal bins.

    Returns:
      `power(real_counts [N], fake_counts [K])`; NaN if there are no real values.

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
