"""Training curves: logged quantities as functions of the number of updates."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics import format
from jaxgen.plots import style
from jaxgen.plots.illustration import Illustration

BOOKKEEPING = ("step", "epoch", "wall_seconds", "cpu_seconds", "steps_per_second", "died")
DECADES = 2.5
LABELS = {
    "critic_loss": "critic",
    "generator_loss": "generator",
    "critic_real": "real",
    "critic_fake": "generated",
    "gradient_norm_critic": "critic",
    "gradient_norm_generator": "generator",
    "std_ratio": "standard deviation",
    "distance_ratio": "distance of two",
    "nearest_ratio": "distance to the nearest",
}
"""Labels of curves in their panels."""


class Panel(NamedTuple):
    """Quantities that share axes.

    Attributes:
      title: title of the panel.
      names: names of the logged quantities; those that were not logged are omitted.
      words: what is shown and what to look for.
      reference: value at which a line is drawn, such as 1 for a ratio.
      logarithmic: whether the scale is logarithmic if all values are positive.
    """

    title: str
    names: tuple[str, ...]
    words: str = ""
    reference: float | None = None
    logarithmic: bool = False


class Curve(NamedTuple):
    """One logged quantity.

    Attributes:
      step: steps at which it was logged, [S].
      values: values by member, NaN if not finite, [S, K].
    """

    step: np.ndarray
    values: np.ndarray


PANELS = (
    Panel(
        "losses",
        ("critic_loss", "generator_loss", "loss"),
        "losses of critic and generator, or of the model",
    ),
    Panel(
        "critic gap, real − generated",
        ("critic_gap",),
        "mean score of real less generated events; near 0 the critic does not distinguish them",
        reference=0.0,
    ),
    Panel("mean scores of the critic", ("critic_real", "critic_fake"), "larger is more real"),
    Panel("gradient penalty", ("penalty",), "the part of the critic's loss that keeps its slope in bounds"),
    Panel(
        "slope of the critic",
        ("slope",),
        "mean norm of the critic's gradient at generated events",
        logarithmic=True,
    ),
    Panel(
        "gradient norms",
        ("gradient_norm_critic", "gradient_norm_generator", "gradient_norm"),
        "norms of the gradients of the parameters; near 0 the parameters no longer change",
        logarithmic=True,
    ),
    Panel(
        "variety, generated / real",
        ("std_ratio", "distance_ratio", "nearest_ratio"),
        "standard deviation, mean distance of two events and mean distance to the nearest one; far below 1 "
        "the generator makes too few kinds of events",
        reference=1.0,
    ),
    Panel(
        "likeness",
        ("likeness",),
        "mean scalar product of a real and a generated event, in units of their root mean squares; 1 where "
        "all events are the same",
    ),
    Panel(
        "critic on generated events",
        ("critic_believes",),
        "mean probability of being real that the critic assigns to generated events",
        reference=0.5,
    ),
    Panel("divergence of the code", ("kl",), "Kullback–Leibler divergence from a normal distribution, nats"),
    Panel(
        "reconstruction",
        ("reconstruction",),
        "loss of reconstructed events",
    ),
    Panel("loss of the labels", ("label_loss",), "cross-entropy of the events' labels, nats"),
    Panel("change of the loss", ("change",), "by how much the loss fell in an update"),
)


def curve(entries: Sequence[Mapping[str, Any]], name: str) -> Curve | None:
    """One quantity from a log; None if it was never logged as a number.

    Args:
      entries: entries of the log, each with a `step`; a quantity is a number, or a list with one number per
        member.
      name: name of the quantity.

    Returns:
      The curve; lines with fewer members than the others are padded with NaN.

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


