"""Metrics of one or several runs with their floors and members."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from jaxgen.base import Estimate
from jaxgen.metrics import format
from jaxgen.metrics.scores import Score
from jaxgen.plots import style

LETTERS = 36  # in a line of a panel's title
WIDE = 1e4  # numbers above this leave no room for a second tick label in a decade


def compare_runs(runs: Mapping[str, Mapping[str, Score]], *, columns: int = 3) -> Figure:
    """One panel per metric: a point with its error for each run, on the band of the floor.

    Args:
      runs: metrics by name, by the name of the run. The line of a run that lacks a metric is empty; a value
        that is not finite is written as text.
      columns: number of panels in a row.

    Returns:
      One axes per metric. Members are small open circles, their standard deviation is a pale bar. The
      scale is logarithmic if all values are positive and span more than a factor of 20.

    Raises:
      ValueError: if there is no metric to show.
    """
    metrics = list(dict.fromkeys(name for scores in runs.values() for name in scores))
    if not metrics:
        raise ValueError("Expected at least one metric to compare; got none.")
    rows = -(-len(metrics) // columns)
    figure = style.figure(rows * (0.82 + 0.26 * len(runs)))
    for i, metric in enumerate(metrics):
        axes = figure.add_subplot(rows, columns, i + 1)
        draw_metric(axes, {name: scores.get(metric) for name, scores in runs.items()})
        title = next(scores[metric].title for scores in runs.values() if metric in scores)
        style.dress(axes, title="\n".join(textwrap.wrap(title, LETTERS)))
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0, labelleft=len(runs) > 1 and i % columns == 0)
    return figure


def draw_metric(axes: Axes, scores: Mapping[str, Score | None]) -> None:
    """One metric of all runs, the first run on top."""
    for line, (run, score) in enumerate(scores.items()):
        if score is None:
            continue
        colour = style.ACCENTS[line % len(style.ACCENTS)] if len(scores) > 1 else style.FAKE
        members = score.members if len(score.members) > 1 else ()
        _draw_floor(axes, line, score.floor)
        axes.plot(members, np.full(len(members), line), "o", color=colour, mfc="none", markersize=4)
        value, error = score.estimate
        if not np.isfinite(value):
            text = f"{run}: {format.number(value)}" if len(scores) > 1 else format.number(value)
            axes.text(
                0.5, line, text, transform=axes.get_yaxis_transform(), fontsize=style.SMALL, va="center"
            )
            continue
        _draw_member_std(axes, line, members, colour)
        bar = error if np.isfinite(error) else 0.0
        axes.errorbar(value, line, xerr=bar, fmt="o", color=colour, markersize=5, capsize=2)
    axes.set_yticks(range(len(scores)), scores)
    axes.set_ylim(len(scores) - 0.4, -0.6)
    _choose_scale(axes, [score for score in scores.values() if score is not None])


def _draw_floor(axes: Axes, line: int, floor: Estimate | None) -> None:
    if floor is None or not np.isfinite(floor.value):
        return
    error = floor.error if np.isfinite(floor.error) else 0.0
    heights = [line - 0.4, line + 0.4]
    low, high = floor.value - error, floor.value + error
    axes.fill_betweenx(heights, low, high, color=style.REAL, alpha=0.25, linewidth=0)
    axes.plot([floor.value] * 2, heights, color=style.REAL, linewidth=1.0)


def _draw_member_std(axes: Axes, line: int, members: Sequence[float], colour: str) -> None:
    """A pale bar at the mean of the members plus and minus their standard deviation."""
    known = np.array([value for value in members if value is not None and np.isfinite(value)])
    if len(known) < 2:
        return
    low, high = known.mean() + np.array([-1, 1]) * known.std(ddof=1)
    axes.fill_betweenx([line - 0.15, line + 0.15], low, high, color=colour, alpha=0.3, linewidth=0)


def _choose_scale(axes: Axes, scores: Sequence[Score]) -> None:
    shown = [value for score in scores for value in (score.estimate.value, *score.members)]
    shown += [score.floor.value for score in scores if score.floor is not None]
    finite = [value for value in shown if np.isfinite(value)]
    if finite and min(finite) > 0 and max(finite) > 20 * min(finite):
        axes.set_xscale("log")
        narrow = max(finite) < 300 * min(finite) and max(finite) < WIDE
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if narrow else (1,), numticks=6 if narrow else 5))
        axes.xaxis.set_major_formatter(lambda value, _: format.number(value, 1))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        style.few_ticks(axes.xaxis, most=4)
