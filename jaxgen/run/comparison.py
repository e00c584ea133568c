"""Comparison of several runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxgen import checks, display
from jaxgen.base import Estimate
from jaxgen.metrics import format, verdicts
from jaxgen.metrics.scores import Score, Scores
from jaxgen.run.run import Run

if TYPE_CHECKING:
    from jaxgen.data.dataset import Dataset
    from jaxgen.plots.illustration import Illustration


class Comparison:
    """Scores of several runs by name.

    Args:
      scores: scores of each run.
      runs: the runs, if known.

    Attributes:
      scores: scores of each run.
      runs: the runs, if known.
    """

    def __init__(self, scores: Mapping[str, Scores], runs: Mapping[str, Run] | None = None) -> None:
        self.scores, self.runs = dict(scores), dict(runs or {})

    def table(self) -> tuple[tuple[str, ...], list[list[str]]]:
        """Header and rows: one row per metric with its unit, one column per run, real events last."""
        metrics = list(dict.fromkeys(name for rows in self.scores.values() for name in rows))
        lines = []
        for metric in metrics:
            rows = {name: rows[metric] for name, rows in self.scores.items() if metric in rows}
            shown = next(iter(rows.values()))
            cells = [_cell(rows[name]) if name in rows else "–" for name in self.scores]
            floor = format.estimate(_floor(list(rows.values())))
            lines.append([shown.title, shown.unit or "1", *cells, floor])
        return ("metric", "unit", *self.scores, "real events"), lines

    def report(self, path: str | Path, *, data: "Dataset | None" = None) -> Path:
        """Writes one page on all runs: the best run, costs, differences in settings, figures.

        Args:
          path: path of the HTML file; or a folder, which gets report.html, comparison.json and plots.
          data: training data of the runs, for figures that compare events; by default read or simulated again
            if possible.

        Returns:
          The path of the HTML file.
        """
        from jaxgen.run import comparison_page

        return comparison_page.write(self, path, data=data)

    def figure(self, *, metrics: list[str] | None = None) -> "Illustration":
        """One panel per metric, one point per run.

        Args:
          metrics: names of the metrics to show, in order; all by default.

        Raises:
          ValueError: for a metric that no run has.
        """
        from jaxgen.plots.comparison import compare_runs
        from jaxgen.plots.illustration import Illustration

        known = list(dict.fromkeys(name for rows in self.scores.values() for name in rows))
        for metric in metrics or ():
            if metric not in known:
                raise ValueError(checks.unknown("metric", metric, known))
        wanted = known if metrics is None else metrics
        shown = {
            name: {metric: rows[metric] for metric in wanted if metric in rows}
            for name, rows in self.scores.items()
        }
        return Illustration(
            "comparison",
            "Runs side by side: points on the gray bands are as good as real events",
            "Points are means over the seeds with the statistical error of one, small circles single seeds, "
            "pale bars their standard deviation. Gray bands are real events in place of generated ones.",
            compare_runs(shown),
        )

    def verdict(self) -> str:
        """Sentences on the runs with the lowest classifier area and with the smallest headline metric."""
        told = {name: verdicts.classifier(rows) for name, rows in self.scores.items()}
        areas = {name: score.estimate for name, score in told.items() if score is not None}
        first = []
        if areas:
            order = sorted(areas, key=lambda name: areas[name].value)
            others = ", ".join(f"{name} {verdicts.hundred(areas[name])}" for name in order[1:])
            first = [
                f"A classifier tells {order[0]} from real events least: in "
                f"{verdicts.hundred(areas[order[0]])} of 100 cases, where 50 is chance"
                + (f" ({others})." if others else ".")
            ]
        return " ".join([*first, self._headline()])

    def _headline(self) -> str:
        headline = next(iter(self.scores.values())).headline
        known = {
            name: rows[headline]
            for name, rows in self.scores.items()
            if headline in rows and rows[headline].estimate.value == rows[headline].estimate.value
        }
        if not known:
            return "No run has a finite value of the headline metric."
        best = min(known, key=lambda name: known[name].estimate.value)
        score, floor = known[best], _floor(list(known.values()))
        return (
            f"{score.title} is smallest for {best}: {_cell(score)}, where other real events give "
            f"{format.estimate(floor)}."
        )

    def notes(self) -> list[str]:
        """Sentences needed to interpret the table."""
        several = any(len(score.members) > 1 for rows in self.scores.values() for score in rows.values())
        found = []
        if several:
            found.append(
                "± is the standard deviation over members where there are several, else of one sample."
            )
        for what, words in (("data", "data sets"), ("generated_events", "numbers of generated events")):
            if len({rows.judged[what] for rows in self.scores.values() if what in rows.judged}) > 1:
                found.append(f"These runs were judged by different {words}, on which the values depend.")
        return found

    def __repr__(self) -> str:
        return "\n".join([self.verdict(), display.plain_table(*self.table()), *self.notes()])

    def _repr_html_(self) -> str:
        said = map(display.paragraph, self.notes())
        return display.paragraph(self.verdict()) + display.table(*self.table()) + "".join(said)


def _floor(scores: Sequence[Score]) -> Estimate | None:
    """Common floor of the runs; with the same test events their floors differ only by the seed."""
    known = [score.floor for score in scores if score.floor is not None]
    if not known:
        return None
    return Estimate(*(sum(part) / len(known) for part in zip(*known, strict=True)))


def _cell(score: Score) -> str:
    failed = sum(value != value for value in score.members)
    if failed:
        return f"no number for {failed} of {len(score.members)} seeds"
    if len(score.members) > 1:
        return format.estimate(Estimate(score.estimate.value, score.member_std))
    return format.estimate(score.estimate)


def compare(runs: Mapping[str, Any]) -> Comparison:
    """Compares runs.

    Args:
      runs: runs by name: an evaluated `Run` or one with data, `Scores`, or the folder of an evaluated run.

    Raises:
      ValueError: if there are no runs, a run was not evaluated, the detectors differ, or no metric is common
        to all.

    >>> import jaxgen
    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 400)
    >>> again = jaxgen.evaluate(data.train, data, system=tpc_pads, quiet=True)
    >>> jaxgen.compare({"one": again, "other": again}).table()[0]
    ('metric', 'unit', 'one', 'other', 'real events')
    """
    if not isinstance(runs, Mapping) or not runs:
        raise ValueError(
            f"Expected runs to compare, by name; got {'none' if not runs else type(runs).__name__}."
        )
    opened = {name: Run.open(run) if isinstance(run, str | Path) else run for name, run in runs.items()}
    scores = {name: _scores(name, run) for name, run in opened.items()}
    systems = {name: rows.judged["system"] for name, rows in scores.items() if "system" in rows.judged}
    if len(set(systems.values())) > 1:
        told = ", ".join(f"{name} of {system}" for name, system in systems.items())
        raise ValueError(f"Expected runs of one detector to compare; got {told}.")
    shared = set.intersection(*(set(rows) for rows in scores.values()))
    if not shared:
        raise ValueError(f"Expected runs with a metric in common; got none of {', '.join(scores)}.")
    return Comparison(scores, {name: run for name, run in opened.items() if isinstance(run, Run)})


def _scores(name: str, run: Any) -> Scores:
    if isinstance(run, Run):
        try:
            return run.scores or run.evaluate()
        except ValueError as error:
            raise ValueError(f"The run {name} was not judged, and cannot be. {error}") from error
    if not isinstance(run, Scores):
        raise ValueError(f"Expected a Run, Scores or a run folder as {name}; got {type(run).__name__}.")
    return run
