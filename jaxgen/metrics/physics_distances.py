"""Frechet and kernel physics distances, FPD and KPD (arXiv:2211.10295), as jetnet 0.2.5 defines them."""

import numpy as np
from scipy import optimize

from jaxgen import checks
from jaxgen.base import Batch, Estimate, Key
from jaxgen.metrics.distances import host_generator
from jaxgen.systems.tpc_pads import observables as pads


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
    shared = np.sum(np.sqrt(np.maximum(eigenvalues, 0.0)))  # the trace of the root, C1 singular or not
    trace = np.trace(covariance) + np.trace(other_covariance)
    return float(np.sum((mean - other) ** 2) + trace - 2 * shared)


def frechet_of_samples(real: np.ndarray, fake: np.ndarray) -> float:
    """The Frechet distance of Gaussians with the means and covariances of [N, D] and [K, D]."""
    moments = []
    for sample in (real, fake):
        moments += [sample.mean(axis=0), np.atleast_2d(np.cov(sample, rowvar=False))]
    return frechet(*moments)


def fpd(
    key: Key,
    real: np.ndarray,
    fake: np.ndarray,
    *,
    min_samples: int | None = None,
    max_samples: int | None = None,
    num_points: int = 10,
    num_batches: int = 20,
) -> Estimate:
    """Frechet physics distance: the Frechet distance extrapolated to infinite batches.

    Features are divided by the largest absolute value of the real ones. At each of several batch
    sizes, equally spaced in 1/size, the distance is averaged over batches drawn with replacement;
    a straight line in 1/size, both of whose coefficients are at least zero, gives the value at
    1/size = 0. The bias of the samples themselves, which falls with their number of events, stays:
    compare with the real-versus-real floor.

    Args:
      key: for the batches.
      real: [N, D].
      fake: [K, D].
      min_samples: smallest batch; by default 2/5 of the largest.
      max_samples: largest batch; by default the smaller sample, at most 50,000.
      num_points: batch sizes.
      num_batches: of each size.

    Returns:
      The intercept and its standard error from the fit.

    Raises:
      ValueError: where features differ in number or are not finite, or the sizes make no sense.
    """
    real, fake = _normalised(real, fake)
    largest = min(50_000, len(real), len(fake)) if max_samples is None else max_samples
    smallest = largest * 2 // 5 if min_samples is None else min_samples
    if not (2 <= smallest < largest and num_points > 2):
        raise ValueError(
            "Expected at least 2 samples in the smallest batch, more in the largest, and 3 batch sizes; "
            f"got {smallest}, {largest} and {num_points}."
        )
    sizes = (1 / np.linspace(1 / smallest, 1 / largest, num_points)).astype(int)
    rng = host_generator(key)
    values = [
        np.mean(
            [
                frechet_of_samples(real[rng.choice(len(real), size)], fake[rng.choice(len(fake), size)])
                for _ in range(num_batches)
            ]
        )
        for size in sizes
    ]
    design = np.stack([np.ones(num_points), smallest / sizes], axis=1)
    fit = optimize.lsq_linear(design, np.array(values), bounds=(0, np.inf))
    variance = 2 * fit.cost / (num_points - 2) * np.linalg.inv(design.T @ design)[0, 0]
    return Estimate(float(fit.x[0]), float(np.sqrt(variance)))


def _kernel_moments(features: np.ndarray) -> tuple[np.ndarray, float]:
    """Second moment of the squares, and the sum of k(x, x), for k(x, y) = (x.y / D + 1)^4.

    With t(x) all products of two entries of [x / sqrt(D), 1], k(x, y) = (t(x).t(y))^2. So the sum of k
    over all pairs is the inner product of two matrices, sum of t t^T, and no matrix of pairs is needed.
    """
    number, width = features.shape
    extended = np.concatenate([features / np.sqrt(width), np.ones((number, 1))], axis=1)
    row, column = np.triu_indices(width + 1)
    products = extended[:, row] * extended[:, column] * np.where(row == column, 1.0, np.sqrt(2.0))
    return products.T @ products, float(np.sum(np.sum(extended**2, axis=1) ** 4))


def squared_discrepancy(real: np.ndarray, fake: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x.y / D + 1)^4.

    Args:
      real: [N, D], N >= 2.
      fake: [K, D], K >= 2.
    """
    ours, our_diagonal = _kernel_moments(real)
    theirs, their_diagonal = _kernel_moments(fake)
    m, n = len(real), len(fake)
    inside = (np.sum(ours**2) - our_diagonal) / (m * (m - 1))
    other_inside = (np.sum(theirs**2) - their_diagonal) / (n * (n - 1))
    return float(inside + other_inside - 2 * np.sum(ours * theirs) / (m * n))


def kpd(
    key: Key, real: np.ndarray, fake: np.ndarray, *, num_batches: int = 10, batch_size: int = 5_000
) -> Estimate:
    """Kernel physics distance: the median squared discrepancy over batches drawn with replacement.

    Args:
      key: for the batches.
      real: [N, D].
      fake: [K, D].
      num_batches: how many.
      batch_size: events of each sample in a batch.

    Returns:
      The median, and half the range from 16.275 to 83.725 per cent over the batches. It may be
      below zero.

    Raises:
      ValueError: where features differ in number or are not finite, or a batch has no pair.
    """
    real, fake = _normalised(real, fake)
    if batch_size < 2 or num_batches < 2:
        raise ValueError(f"Expected 2 batches of 2 events or more; got {num_batches} of {batch_size}.")
    rng = host_generator(key)
    values = [
        squared_discrepancy(real[rng.choice(len(real), batch_size)], fake[rng.choice(len(fake), batch_size)])
        for _ in range(num_batches)
    ]
    low, median, high = np.percentile(values, [16.275, 50, 83.725])
    return Estimate(float(median), float((high - low) / 2))


def pad_features(batch: Batch) -> np.ndarray:
    """Five moments and log10(Sum) of the pad responses that are not empty, [N, 6]."""
    moments = np.asarray(pads.moments(batch.data), np.float64)[~pads.is_empty(batch.data)]
    return np.concatenate([moments[:, :5], np.log10(moments[:, 5:])], axis=1)


def pad_fpd(key: Key, real: Batch, fake: Batch) -> Estimate:
    """FPD on the moments of pad responses; infinite where fewer than ten images have any amplitude."""
    features = pad_features(real), pad_features(fake)
    return fpd(key, *features) if min(map(len, features)) >= 10 else Estimate(float("inf"), float("nan"))


def pad_kpd(key: Key, real: Batch, fake: Batch) -> Estimate:
    """KPD on the moments of pad responses; infinite where fewer than ten images have any amplitude."""
    features = pad_features(real), pad_features(fake)
    return kpd(key, *features) if min(map(len, features)) >= 10 else Estimate(float("inf"), float("nan"))


def _normalised(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    checks.shape("real features", real, (None, None))
    checks.shape("fake features", fake, (None, real.shape[1]))
    for name, features in (("real", real), ("fake", fake)):
        if not (len(features) and np.isfinite(features).all()):
            raise ValueError(f"Expected finite {name} features of at least one event; got others.")
    largest = np.max(np.abs(np.asarray(real, np.float64)), axis=0)
    scale = np.where(largest == 0, 1.0, largest)
    return np.asarray(real, np.float64) / scale, np.asarray(fake, np.float64) / scale
