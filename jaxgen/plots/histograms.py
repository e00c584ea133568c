"""Histograms of real and generated quantities with their ratio."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics import distances, format
from jaxgen.metrics.table import Label, present
from jaxgen.plots import style

EXPLAINED = (
    "The bins reach as far as both samples do, outliers apart; the share beyond is written where it is 1 % "
    "or more. Lower panels: generated over real where a bin holds 5 real values or more, arrows are ratios "
    "above 2. A quantity with one and the same value in all events has no panel."
)
EXPLAINED_NOTE = (
    "W₁ is the Wasserstein distance, the floor that of training events in place of generated ones."
)
"""Caption texts on the panels, and on `distance_note` above them."""

FEWEST = 5  # number of real values in a bin from which its ratio is drawn
SAID = 0.01  # fraction outside of the bins from which it is written
TALLEST = 3.0  # times the highest real bin, at which a generated peak is truncated


class Histogram(NamedTuple):
    """Counts in bins, for one or several samples drawn as one.

    Attributes:
      counts: [K, B], one row per sample.
      number: number of events or cells of each sample, in a bin or not, [K].
      edges: [B + 1].
    """

    counts: np.ndarray
    number: np.ndarray
    edges: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Counts divided by number, [K, B]."""
        return self.counts / np.maximum(self.number, 1)[:, None]

    @property
    def share(self) -> np.ndarray:
        """Mean of `shares` over the samples, [B]."""
        return self.shares.mean(axis=0)

    @property
    def error(self) -> np.ndarray:
        """Error of `share`: Poisson, or the standard error over samples if that is larger, [B]."""
        total = np.maximum(self.number.sum(), 1)
        poisson = np.sqrt(self.counts.sum(axis=0)) / total
        if len(self.counts) < 2:
            return poisson
        return np.maximum(poisson, self.shares.std(axis=0, ddof=1) / np.sqrt(len(self.counts)))


class Quantity(NamedTuple):
    """A quantity to be drawn for real and generated events.

    Attributes:
      label: label; the symbol, if there is one, is the title of its panel.
      real: values of any shape; NaN is ignored.
      fake: values of each member of a run.
      edges: bin edges, [B + 1].
      logarithmic: axes with a logarithmic scale, "x" and "y".
      note: short text above the panel, on the right.
    """

    label: Label
    real: np.ndarray
    fake: Sequence[np.ndarray]
    edges: np.ndarray
    logarithmic: str = ""
    note: str = ""

    @property
    def varies(self) -> bool:
        """Whether real or generated events have at least two different values."""
        known = [present(values) for values in (self.real, *self.fake)]
        ends = [(values.min(), values.max()) for values in known if len(values)]
        return len({end for pair in ends for end in pair}) > 1


def histogram(samples: Sequence[np.ndarray], edges: np.ndarray) -> Histogram:
    """Counts of samples; values outside of the edges and NaN are not in any bin."""
    counts = np.stack([np.histogram(present(x), edges)[0] for x in samples])
    return Histogram(counts, np.array([x.size for x in samples]), edges)


def beyond(samples: Sequence[np.ndarray], edges: np.ndarray) -> tuple[float, float]:
    """Fractions of samples below and above all bins.

    >>> beyond([np.array([-5.0, 0.5, 0.6, 7.0])], np.array([0.0, 1.0]))
    (0.25, 0.25)
    """
    below = [np.sum(x < edges[0]) / max(x.size, 1) for x in samples]
    above = [np.sum(x > edges[-1]) / max(x.size, 1) for x in samples]
    return float(np.mean(below)), float(np.mean(above))


def draw_pair(axes: Axes, real: Histogram, fake: Histogram) -> None:
    """Real events as a filled outline with errors, generated ones as a line, members as thin lines."""
    axes.stairs(real.share, real.edges, fill=True, color=style.REAL, alpha=0.25, label="real")
    axes.stairs(real.share, real.edges, color=style.REAL, linewidth=0.8)
    if len(fake.counts) > 1:
        for share in fake.shares:
            axes.stairs(share, fake.edges, color=style.FAKE, linewidth=0.4, alpha=0.5)
    axes.stairs(fake.share, fake.edges, color=style.FAKE, linewidth=1.3, label="generated")


def draw_ratio(axes: Axes, real: Histogram, fake: Histogram, *, top: float = 2.0) -> None:
    """Generated over real with the errors of both; ratios above the axis range are drawn as arrows.

    Bins with fewer than 5 real values have no ratio.
    """
    filled = real.counts.sum(axis=0) >= FEWEST
    centre = (real.edges[1:] + real.edges[:-1])[filled] / 2
    ratio = fake.share[filled] / real.share[filled]
    error = np.hypot(fake.error[filled], ratio * real.error[filled]) / real.share[filled]
    shown = ratio <= top
    axes.axhline(1.0, color=style.REAL, linewidth=0.8)
    axes.errorbar(
        centre[shown], ratio[shown], error[shown], fmt=".", color=style.FAKE, markersize=3, elinewidth=0.6
    )
    axes.plot(centre[~shown], np.full(np.sum(~shown), 0.97 * top), "^", color=style.FAKE, markersize=3)
    axes.set_ylim(0, top)


