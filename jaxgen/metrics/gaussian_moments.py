"""Means and covariances of events that occur a given number of times, and Frechet distances of parts."""

from typing import NamedTuple

import numpy as np

from jaxgen.metrics.physics_distances import frechet


class Moments(NamedTuple):
    """Mean [D] and covariance [D, D] of a sample."""

    mean: np.ndarray
    covariance: np.ndarray


def moments(values: np.ndarray, counts: np.ndarray) -> Moments:
    """Of rows that occur `counts` times, the covariance unbiased.

    Args:
      values: [N, D], finite.
      counts: [N], of sum 2 or more.

    >>> moments(np.array([[0.0], [3.0]]), np.array([2.0, 1.0])).covariance.tolist()
    [[3.0]]
    """
    total = counts.sum()
    mean = counts @ values / total
    centred = values - mean
    return Moments(mean, (counts[:, None] * centred).T @ centred / (total - 1))


def scaled(found: Moments, scale: np.ndarray) -> Moments:
    """The moments of columns divided by a scale [D]."""
    return Moments(found.mean / scale, found.covariance / np.outer(scale, scale))


def part(found: Moments, columns: slice) -> Moments:
    """The moments of some of the columns."""
    return Moments(found.mean[columns], found.covariance[columns, columns])


def distance(real: Moments, fake: Moments) -> float:
    """The Frechet distance of Gaussians with these moments."""
    return frechet(*real, *fake)
