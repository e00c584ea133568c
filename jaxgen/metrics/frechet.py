"""Frechet distances between Gaussians with the moments of (weighted) samples or some of their columns."""

from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """Mean [D] and covariance [D, D] of a sample."""

    mean: np.ndarray
    covariance: np.ndarray


def moments(values: np.ndarray, counts: np.ndarray) -> Moments:
    """Mean and unbiased covariance of rows that occur `counts` times.

    Args:
      values: [N, D], finite.
      counts: [N], with a sum of at least 2.

    >>> moments(np.array([[0.0], [3.0]]), np.array([2.0, 1.0])).covariance.tolist()
    [[3.0]]
    """
    total = counts.sum()
    mean = counts @ values / total
    centred = values - mean
    return Moments(mean, (counts[:, None] * centred).T @ centred / (total - 1))


def scaled(found: Moments, scale: np.ndarray) -> Moments:
    """The moments of the columns divided by a scale [D]."""
    return Moments(found.mean / scale, found.covariance / np.outer(scale, scale))


def part(found: Moments, columns: slice) -> Moments:
    """The moments of a subset of the columns."""
    return Moments(found.mean[columns], found.covariance[columns, columns])


def distance(real: Moments, fake: Moments) -> float:
    """The Frechet distance between Gaussians with these moments."""
    return frechet(*real, *fake)


def frechet(
    mean: np.ndarray, covariance: np.ndarray, other: np.ndarray, other_covariance: np.ndarray
) -> float:
    """|m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)): the squared 2-Wasserstein distance of two Gaussians.

    Args:
      mean: [D].
      covariance: [D, D], positive semidefinite.
      other: [D].
      other_covariance: [D, D].

    >>> frechet(np.zeros(2), np.eye(2), np.ones(2), 4 * np.eye(2))
    4.0
    """
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ other_covariance @ root)
    shared = np.sum(np.sqrt(np.maximum(eigenvalues, 0.0)))  # trace of the root, also for singular C1
    trace = np.trace(covariance) + np.trace(other_covariance)
    return float(np.sum((mean - other) ** 2) + trace - 2 * shared)


def frechet_of_samples(real: np.ndarray, fake: np.ndarray) -> float:
    """The Frechet distance between Gaussians with the means and covariances of samples [N, D] and [K, D]."""
    moments = []
    for sample in (real, fake):
        moments += [sample.mean(axis=0), np.atleast_2d(np.cov(sample, rowvar=False))]
    return frechet(*moments)
