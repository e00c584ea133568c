"""Divergences between the histograms of two samples, and a relative distance of their sorted values.

Each is a distance between two one-dimensional samples, for use with `distances.with_bootstrap`.

Bin edges are quantiles of the real sample, so bins have approximately equal numbers of real values and
resolve narrow peaks. Two further bins contain the values below and above all real values.
"""

import numpy as np
from scipy import special

from jaxgen import checks


def shares(real: np.ndarray, fake: np.ndarray, *, bins: int = 50, added: float = 0.0) -> np.ndarray:
    """Fractions of both samples in bins with equal numbers of real values.

    Args:
      real: [N].
      fake: [K].
      bins: largest number of bins in the range of real values; repeated values reduce it.
      added: number added to the count of every bin of both samples before normalization.

    Returns:
      [2, bins + 2], real fractions first.

    >>> shares(np.arange(4.0), np.array([-9.0, 9.0, 9.0, 9.0]), bins=2).tolist()
    [[0.0, 0.5, 0.5, 0.0], [0.25, 0.0, 0.0, 0.75]]
    """
    checks.positive(bins=bins)
    edges = np.unique(np.quantile(real, np.linspace(0, 1, bins + 1)))
    edges[-1] = np.nextafter(edges[-1], np.inf)  # the last bin includes the largest real value
    places = [np.searchsorted(edges, values, side="right") for values in (real, fake)]
    counts = np.stack([np.bincount(place, minlength=len(edges) + 1) for place in places]) + added
    return counts / counts.sum(axis=1, keepdims=True)


def kullback_leibler(real: np.ndarray, fake: np.ndarray, *, bins: int = 50) -> float:
    """Sum of p log(p / q) over bins, in nats, with p the real and q the generated fractions.

    Half a count is added to every bin of both samples (Krichevsky and Trofimov 1981), so that the
    contribution of a bin without generated values is finite. For samples of the same distribution it is about
    (bins - 1) / 2 * (1 / N + 1 / K).

    Args:
      real: [N].
      fake: [K].
      bins: number of bins with about equally many real values.

    >>> kullback_leibler(np.arange(8.0), np.arange(8.0), bins=4)
    0.0
    """
    p, q = shares(real, fake, bins=bins, added=0.5)
    return float(np.sum(special.rel_entr(p, q)))


def jensen_shannon(real: np.ndarray, fake: np.ndarray, *, bins: int = 50) -> float:
    """Mean of the divergences of both samples from their average, 0 to log 2 = 0.693 nats.

    Empty bins need no correction. It is the square of SciPy's Jensen-Shannon distance.

    Args:
      real: [N].
      fake: [K].
      bins: number of bins with about equally many real values.

    >>> round(jensen_shannon(np.array([0.0, 1.0]), np.array([2.0, 3.0]), bins=2), 3)
    0.693
    """
    p, q = shares(real, fake, bins=bins)
    middle = (p + q) / 2
    return float(np.sum(special.rel_entr(p, middle) + special.rel_entr(q, middle)) / 2)


def bray_curtis(real: np.ndarray, fake: np.ndarray) -> float:
    """Sum of |u - v| over sum of |u + v| for sorted values u, v: 0 to 1 if all are positive.

    Without sorting, as it is often used, it depends on the order of the events. Samples of unequal size are
    compared at equidistant quantiles, as many as the smaller sample has values.

    Args:
      real: [N], N >= 1.
      fake: [K], K >= 1.

    Returns:
      The dissimilarity; 0 if all values are zero.

    >>> bray_curtis(np.array([3.0, 1.0]), np.array([1.0, 3.0]))
    0.0
    """
    number = min(len(real), len(fake))
    u, v = (_quantiles(values, number) for values in (real, fake))
    scale = np.sum(np.abs(u + v))
    return float(np.sum(np.abs(u - v)) / scale) if scale else 0.0


def _quantiles(values: np.ndarray, number: int) -> np.ndarray:
    """Quantiles at (i + 1/2) / number; the sorted values themselves if `number` equals their number."""
    at = (np.arange(number) + 0.5) / number
    return np.interp(at, (np.arange(len(values)) + 0.5) / len(values), np.sort(values))
