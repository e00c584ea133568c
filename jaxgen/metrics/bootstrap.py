"""Statistical errors of two-sample statistics from drawing events with replacement."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from jaxgen.base import Estimate, Key
from jaxgen.metrics.distances import host_generator

Statistics = Callable[[np.ndarray, np.ndarray], Mapping[str, float]]
"""`statistics(real_counts, fake_counts) -> {name: value}`, from the number of times that each event
occurs.
"""


def with_counts(
    key: Key, number_real: int, number_fake: int, *, statistics: Statistics, resamples: int = 50
) -> dict[str, Estimate]:
    """Statistics of two samples and their standard deviation between independent samples of the same sizes.

    A bootstrap sample is represented by the number of times that each event occurs. Results that do not
    depend on these counts, such as the order of the values, are computed once; all values of an event are
    drawn together.

    Args:
      key: random key.
      number_real: number of real events, N.
      number_fake: number of generated events, K.
      statistics: function of the counts [N] and [K], float64.
      resamples: number of bootstrap samples; 0 for none, then errors are NaN.

    Returns:
      For each name, the statistic with every event counted once, and its standard deviation over the
      bootstrap samples; NaN if one of these is not finite.

    >>> import jax
    >>> def mean_difference(ours, theirs):
    ...     return {"shift": np.average([3.0, 5.0], weights=theirs) - np.average([1.0, 1.0], weights=ours)}
    >>> with_counts(jax.random.key(0), 2, 2, statistics=mean_difference, resamples=0)["shift"].value
    3.0
    """
    rng = host_generator(key)
    found = statistics(np.ones(number_real), np.ones(number_fake))
    drawn = [statistics(_draw(rng, number_real), _draw(rng, number_fake)) for _ in range(resamples)]
    return {
        name: Estimate(float(value), _spread([one[name] for one in drawn])) for name, value in found.items()
    }


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values)) if len(values) and np.isfinite(values).all() else float("nan")


def _draw(rng: np.random.Generator, number: int) -> np.ndarray:
    return np.bincount(rng.integers(0, number, number), minlength=number).astype(np.float64)