def limit_to_shape(axes: Axes, real: Histogram, fake: Histogram) -> None:
    """Sets a scale that shows the real distribution; the height of a truncated generated peak is written."""
    highest, limit = fake.share.max(initial=0.0), TALLEST * real.share.max(initial=0.0)
    if limit and highest > limit:
        write_inside(axes, f"generated up to {format.number(highest, 2)}", place=0.5)
    top = min(max(real.share.max(initial=0.0), highest), limit or 1.0)
    axes.set_ylim(0, 1.12 * top or 1.0)


def write_beyond(axes: Axes, quantity: Quantity) -> None:
    """Writes the fraction of both samples outside of the bins, on the sides where it is 1 % or more."""
    shares = zip(*(beyond(side, quantity.edges) for side in ([quantity.real], quantity.fake)), strict=True)
    for (real, fake), place, arrow in zip(shares, (0.02, 0.98), ("←", "→"), strict=True):
        if max(real, fake) >= SAID:
            text = f"gen. {format.percent(fake)}, real {format.percent(real)}"
            write_inside(axes, f"{arrow} {text}" if place < 0.5 else f"{text} {arrow}", place=place)


def write_inside(axes: Axes, text: str, *, place: float) -> None:
    """Writes short text at the top of a panel, below any earlier text."""
    aside = "left" if place < 0.5 else "right" if place > 0.5 else "center"
    height = 0.97 - 0.09 * len(axes.texts)
    written = axes.text(place, height, text, transform=axes.transAxes, ha=aside, va="top", color=style.FAKE)
    written.set(fontsize=style.SMALL - 0.5, bbox={"color": "white", "alpha": 0.8, "pad": 1})


def quantity_histograms(quantities: Sequence[Quantity], *, columns: int = 3, height: float = 3.8) -> Figure:
    """A histogram of each quantity, with the ratio of generated to real below it.

    Args:
      quantities: one per panel; quantities with the same value in all events are omitted.
      columns: number of panels in a row.
      height: height of a row, in inches.

    Returns:
      A figure with two axes per quantity, the histogram and the ratio, without a legend.
    """
    quantities = [one for one in quantities if one.varies] or list(quantities)
    rows = -(-len(quantities) // columns)
    figure = style.figure(rows * height)
    outer = figure.add_gridspec(rows, columns)
    for i, quantity in enumerate(quantities):
        inner = outer[divmod(i, columns)].subgridspec(2, 1, height_ratios=[3, 1.2], hspace=0.02)
        upper, lower = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
        lower.sharex(upper)
        _draw_quantity(upper, lower, quantity, named=i % columns == 0)
    return figure


def _draw_quantity(upper: Axes, lower: Axes, quantity: Quantity, *, named: bool) -> None:
    label, edges = quantity.label, quantity.edges
    pair = tuple(histogram(samples, edges) for samples in ([quantity.real], quantity.fake))
    draw_pair(upper, *pair)
    draw_ratio(lower, *pair)
    style.dress(upper, y="share of events" if named else "", title=label.short or label.name)
    style.dress(lower, x=label.text, y="gen. / real" if named else "")
    upper.set_title(quantity.note, loc="right", fontsize=style.SMALL)
    upper.tick_params(labelbottom=False)
    if "x" in quantity.logarithmic:
        upper.set_xscale("log")
    else:
        style.few_ticks(upper.xaxis)
    if "y" in quantity.logarithmic:
        smallest = 0.3 / max(quantity.real.size, *(x.size for x in quantity.fake), 1)
        if not any(side.counts.any() for side in pair):
            upper.set_ylim(smallest, 1.0)  # prevents a warning of matplotlib about an empty logarithmic axis
        upper.set_yscale("log", nonpositive="clip")
        upper.set_ylim(bottom=smallest)
    else:
        limit_to_shape(upper, *pair)
    write_beyond(upper, quantity)


def numbered_legend(figure: Figure, texts: Sequence[str]) -> None:
    """A legend above all panels: "real" and "generated" with further text.

    Args:
      figure: figure whose first axes provide the entries.
      texts: one text per entry.
    """
    handles, labels = figure.axes[0].get_legend_handles_labels()
    named = [f"{label}: {text}" for label, text in zip(labels, texts, strict=True)]
    style.legend(figure, handles=handles, labels=named, loc="outside upper center", ncols=2)


def distance_note(real: np.ndarray, fake: np.ndarray, floor: np.ndarray, unit: str) -> str:
    """The Wasserstein distance of two samples and its floor as short text; NaN is ignored.

    >>> distance_note(np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.array([0.5, 1.0]), "GeV")
    'W₁ 2, floor 0.25 GeV'
    """
    known = [present(side) for side in (real, fake, floor)]
    if not all(map(len, known)):
        return "nothing to compare"
    near = (format.number(distances.wasserstein(known[0], other), 2) for other in known[1:])
    return f"W₁ {', floor '.join(near)} {unit}".rstrip()
