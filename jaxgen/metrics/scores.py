"""Metrics of generated events beside their real-versus-real floors: values, errors, ratios and verdicts.

The floor of a metric is the metric of other real events in the place of the generated ones. It is not zero,
as samples are finite.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxgen import checks, display
from jaxgen.base import UNKNOWN, Estimate
from jaxgen.metrics import format, glossary, verdicts
from jaxgen.metrics.glossary import NEITHER, PURE, Meaning

WORRYING = 3.0


def quotient(numerator: Estimate, denominator: Estimate) -> Estimate:
    """Quotient of two estimates, their errors taken as independent.

    >>> quotient(Estimate(6.0, 0.0), Estimate(2.0, 0.5))
    Estimate(value=3.0, error=0.75)
    """
    if denominator.value == 0:
        return UNKNOWN
    value = numerator.value / denominator.value
    error = math.hypot(numerator.error, value * denominator.error) / abs(denominator.value)
    return Estimate(value, error)


def pull(value: Estimate, reference: Estimate) -> float:
    """Difference over the combined error; NaN where both errors are zero or not known.

    >>> pull(Estimate(11.0, 4.0), Estimate(1.0, 3.0))
    2.0
    """
    error = math.hypot(value.error, reference.error)
    return (value.value - reference.value) / error if error > 0 else math.nan


@dataclass(frozen=True)
class Score:
    """A metric of one generator, of one or several members.

    Attributes:
      name: such as trend_chi2.
      estimate: generated against real events: the mean over members, the error of one sample.
      floor: real against real events; None where it is not known.
      members: the value of each member.
      number: generated events.
      floor_number: real events that took the place of the generated ones.
      meaning: the metric in plain words.
    """

    name: str
    estimate: Estimate
    floor: Estimate | None = None
    members: tuple[float, ...] = ()
    number: int | None = None
    floor_number: int | None = None
    meaning: Meaning = field(default=Meaning(""), repr=False)

    @property
    def title(self) -> str:
        """The metric's usual name."""
        return self.meaning.title or glossary.meaning(self.name).title

    @property
    def unit(self) -> str:
        """Of the value; empty for a pure number."""
        return "" if self.meaning.unit == PURE else self.meaning.unit

    @property
    def label(self) -> str:
        """The title with the unit.

        >>> Score("w", Estimate(1.0, 0.1), meaning=Meaning("Distance", unit="GeV")).label
        'Distance [GeV]'
        """
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    @property
    def lost(self) -> bool:
        """Whether it is infinite where real events have a value: too few generated events have one."""
        return self.estimate.value == math.inf and self.floor is not None and math.isfinite(self.floor.value)

    @property
    def member_std(self) -> float:
        """Standard deviation over members; NaN for one."""
        return float(np.std(self.members, ddof=1)) if len(self.members) > 1 else math.nan

    @property
    def ratio(self) -> Estimate | None:
        """Estimate over floor, where both are clearly above zero."""
        floor = self.floor
        if floor is None or not (self.estimate.value > 0 and floor.value > 2 * floor.error > 0):
            return None
        return quotient(self.estimate, floor)

    @property
    def pull(self) -> float:
        """Generated less floor over the combined error; NaN where that makes no sense."""
        return math.nan if self.floor is None else pull(self.estimate, self.floor)

    @property
    def worse(self) -> bool:
        """Whether it is more than three errors from the floor, to the bad side, or lost."""
        if self.lost and self.meaning.better == -1:
            return True
        if self.meaning.better == NEITHER:
            return abs(self.pull) > WORRYING
        return self.meaning.better * self.pull < -WORRYING

    def difference(self) -> str:
        """Generated less floor over the combined error, in words."""
        away = f"{self.pull:+.1f} errors".replace("-", "−") if math.isfinite(self.pull) else "–"
        return f"{away}, worse" if self.worse else away

    def verdict(self) -> str:
        """The value beside that of real events, in a sentence that says nothing of the events as a whole.

        >>> words = Meaning("Trend χ²", better=-1)
        >>> Score("trend_chi2", Estimate(1400.0, 80.0), Estimate(1100.0, 70.0), meaning=words).verdict()
        'Trend χ² is 1,400 ± 80; real events in place of generated ones give 1,100 ± 70. A perfect generator \
would have a ratio of 1; here it is 1.27 ± 0.11.'
        """
        unit = f" {self.unit}" if self.unit else ""
        text = f"{self.title} is {format.estimate(self.estimate)}{unit}"
        if self.floor is None:
            return f"{text}; its floor is not known."
        text += f"; real events in place of generated ones give {format.estimate(self.floor)}{unit}."
        ratio = self.ratio
        if ratio is None or not math.isfinite(ratio.value):
            return text
        return f"{text} A perfect generator would have a ratio of 1; here it is {format.estimate(ratio)}."

    def brief(self) -> str:
        """One line without the name: value, spread of the seeds, floor."""
        text = format.estimate(self.estimate)
        if len(self.members) > 1:
            text += f" (standard deviation of {len(self.members)} seeds {format.number(self.member_std, 2)})"
        return text if self.floor is None else f"{text}; real against real {format.estimate(self.floor)}"

    def as_json(self) -> dict[str, Any]:
        """As `evaluation.json` has it; None stands for what is not finite."""
        floor = self.floor or UNKNOWN
        ratio = self.estimate.value / floor.value if floor.value else math.nan
        return {
            "value": _finite(self.estimate.value),
            "error": _finite(self.estimate.error),
            "member_std": _finite(self.member_std),
            "members": [_finite(value) for value in self.members],
            "n": self.number,
            "floor": {"value": _finite(floor.value), "error": _finite(floor.error), "n": self.floor_number},
            "ratio": _finite(ratio),
            "title": self.title,
            "unit": self.meaning.unit,
        }


