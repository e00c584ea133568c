"""Several runs side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxgen import display
from jaxgen.base import Estimate
from jaxgen.metrics import format
from jaxgen.metrics.scores import Score, Scores
from jaxgen.run.run import Run

if TYPE_CHECKING:
    from jaxgen.plots.illustration import Illustration


class Comparison:
    """Scores of several runs by their names.

    Args:
      scores: of each run.

    Attributes:
      scores: as given.
    """

    def __init__(self, scores: Mapping[str, Scores]) -> None:
        self.scores = dict(scores)

    def table(self) -> tuple[tuple[str, ...], list[list[str]]]:
        """Heads and lines: a metric a line, a run a column, real events in the last one."""
        metrics = list(dict.fromkeys(name for rows in self.scores.values() for name in rows))
        lines = []
        for metric in metrics:
            rows = {name: rows[metric] for name, rows in self.scores.items() if metric in rows}
            first = next(iter(rows.values()))
            cells = [_cell(rows[name]) if name in rows else "–" for name in self.scores]
            lines.append([first.title, *cells, format.estimate(first.floor)])
        return ("metric", *self.scores, "real events"), lines

    def figure(self, *, metrics: list[str] | None = None) -> "Illustration":
        """One panel a metric, one point a run.

        Args:
          metrics: which to show, in order; all where not given.
        """
        from jaxgen.plots.comparison import compare_runs
        from jaxgen.plots.illustration import Illustration

        shown = {
            name: {
                metric: rows[metric]
                for metric in (metrics if metrics is not None else rows)
                if metric in rows
            }
            for name, rows in self.scores.items()
        }
        return Illustration(
            "comparison",
            "Runs side by side",
            "Points are means over the seeds with the statistical error of one, small circles single seeds, "
            "pale bars their standard deviation. Gray bands are real events in place of generated ones.",
            compare_runs(shown),
        )

    def verdict(self) -> str:
        """Which run has the smallest headline metric."""
        headline = next(iter(self.scores.values())).headline
        known = {
            name: rows[headline]
            for name, rows in self.scores.items()
            if headline in rows and rows[headline].estimate.value == rows[headline].estimate.value
        }
        if not known:
            return "No run has a finite value of the headline metric."
        best = min(known, key=lambda name: known[name].estimate.value)
        score = known[best]
        return (
            f"{score.title} is smallest for {best}: {format.number(score.estimate.value)}, where other real "
            f"events give {format.number(score.floor.value if score.floor else float('nan'))}."
        )

    def __repr__(self) -> str:
        return f"{self.verdict()}\n{display.plain_table(*self.table())}"

    def _repr_html_(self) -> str:
        return display.paragraph(self.verdict()) + display.table(*self.table())


def _cell(score: Score) -> str:
    failed = sum(value != value for value in score.members)
    if failed:
        return f"no number for {failed} of {len(score.members)} seeds"
    if len(score.members) > 1:
        return format.estimate(Estimate(score.estimate.value, score.member_std))
    return format.estimate(score.estimate)


def compare(runs: Mapping[str, Any]) -> Comparison:
    """Puts runs side by side.

    Args:
      runs: by name, a `Run` that was judged or has its data at hand, `Scores`, or the folder of a judged run.

    Raises:
      ValueError: where there is no run, one was not judged, or they have no metric in common.

    >>> import jaxgen
    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 400)
    >>> again = jaxgen.evaluate(data.train, data, system=tpc_pads)
    >>> jaxgen.compare({"one": again, "other": again}).table()[0]
    ('metric', 'one', 'other', 'real events')
    """
    if not runs:
        raise ValueError("Expected runs to compare, by name; got none.")
    scores = {name: _scores(name, run) for name, run in runs.items()}
    shared = set.intersection(*(set(rows) for rows in scores.values()))
    if not shared:
        raise ValueError(f"Expected runs with a metric in common; got none of {', '.join(scores)}.")
    return Comparison(scores)


def _scores(name: str, run: Any) -> Scores:
    if isinstance(run, str | Path):
        run = Run.open(run)
    if isinstance(run, Run):
        return run.scores or run.evaluate()
    if not isinstance(run, Scores):
        raise ValueError(f"Expected a Run, Scores or a run folder as {name}; got {type(run).__name__}.")
    return run
