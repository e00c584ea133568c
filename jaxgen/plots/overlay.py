"""Histograms of observables of several runs and of real events."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics.table import Label, Table, present
from jaxgen.plots import binning, histograms, style
from jaxgen.plots.histograms import Histogram
from jaxgen.plots.illustration import Illustration

BINS = 80  # largest number of bins of a histogram
COLUMNS = 3  # number of panels in a row
FEWEST = 10  # number of real events in a bin from which its ratio is drawn
MOST = 9  # number of observables drawn
EXPLAINED = (
    "Real events are gray. Lower panels: generated over real, where a bin holds 10 real values or more. The "
    "bins reach as far as all samples do, outliers apart."
)


def overlay(test: Table, generated: Mapping[str, Table]) -> list[Illustration]:
    """Histograms of the first observables that vary and have one value per event.

    Args:
      test: real events.
      generated: generated events of each run, by name.
    """
    single = {name: values for name, values in test.items() if values.ndim == 1}
    names = [name for name, values in single.items() if len(present(values)) and np.ptp(present(values)) > 0]
    shown = _without_conditions(names, test)[:MOST]
    if not shown:
        return []
    title = "Observables of all runs: coloured lines should follow the real events"
    figure = overlay_figure(test, generated, shown)
    return [Illustration("run_observables", title, EXPLAINED, figure)]


def _without_conditions(names: Sequence[str], test: Table) -> list[str]:
    """Excludes conditions, as they are inputs of the generator."""
    given = {column.name for column in test.spec.condition}
    return [name for name in names if name not in given]


def overlay_figure(
    test: Table,
    generated: Mapping[str, Table],
    names: Sequence[str],
    *,
    low: float = -np.inf,
    logarithmic: bool = False,
    notes: Mapping[str, str] | None = None,
) -> Figure:
    """A histogram of each observable with all runs and the real events, and their ratios.

    Args:
      test: real events.
      generated: generated events by the name of the run; events without a value are ignored.
      names: names of the observables.
      low: lower limit of possible values.
      logarithmic: whether the vertical axis is logarithmic.
      notes: text added to the name of a run in the legend.

    Returns:
      Two axes per observable, the histogram and the ratios.
    """
    rows = -(-len(names) // COLUMNS)
    figure = style.figure(4.2 * rows + 0.4)
    outer = figure.add_gridspec(rows, COLUMNS)
    for i, name in enumerate(names):
        inner = outer[divmod(i, COLUMNS)].subgridspec(2, 1, height_ratios=[3, 1.2], hspace=0.02)
        upper, lower = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
        lower.sharex(upper)
        upper.tick_params(labelbottom=False)
        tables = {run: table[name] for run, table in generated.items()}
        edges = binning.edges(test[name], *tables.values(), low=low, most=BINS)
        sides = {run: histograms.histogram([values], edges) for run, values in tables.items()}
        _draw(upper, lower, histograms.histogram([test[name]], edges), sides, logarithmic=logarithmic)
        _dress(upper, lower, test.labels[name], first=i % COLUMNS == 0)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    texts = [f"{label}{(notes or {}).get(label, '')}" for label in labels]
    style.legend(figure, handles=handles, labels=texts, loc="outside upper center", ncols=4)
    return figure


def _dress(upper: Axes, lower: Axes, label: Label, *, first: bool) -> None:
    style.few_ticks(upper.xaxis)
    style.dress(upper, y="share of events" if first else "", title=label.short or label.name)
    style.dress(lower, x=label.text, y="gen. / real" if first else "")


def _draw(
    upper: Axes, lower: Axes, real: Histogram, runs: Mapping[str, Histogram], *, logarithmic: bool
) -> None:
    upper.stairs(real.share, real.edges, fill=True, color=style.REAL, alpha=0.25, label="real")
    lower.axhline(1.0, color=style.REAL, linewidth=0.8)
    filled = real.counts[0] >= FEWEST
    for line, (name, fake) in enumerate(runs.items()):
        colour = style.ACCENTS[line % len(style.ACCENTS)]
        upper.stairs(fake.share, fake.edges, color=colour, linewidth=1.1, label=name)
        ratio = np.where(filled, fake.share / np.where(filled, real.share, 1.0), np.nan)
        lower.stairs(ratio, real.edges, color=colour, linewidth=0.9, baseline=None)
    lower.set_ylim(0, 2)
    if logarithmic:
        upper.set_yscale("log", nonpositive="clip")
        upper.set_ylim(bottom=0.3 / max(int(side.number.max()) for side in (real, *runs.values())))
        return
    highest = max((side.share.max(initial=0.0) for side in runs.values()), default=0.0)
    tallest = real.share.max(initial=0.0)
    upper.set_ylim(0, 1.15 * max(tallest, min(highest, histograms.TALLEST * tallest)) or 1.0)
