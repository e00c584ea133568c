"""Area under the ROC curve, with its error."""

import numpy as np
from scipy import stats

from jaxgen.base import Estimate


def placements(negative: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fraction of the other class that is ranked correctly relative to each score; ties count half.

    Args:
      negative: scores [N].
      positive: scores [K].

    Returns:
      For each negative the fraction of positives above it [N]; for each positive the fraction of
      negatives below it [K]. The mean of each is the area under the curve.
    """
    ranks = stats.rankdata(np.concatenate([negative, positive]))
    n, k = len(negative), len(positive)
    below = (ranks[n:] - stats.rankdata(positive)) / n
    above = 1 - (ranks[:n] - stats.rankdata(negative)) / k
    return above, below


def area(above: np.ndarray, below: np.ndarray) -> Estimate:
    """The area under the curve from placements, with the error of DeLong et al. (Biometrics 44, 837).

    Args:
      above: [N], from `placements`.
      below: [K], from `placements`.

    Returns:
      The area; its error is NaN if a class has a single event.
    """
    if min(len(above), len(below)) < 2:
        return Estimate(float(np.mean(below)), float("nan"))
    variance = np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below)
    return Estimate(float(np.mean(below)), float(np.sqrt(variance)))


def roc_auc(negative: np.ndarray, positive: np.ndarray) -> Estimate:
    """Probability that a positive scores above a negative; ties count half.

    Args:
      negative: scores [N], N >= 1.
      positive: scores [K], K >= 1.

    Raises:
      ValueError: if a class is empty or a score is NaN.

    >>> roc_auc(np.array([0.0, 1.0]), np.array([1.0, 2.0])).value
    0.875
    """
    if not (len(negative) and len(positive)):
        raise ValueError(f"Expected scores of both classes; got {len(negative)} and {len(positive)}.")
    if np.isnan(negative).any() or np.isnan(positive).any():
        raise ValueError("Expected scores without NaN; got some.")
    return area(*placements(negative, positive))
