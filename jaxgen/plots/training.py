"""How a run went: what it logged, against the number of updates."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.plots import style
from jaxgen.plots.illustration import Illustration

BOOKKEEPING = ("step", "epoch", "wall_seconds", "cpu_seconds", "steps_per_second", "died")
DECADES = 2.5


class Panel(NamedTuple):
    """Quantities that share axes.

    Attributes:
      title: of the panel.
      names: of the quantities, as logged; those that were not logged are left out.
      reference: a value to draw a line at, such as 1 for a ratio.
      logarithmic: whether the scale is, where all values are above zero.
    """

    title: str
    names: tuple[str, ...]
    reference: float | None = None
    logarithmic: bool = False


class Curve(NamedTuple):
    """One logged quantity.

    Attributes:
      step: where it was logged, [S].
      values: by member, NaN where not finite, [S, K].
    """

    step: np.ndarray
    values: np.ndarray


PANELS = (
    Panel("losses", ("critic_loss", "generator_loss", "loss")),
    Panel("critic gap, real − generated", ("critic_gap",)),
    Panel("mean scores of the critic", ("critic_real", "critic_fake")),
    Panel("penalty", ("penalty",)),
    Panel("slope of the critic", ("slope",), logarithmic=True),
    Panel("gradient norms", ("gradient_norm_critic", "gradient_norm_generator"), logarithmic=True),
    Panel(
        "variety, generated / real",
        ("std_ratio", "distance_ratio", "nearest_ratio"),
        reference=1.0,
    ),
    Panel("trend χ² / floor", ("trend_chi2_ratio", "chi2_ratio"), reference=1.0, logarithmic=True),
    Panel("trend χ² against training events", ("trend_chi2",), logarithmic=True),
)


def curve(entries: Sequence[Mapping[str, Any]], name: str) -> Curve | None:
    """One quantity out of a log; None where it was never logged as a number.

    Args:
      entries: each with a `step`; a quantity is a number, or a list with one for each member.
      name: of the quantity.

    Returns:
      The curve; a line with fewer members than the others is filled up with NaN.

    >>> curve([{"step": 1, "loss": [2.0, 4.0]}, {"step": 2}], "loss").values.tolist()
    [[2.0, 4.0]]
    """
    kept = [(entry["step"], np.atleast_1d(entry[name])) for entry in entries if name in entry]
    kept = [(step, row) for step, row in kept if row.ndim == 1 and row.dtype.kind in "fiub"]
    if not kept:
        return None
    values = np.full((len(kept), max(len(row) for _, row in kept)), np.nan)
    for i, (_, row) in enumerate(kept):
        values[i, : len(row)] = row
    values[~np.isfinite(values)] = np.nan
    return Curve(np.array([step for step, _ in kept]), values)


def training_curves(
    entries: Sequence[Mapping[str, Any]], *, panels: Sequence[Panel] = PANELS, columns: int = 3
) -> Figure:
    """Everything that was logged, in panels; what is in none of them gets its own.

    Args:
      entries: the lines of `metrics.jsonl`, in order.
      panels: what to draw together.
      columns: panels in a row.

    Returns:
      One axes a panel; members are thin lines and their mean a thick one.
    """
    logged = dict.fromkeys(name for entry in entries for name in entry if name not in BOOKKEEPING)
    known = {name for panel in panels for name in panel.names}
    every = [*panels, *(Panel(name.replace("_", " "), (name,)) for name in logged if name not in known)]
    drawn = []
    for panel in every:
        found = {name: one for name in panel.names if (one := curve(entries, name)) is not None}
        if found:
            drawn.append((panel, found))
    rows = max(1, -(-len(drawn) // columns))
    figure = style.figure(2.5 * rows)
    for i, (panel, curves) in enumerate(drawn):
        axes = figure.add_subplot(rows, columns, i + 1)
        draw_panel(axes, panel, curves)
        style.dress(axes, x="update" if i + columns >= len(drawn) else "", title=panel.title)
    return figure


def training_illustration(entries: Sequence[Mapping[str, Any]]) -> Illustration:
    """How training went, from the lines of `metrics.jsonl`."""
    members = max((np.size(value) for entry in entries for value in entry.values()), default=1)
    lines = f" Thin lines are the {members} members, thick ones their mean." if members > 1 else ""
    return Illustration(
        "training",
        "Training",
        f"What was logged, averaged between two log entries, against the number of updates.{lines} "
        "Broken lines mark the value of a perfect generator.",
        training_curves(entries),
    )


def draw_panel(axes: Axes, panel: Panel, curves: Mapping[str, Curve]) -> None:
    """The quantities of one panel, each in a colour."""
    for colour, (name, one) in zip(style.ACCENTS, curves.items(), strict=False):
        several = one.values.shape[1] > 1
        if several:
            axes.plot(one.step, one.values, color=colour, linewidth=0.5, alpha=0.5)
        known = ~np.isnan(one.values).all(axis=1)
        mean = np.nanmean(one.values[known], axis=1)
        label = name.replace("_", " ") + (" (mean)" if several else "")
        marker = "." if len(mean) < 30 else ""
        axes.plot(one.step[known], mean, color=colour, linewidth=1.4, marker=marker, label=label)
    if panel.reference is not None:
        axes.axhline(panel.reference, color=style.REAL, linewidth=0.8, linestyle="--")
    _choose_scale(axes, panel, np.concatenate([one.values.ravel() for one in curves.values()]))
    if len(curves) > 1:
        style.legend(axes)


def _choose_scale(axes: Axes, panel: Panel, values: np.ndarray) -> None:
    """Logarithmic where asked for and possible; linear near zero and logarithmic beyond for long tails."""
    values = values[~np.isnan(values)]
    if not len(values):
        return
    if panel.logarithmic and values.min() > 0:
        axes.set_yscale("log")
        return
    typical = float(np.median(np.abs(values)))
    if typical > 0 and np.abs(values).max() > 10**DECADES * typical:
        axes.set_yscale("symlog", linthresh=10 * typical)