def of_members(
    name: str,
    estimates: Sequence[Estimate],
    floor: Estimate,
    *,
    number: int,
    floor_number: int,
    meaning: Meaning,
) -> Score:
    """The score of a metric from its estimates for all members."""
    values = np.array([one.value for one in estimates], float)
    errors = np.array([one.error for one in estimates], float)
    mean = Estimate(float(values.mean()), float(errors.mean()))
    members = tuple(float(value) for value in values)
    return Score(name, mean, floor, members, number, floor_number, meaning)


def from_json(name: str, row: Mapping[str, Any], meaning: Meaning | None = None) -> Score:
    """The score that `Score.as_json` was made of.

    >>> score = Score("fpd", Estimate(2.0, 0.2), Estimate(1.0, 0.1))
    >>> from_json("fpd", score.as_json()).floor
    Estimate(value=1.0, error=0.1)
    """
    floor = row["floor"]
    words = (meaning or glossary.meaning(name))._replace(title=row["title"], unit=row["unit"])
    return Score(
        name,
        Estimate(_number(row["value"]), _number(row["error"])),
        Estimate(_number(floor["value"]), _number(floor["error"])),
        tuple(_number(value) for value in row["members"]),
        row["n"],
        floor["n"],
        words,
    )


@dataclass(frozen=True)
class Scores(Mapping[str, Score]):
    """All metrics of a generator by name.

    Attributes:
      rows: by name.
      headline: name of the metric that the verdict is about.
      notes: sentences on what was judged.
      judged: by what: the system, the fingerprint of its data, numbers of test and of generated events.

    >>> scores = Scores({"fpd": Score("fpd", Estimate(2.0, 0.5), Estimate(1.0, 0.2))}, "fpd")
    >>> print(*scores.table()[1][0], sep=", ")
    Fréchet physics distance, 2.00 ± 0.50, 1.00 ± 0.20, 2.00 ± 0.64, +1.9 errors
    """

    rows: Mapping[str, Score]
    headline: str = ""
    notes: tuple[str, ...] = ()
    judged: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Score:
        if name not in self.rows:
            raise KeyError(checks.unknown("metric", name, self.rows))
        return self.rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def verdict(self) -> list[str]:
        """The classifier, the headline metric, the worst ones and a conclusion, see `metrics.verdicts`."""
        return verdicts.sentences(self.rows, self.headline)

    def table(self) -> tuple[tuple[str, ...], list[list[str]]]:
        """Heads and lines of all metrics."""
        heads = ("metric", "generated", "real (floor)", "ratio", "difference")
        lines = []
        for score in self.rows.values():
            cells = [format.estimate(one) for one in (score.estimate, score.floor, score.ratio)]
            lines.append([score.label, *cells, score.difference()])
        return heads, lines

    def __repr__(self) -> str:
        return "\n".join([*self.notes, *self.verdict(), display.plain_table(*self.table())])

    def _repr_html_(self) -> str:
        said = map(display.paragraph, [*self.notes, *self.verdict()])
        return "".join(said) + display.table(*self.table())

    def as_json(self) -> dict[str, Any]:
        """All rows as `evaluation.json` has them."""
        return {name: score.as_json() for name, score in self.rows.items()}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
