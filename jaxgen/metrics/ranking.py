"""Area under the ROC curve, with its error."""

import numpy as np
from scipy import stats

from jaxgen.base import Estimate


def placements(negative: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the other class that each score is on the right side of, ties counting half.

    Args:
      negative: scores [N].
      positive: scores [K].

    Returns:
      For each negative the share of positives above it [N]; for each positive the share of
      negatives below it [K]. Both have the area under the curve for their mean.
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
      below: [K], likewise.

    Returns:
      NaN error where a class has a single event.
    """
    if min(len(above), len(below)) < 2:
        return Estimate(float(np.mean(below)), float("nan"))
    variance = np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below)
    return Estimate(float(np.mean(below)), float(np.sqrt(variance)))


def roc_auc(negative: np.ndarray, positive: np.ndarray) -> Estimate:
    """Chance that a positive scores above a negative, ties counting half.

    Args:
      negative: scores [N], N >= 1.
      positive: scores [K], K >= 1.

    Raises:
      ValueError: where a class is empty or a score is NaN.

    >>> roc_auc(np.array([0.0, 1.0]), np.array([1.0, 2.0])).value
    0.875
    """
    if not (len(negative) and len(positive)):
        raise ValueError(f"Expected scores of both classes; got {len(negative)} and {len(positive)}.")
    if np.isnan(negative).any() or np.isnan(positive).any():
        raise ValueError("Expected scores without NaN; got some.")
    return area(*placements(negative, positive))
