"""Sentences on the trends that contribute most to the excess of the chi2 over its floor."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxgen.metrics import format
from jaxgen.metrics.table import Label
from jaxgen.metrics.trends import TrendTerms


class Shortfall(NamedTuple):
    """A trend that deviates from the real events.

    Attributes:
      feature: index of the feature.
      value: index of the value plotted against the feature.
      share: fraction of the summed excess of all trends above their floor.
      excess: its chi2 minus that of real events.
      ratio: its chi2 divided by that of real events.
      low: lower edge of its worst bin.
      high: upper edge of its worst bin.
      mean_shift: generated minus real mean in this bin, in units of the combined error.
      std_shift: generated minus real standard deviation in this bin, in units of the combined error.
    """

    feature: int
    value: int
    share: float
    excess: float
    ratio: float
    low: float
    high: float
    mean_shift: float
    std_shift: float


def floor_per_term(floor: TrendTerms | None) -> float:
    """Chi2 of real against real events per term; 1 if unknown."""
    if floor is None or not floor.terms.sum():
        return 1.0
    return float(floor.chi2.sum() / floor.terms.sum())


def excess(terms: TrendTerms, floor: TrendTerms | None = None) -> np.ndarray:
    """Chi2 of each trend minus its value for real events with the same number of terms, [F, M]."""
    return terms.chi2 - floor_per_term(floor) * terms.terms


def shifts(terms: TrendTerms) -> tuple[np.ndarray, np.ndarray]:
    """Generated minus real mean and standard deviation over the combined error, [F, B, M] each."""
    upper, lower = terms.deviation[..., 0], terms.deviation[..., 1]
    return (upper + lower) / 2, (upper - lower) / 2


def shortfalls(
    terms: TrendTerms, floor: TrendTerms | None = None, *, number: int = 5, significance: float = 2.0
) -> list[Shortfall]:
    """The trends with the largest excess, worst first.

    Args:
      terms: terms of generated against real events, the `detail` of `metrics.trends.trend_chi2`.
      floor: terms of real against real events.
      number: largest number of trends returned.
      significance: number of standard deviations of the chi2 distribution, sqrt(2 * terms), that count as an
        excess.

    Returns:
      The trends; an empty list if there is no significant excess.
    """
    above = excess(terms, floor)
    total = np.maximum(above, 0.0).sum()
    expected = floor_per_term(floor) * terms.terms
    found = []
    for flat in np.argsort(above, axis=None)[::-1][:number]:
        feature, value = (int(i) for i in np.unravel_index(flat, above.shape))
        place = feature, value
        if not above[place] > significance * np.sqrt(2 * np.maximum(terms.terms[place], 1)):
            break
        found.append(_shortfall(terms, feature, value, float(above[place] / total), float(expected[place])))
    return found


def _shortfall(terms: TrendTerms, feature: int, value: int, share: float, expected: float) -> Shortfall:
    worst = int(np.argmax(np.sum(terms.deviation[feature, :, value] ** 2, axis=-1)))
    mean, std = (float(shift[feature, worst, value]) for shift in shifts(terms))
    low, high = (float(x) for x in terms.edges[feature, worst : worst + 2])
    chi2 = float(terms.chi2[feature, value])
    ratio = chi2 / expected if expected > 0 else float("inf")
    return Shortfall(feature, value, share, chi2 - expected, ratio, low, high, mean, std)


def describe(shortfall: Shortfall, features: Sequence[Label], values: Sequence[Label]) -> str:
    """A shortfall as a sentence.

    >>> worst = Shortfall(0, 0, 0.34, 120.0, 4.1, 40.0, 50.0, -6.2, 0.3)
    >>> describe(worst, [Label("dip angle", "deg")], [Label("squared width", "bin²", "Sigma1²")])
    'Sigma1² versus dip angle contributes 34 % of the excess χ² (4.1 times its floor); worst between 40 and \
50 deg, where its mean is 6.2 errors too low.'
    """
    feature, value = features[shortfall.feature], values[shortfall.value]
    parts = []
    if abs(shortfall.mean_shift) >= 1:
        parts.append(f"its mean is {abs(shortfall.mean_shift):.1f} errors too {_side(shortfall.mean_shift)}")
    if abs(shortfall.std_shift) >= 1:
        side = "large" if shortfall.std_shift > 0 else "small"
        parts.append(f"its standard deviation is {abs(shortfall.std_shift):.1f} errors too {side}")
    where = f"{shortfall.low:.3g} and {shortfall.high:.3g} {feature.unit}".replace("-", "−").rstrip()
    detail = f", where {' and '.join(parts)}" if parts else ""
    share = f"{100 * shortfall.share:.0f} % of the excess χ²"
    ratio = f"{format.number(shortfall.ratio, 2)} times its floor"
    name = f"{value.short or value.name} versus {feature.name}"
    return f"{name} contributes {share} ({ratio}); worst between {where}{detail}."


def _side(shift: float) -> str:
    return "high" if shift > 0 else "low"