def drawn_panels(
    entries: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> tuple[list[tuple[Panel, dict[str, Curve]]], dict[str, float]]:
    """Panels with their curves, and the quantities that never changed.

    Args:
      entries: the lines of `metrics.jsonl`, in order.
      titles: titles of quantities that are in no panel of `PANELS`, which get their own panel.
    """
    logged = dict.fromkeys(name for entry in entries for name in entry if name not in BOOKKEEPING)
    known = {name for panel in PANELS for name in panel.names}
    own = [Panel(titles.get(name, name.replace("_", " ")), (name,)) for name in logged if name not in known]
    curves = {name: found for name in logged if (found := curve(entries, name)) is not None}
    constant = {
        name: float(found.values.flat[0])
        for name, found in curves.items()
        if found.values.size > 1 and np.ptp(found.values) == 0
    }
    constant |= {name: 0.0 for name, found in curves.items() if not found.values.any()}
    panels = []
    for panel in [*PANELS, *own]:
        shown = {name: curves[name] for name in panel.names if name in curves and name not in constant}
        if shown:
            panels.append((panel, shown))
    return panels, constant


def training_curves(
    entries: Sequence[Mapping[str, Any]], *, titles: Mapping[str, str] | None = None, columns: int = 3
) -> Figure:
    """All logged quantities in panels; constant ones are omitted.

    Args:
      entries: the lines of `metrics.jsonl`, in order.
      titles: titles of quantities that are in no panel of `PANELS`, such as metrics of quick evaluations.
      columns: number of panels in a row.

    Returns:
      One axes per panel; members are thin lines and their mean a thick one.
    """
    drawn, _ = drawn_panels(entries, titles or {})
    rows = max(1, -(-len(drawn) // columns))
    figure = style.figure(2.5 * rows)
    last = max((entry["step"] for entry in entries), default=1)
    for i, (panel, curves) in enumerate(drawn):
        axes = figure.add_subplot(rows, columns, i + 1)
        draw_panel(axes, panel, curves)
        axes.set_xlim(0, 1.03 * last)
        style.dress(axes, x="update" if i + columns >= len(drawn) else "", title=panel.title)
    return figure


def training_illustration(
    entries: Sequence[Mapping[str, Any]], *, titles: Mapping[str, str] | None = None
) -> Illustration:
    """Training curves from the lines of `metrics.jsonl`; see `training_curves`."""
    members = max((np.size(value) for entry in entries for value in entry.values()), default=1)
    lines = f" Thin lines are the {members} members, thick ones their mean." if members > 1 else ""
    drawn, constant = drawn_panels(entries, titles or {})
    explained = "".join(
        f" {panel.title[0].upper()}{panel.title[1:]}: {panel.words}." for panel, _ in drawn if panel.words
    )
    same = ", ".join(f"{name.replace('_', ' ')} {format.number(value)}" for name, value in constant.items())
    return Illustration(
        "training",
        "Training: curves that have become level have nothing more to learn",
        f"What was logged, averaged between two log entries, against the number of updates.{lines} "
        f"Broken lines mark the value of a perfect generator.{explained}"
        + (f" Not drawn, as they never changed: {same}." if same else ""),
        training_curves(entries, titles=titles),
    )


def draw_panel(axes: Axes, panel: Panel, curves: Mapping[str, Curve]) -> None:
    """The quantities of one panel, each in its own colour."""
    for colour, (name, one) in zip(style.ACCENTS, curves.items(), strict=False):
        several = one.values.shape[1] > 1
        if several:
            axes.plot(one.step, one.values, color=colour, linewidth=0.5, alpha=0.5)
        known = ~np.isnan(one.values).all(axis=1)
        mean = np.nanmean(one.values[known], axis=1)
        label = LABELS.get(name, name.replace("_", " ")) + (" (mean)" if several else "")
        marker = "." if len(mean) < 30 else ""
        axes.plot(one.step[known], mean, color=colour, linewidth=1.4, marker=marker, label=label)
    if panel.reference is not None:
        axes.axhline(panel.reference, color=style.REAL, linewidth=0.8, linestyle="--")
    _choose_scale(axes, panel, np.concatenate([one.values.ravel() for one in curves.values()]))
    if len(curves) > 1:
        style.legend(axes)


def _choose_scale(axes: Axes, panel: Panel, values: np.ndarray) -> None:
    """Logarithmic if requested and possible; for long tails linear near zero and logarithmic beyond."""
    values = values[~np.isnan(values)]
    if not len(values):
        return
    if panel.logarithmic and values.min() > 0 and values.max() > 3 * values.min():
        axes.set_yscale("log")
        return
    if len(set(values)) == 1:  # a single point needs no scale of its own
        axes.set_ylim(*sorted((0.0, 2 * values[0])))
    style.few_ticks(axes.yaxis)
    typical = float(np.median(np.abs(values)))
    if typical > 0 and np.abs(values).max() > 10**DECADES * typical:
        axes.set_yscale("symlog", linthresh=10 * typical)
