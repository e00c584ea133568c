"""Frechet and kernel physics distances, FPD and KPD (arXiv:2211.10295), as jetnet 0.2.5 defines them."""

import numpy as np
from scipy import optimize

from jaxgen import checks
from jaxgen.base import LOST, Estimate, Key
from jaxgen.metrics.distances import host_generator
from jaxgen.metrics.frechet import frechet_of_samples

FEWEST = 10  # number of events below which a distance in many dimensions is infinite


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
    sizes, equally spaced in 1/size, the distance is averaged over batches drawn with replacement.
    A straight line in 1/size, with both coefficients at least zero, is extrapolated to
    1/size = 0. The bias due to the finite samples remains: compare with the real-versus-real floor.

    Args:
      key: random key of the batches.
      real: [N, D].
      fake: [K, D].
      min_samples: smallest batch size; by default 2/5 of the largest.
      max_samples: largest batch size; by default the size of the smaller sample, at most 50,000.
      num_points: number of batch sizes.
      num_batches: number of batches of each size.

    Returns:
      The intercept and its standard error from the fit.

    Raises:
      ValueError: if the numbers of features differ, features are not finite, or the sizes are invalid.
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

    With t(x) all products of two entries of [x / sqrt(D), 1], k(x, y) = (t(x).t(y))^2. The sum of k
    over all pairs is therefore the inner product of two matrices, sum of t t^T, without a matrix of pairs.
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
      key: random key of the batches.
      real: [N, D].
      fake: [K, D].
      num_batches: number of batches.
      batch_size: number of events of each sample in a batch.

    Returns:
      The median, and half the range from 16.275 to 83.725 per cent over the batches. It may be
      negative.

    Raises:
      ValueError: if the numbers of features differ, features are not finite, or a batch has no pair.
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


def _normalised(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    checks.shape("real features", real, (None, None))
    checks.shape("fake features", fake, (None, real.shape[1]))
    for name, features in (("real", real), ("fake", fake)):
        if not (len(features) and np.isfinite(features).all()):
            raise ValueError(f"Expected finite {name} features of at least one event; got others.")
    largest = np.max(np.abs(np.asarray(real, np.float64)), axis=0)
    scale = np.where(largest == 0, 1.0, largest)
    return np.asarray(real, np.float64) / scale, np.asarray(fake, np.float64) / scale


def both(key: Key, real: np.ndarray, fake: np.ndarray) -> dict[str, Estimate]:
    """FPD and KPD as "fpd" and "kpd"; infinite if a sample has fewer than ten events."""
    if min(len(real), len(fake)) < FEWEST:
        return {"fpd": LOST, "kpd": LOST}
    return {"fpd": fpd(key, real, fake), "kpd": kpd(key, real, fake)}
