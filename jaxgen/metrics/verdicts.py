"""The verdict of all metrics: the classifier, the headline metric, the worst ones, a conclusion.

The conclusion is one of `CONCLUSIONS`. It rests on the classifiers, as only they see events as a whole; other
metrics decide where no classifier finds a difference, or none could be trained.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scipy import stats

from jaxgen.base import Estimate
from jaxgen.metrics import format
from jaxgen.metrics.glossary import SINGLE_COLUMNS, WITHOUT_CONDITIONS

if TYPE_CHECKING:
    from jaxgen.metrics.scores import Score

SAME = "cannot be told from real events with this sample"
CLOSE = "are close to real events; differences are measurable"
APART = "are clearly different from real events"
CONDITIONS = "do not follow their conditions as real events do; without the conditions they differ little"
RELATIONS = (
    "do not have the relations between their numbers that real events have; each number differs little"
)
UNKNOWN = "are too few to be told from real events or not"
CONCLUSIONS = (SAME, CLOSE, APART, CONDITIONS, RELATIONS, UNKNOWN)
"""How the last sentence ends, after "Conclusion: the generated events"."""

CHANCE = 0.5
CLEAR = 0.65
"""Area under the ROC curve from which on events are clearly different."""

FAR = 0.8
"""Area from which on it is asked whether a network that sees less finds little."""

SHARE = 1 / 3
"""Share of the area above chance up to which that one finds little."""

ERRORS = 3.0
FALSE_ALARMS = 0.01
"""Chance that any of the other metrics of real events counts as worse."""

MOST = 3
"""Metrics that are named as the worst."""


def sentences(scores: "Mapping[str, Score]", headline: str) -> list[str]:
    """What was found, in order: the classifier, the headline metric, the worst other metrics, a conclusion.

    Args:
      scores: by name.
      headline: name of the headline metric.
    """
    told = classifier(scores)
    lines = [] if told is None else [_classified(told)]
    if headline in scores and scores[headline] is not told:
        lines.append(scores[headline].verdict())
    return [*lines, _worst(scores), f"Conclusion: the generated events {conclusion(scores)}."]


def classifier(scores: "Mapping[str, Score]") -> "Score | None":
    """The classifier that tells generated from real events best; None where none was trained."""
    known = [score for name, score in scores.items() if _is_classifier(name) and _finite(score.estimate)]
    return max(known, key=lambda score: score.estimate.value, default=None)


def conclusion(scores: "Mapping[str, Score]") -> str:
    """One of `CONCLUSIONS`.

    - `SAME`: no classifier ranks generated above real events by more than three errors, and no other metric
      is worse than real events by more errors than one of a hundred evaluations of real events would have.
    - `CLOSE`: one of these does, but no classifier reaches an area of 0.65.
    - `CONDITIONS`, `RELATIONS`: one reaches 0.8, and the network that does not see the conditions, or sees
      each column by itself, comes at most a third as far above 0.5.
    - `APART`: any other where one reaches 0.65.
    - `UNKNOWN`: no classifier was trained and no other metric is worse.
    """
    told = classifier(scores)
    worse = bool(worst(scores, number=1))
    if told is None:
        return CLOSE if worse else UNKNOWN
    area = told.estimate
    if area.value < CLEAR:
        return CLOSE if worse or area.value - CHANCE > ERRORS * area.error else SAME
    for name, words in ((WITHOUT_CONDITIONS, CONDITIONS), (SINGLE_COLUMNS, RELATIONS)):
        if name in scores and area.value > FAR:
            less = scores[name].estimate.value - CHANCE
            if less < SHARE * (area.value - CHANCE):
                return words
    return APART


def worst(scores: "Mapping[str, Score]", *, number: int = MOST) -> "list[Score]":
    """Metrics, classifiers apart, that are significantly worse than their floor, the worst first.

    Args:
      scores: by name.
      number: at most so many.
    """
    others = [score for name, score in scores.items() if not name.startswith("auc")]
    limit = stats.norm.isf(FALSE_ALARMS / max(len(others), 1))
    bad = [score for score in others if score.worse and (score.lost or abs(score.pull) > limit)]
    return sorted(bad, key=lambda score: -math.inf if score.lost else -abs(score.pull))[:number]


def _classified(score: "Score") -> str:
    real = "" if score.floor is None else f" (real against real: {hundred(score.floor)})"
    return (
        "A classifier that is shown a generated and a real event finds the generated one in "
        f"{hundred(score.estimate)} of 100 cases; 50 is chance{real}."
    )


def _worst(scores: "Mapping[str, Score]") -> str:
    found = worst(scores)
    if not found:
        return "No other metric is significantly worse than for real events."
    return f"Worst of the other metrics: {'; '.join(f'{one.title} ({one.difference()})' for one in found)}."


def hundred(area: Estimate) -> str:
    """An area as a number of hundred cases.

    >>> hundred(Estimate(0.7312, 0.0184)), hundred(Estimate(0.9996, 0.0002)), hundred(Estimate(1.0, 0.0))
    ('73 ± 2', '99.96 ± 0.02', '100')
    """
    error = 100 * area.error
    if not 0 < error < math.inf:
        return format.number(100 * area.value)
    digits = max(0, -math.floor(math.log10(error)))
    return f"{100 * area.value:.{digits}f} ± {error:.{digits}f}"


def _is_classifier(name: str) -> bool:
    return name == "auc" or name.startswith("auc_")


def _finite(estimate: Estimate) -> bool:
    return math.isfinite(estimate.value)
