"""The masses of several runs over those of real events."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics import format
from jaxgen.metrics.table import Table
from jaxgen.plots import histograms, style
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.four_leptons.figures import observable_edges
from jaxgen.systems.four_leptons.observables import MASSES

BINS = 50
SHARE = 0.98  # of the real masses, around which the bins are laid
FEWEST = 10  # real events in a bin whose ratio is drawn


def overlay(test: Table, generated: Mapping[str, Table]) -> list[Illustration]:
    """Masses on a linear and on a logarithmic scale.

    Args:
      test: real events.
      generated: those of each run, by its name.
    """
    caption = (
        "All leptons of an event together, and its two pairs; lower panels: generated over real, where a bin "
        "holds 10 real events or more. Events without a mass are counted and drawn at 0; the first and the "
        "last bin hold what lies beyond."
    )
    return [
        Illustration("model_masses", "Masses of all models", caption, mass_overlay(test, generated)),
        Illustration(
            "model_masses_logarithmic",
            "Masses of all models, logarithmic",
            caption,
            mass_overlay(test, generated, logarithmic=True),
        ),
    ]


def mass_overlay(
    test: Table, generated: Mapping[str, Table], *, logarithmic: bool = False, bins: int = BINS
) -> Figure:
    """The three masses of all runs over those of real events.

    Args:
      test: real events.
      generated: by name; events without a mass are drawn at 0.
      logarithmic: whether shares are.
      bins: of each histogram.

    Returns:
      Two axes a mass, the histograms and the ratios; the legend says how many events have no mass.
    """
    figure = style.figure(4.6)
    grid = figure.subplots(2, len(MASSES), sharex="col", height_ratios=[3, 1.2], squeeze=False)
    for column, name in enumerate(MASSES):
        upper, lower = grid[:, column]
        label = test.labels[name]
        edges = observable_edges(label, test[name], bins=bins, share=SHARE)
        sides = {run: _histogram(table[name], edges) for run, table in generated.items()}
        _draw_overlay(upper, lower, _histogram(test[name], edges), sides, logarithmic=logarithmic)
        style.dress(upper, y="" if column else "share of events", title=label.short)
        style.dress(lower, x=label.text, y="" if column else "gen. / real")
    handles, _ = grid[0, 0].get_legend_handles_labels()
    lost = {run: float(np.mean(np.isnan(table["m4l"]))) for run, table in generated.items()}
    texts = ["real", *(f"{run} ({format.percent(share)} without mass)" for run, share in lost.items())]
    style.legend(figure, handles=handles, labels=texts, loc="outside upper center", ncols=4)
    return figure


def _histogram(values: np.ndarray, edges: np.ndarray) -> histograms.Histogram:
    return histograms.histogram([np.nan_to_num(values, nan=0.0)], edges)


def _draw_overlay(
    upper: Axes,
    lower: Axes,
    real: histograms.Histogram,
    runs: Mapping[str, histograms.Histogram],
    *,
    logarithmic: bool,
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
        upper.set_ylim(bottom=0.3 / max(int(h.number.max()) for h in (real, *runs.values())))
        return
    inside = [h.share[1:-1].max(initial=0.0) for h in runs.values()]
    upper.set_ylim(0, 1.15 * max(real.share.max(), *inside))
