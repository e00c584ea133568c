"""Distances between two one-dimensional samples, with bootstrap errors."""

from collections.abc import Callable

import jax
import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Estimate, Key
from jaxgen.systems.tpc_pads import observables as pads

Distance = Callable[[np.ndarray, np.ndarray], float]


def wasserstein(real: np.ndarray, fake: np.ndarray) -> float:
    """Earth mover's distance, the area between the two distribution functions, in units of the values.

    >>> wasserstein(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    2.0
    """
    every = np.concatenate([real, fake])
    order = np.argsort(every)
    gap = np.cumsum(np.where(order < len(real), 1 / len(real), -1 / len(fake)))
    return float(np.sum(np.abs(gap[:-1]) * np.diff(every[order])))


def kolmogorov_smirnov(real: np.ndarray, fake: np.ndarray) -> float:
    """Largest difference of the two distribution functions, 0 to 1.

    >>> kolmogorov_smirnov(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.5
    """
    real, fake = np.sort(real), np.sort(fake)
    every = np.concatenate([real, fake])
    below = np.searchsorted(real, every, side="right") / len(real)
    other = np.searchsorted(fake, every, side="right") / len(fake)
    return float(np.max(np.abs(below - other)))


def separation_power(real: np.ndarray, fake: np.ndarray, *, edges: int = 101) -> float:
    """Half the sum of (p - q)^2 / (p + q) over histograms p, q of unit sum (arXiv:2009.03796, eq. 15).

    It is 0 for equal histograms and 1 for disjoint ones.

    Args:
      real: [N].
      fake: [K].
      edges: of bins, equally spaced over the range of both samples.

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
    """A distance and how much it would vary between independent samples of these sizes.

    Every distance of this file is above zero for finite samples of one law: compare it with its
    real-versus-real floor, not with zero. The error is the standard deviation over bootstraps of
    both samples, which is somewhat large near the floor.

    Args:
      key: for the draws.
      real: [N], finite.
      fake: [K], finite.
      distance: of two samples.
      resamples: how many.

    Returns:
      The distance of the samples as they are, and its error; infinity where one is empty.

    Raises:
      ValueError: where values are not finite or not one-dimensional.
    """
    for name, values in (("real values", real), ("fake values", fake)):
        checks.shape(name, values, (None,))
        if not np.isfinite(values).all():
            raise ValueError(f"Expected finite {name}; got {np.sum(~np.isfinite(values))} that are not.")
    if not (len(real) and len(fake)):
        return Estimate(float("inf"), float("nan"))
    rng = host_generator(key)
    drawn = [distance(rng.choice(real, len(real)), rng.choice(fake, len(fake))) for _ in range(resamples)]
    return Estimate(distance(real, fake), float(np.std(drawn)))


def host_generator(key: Key) -> np.random.Generator:
    """NumPy's generator, seeded by a key."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


def moment_distances(
    key: Key, real: Batch, fake: Batch, *, distance: Distance = wasserstein, resamples: int = 50
) -> dict[str, Estimate]:
    """The distance between real and generated pad responses in each of the six moments.

    Args:
      key: for the bootstrap.
      real: images [N, pads, time bins].
      fake: images [K, pads, time bins]; those without amplitude count in "Sum" only.
      distance: of two samples.
      resamples: of the bootstrap.

    Returns:
      By the name of the moment, in its units.
    """
    sides = [np.asarray(pads.moments(batch.data), np.float64) for batch in (real, fake)]
    result = {}
    for i, name in enumerate(pads.MOMENT_NAMES):
        columns = [side[~np.isnan(side[:, i]), i] for side in sides]
        fold = jax.random.fold_in(key, i)
        result[name] = with_bootstrap(fold, *columns, distance=distance, resamples=resamples)
    return result
