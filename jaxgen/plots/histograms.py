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
    "The bins cover the central 99.8 % of the real events and a quarter more on each side; the first and the "
    "last bin hold what lies beyond. Lower panels: generated over real, arrows are ratios above 2."
)
EXPLAINED_NOTE = (
    "W₁ is the Wasserstein distance, the floor that of training events in place of generated ones."
)
"""What captions say of the panels, and of `distance_note` above them."""


class Histogram(NamedTuple):
    """Counts in bins, of any number of samples that are drawn as one.

    Attributes:
      counts: [K, B], one row a sample.
      number: events or cells of each sample, whether in a bin or not, [K].
      edges: [B + 1].
    """

    counts: np.ndarray
    number: np.ndarray
    edges: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Counts over number, [K, B]."""
        return self.counts / np.maximum(self.number, 1)[:, None]

    @property
    def share(self) -> np.ndarray:
        """Mean of the samples' shares, [B]."""
        return self.shares.mean(axis=0)

    @property
    def error(self) -> np.ndarray:
        """Of `share`: Poisson, or the standard error over samples where that is larger, [B]."""
        total = np.maximum(self.number.sum(), 1)
        poisson = np.sqrt(self.counts.sum(axis=0)) / total
        if len(self.counts) < 2:
            return poisson
        return np.maximum(poisson, self.shares.std(axis=0, ddof=1) / np.sqrt(len(self.counts)))


class Quantity(NamedTuple):
    """A quantity to be drawn for real and generated events.

    Attributes:
      label: its words; the symbol, where there is one, is the title of its panel.
      real: values of any shape; NaN is in no bin.
      fake: values of each member of a run.
      edges: of the bins, [B + 1].
      logarithmic: "x" and "y" where these axes are.
      note: a few words above the panel, to the right.
      overflow: whether the first and the last bin hold what lies beyond.
    """

    label: Label
    real: np.ndarray
    fake: Sequence[np.ndarray]
    edges: np.ndarray
    logarithmic: str = ""
    note: str = ""
    overflow: bool = True


def histogram(samples: Sequence[np.ndarray], edges: np.ndarray, *, overflow: bool = True) -> Histogram:
    """Counts of samples, what lies beyond the edges in the first and the last bin or in none; NaN in none."""
    known = [present(x) for x in samples]
    inside = [np.clip(x, edges[0], edges[-1]) if overflow else x for x in known]
    counts = np.stack([np.histogram(x, edges)[0] for x in inside])
    return Histogram(counts, np.array([x.size for x in samples]), edges)


def central_edges(
    values: np.ndarray, *, bins: int, logarithmic: bool = False, share: float = 0.998
) -> np.ndarray:
    """Equal bins over the central share of real values, a quarter of that wider on each side.

    They depend on the real sample only, so the figures of different generators can be laid side by side.

    Args:
      values: [N]; those not finite are ignored, as are those not positive where logarithmic.
      bins: their number, B.
      logarithmic: whether bins are equal in the logarithm.
      share: of the values, in the middle.

    Returns:
      [B + 1].
    """
    kept = values[np.isfinite(values) & ((values > 0) | (not logarithmic))]
    kept = np.log10(kept) if logarithmic else kept
    low, high = np.quantile(kept, [(1 - share) / 2, (1 + share) / 2]) if len(kept) else (0.0, 1.0)
    margin = 0.25 * (high - low) or 0.5
    edges = np.linspace(low - margin, high + margin, bins + 1)
    return 10**edges if logarithmic else edges


def draw_pair(axes: Axes, real: Histogram, fake: Histogram) -> None:
    """Real events as a filled outline with their error, generated ones as a line, members as thin lines."""
    axes.stairs(real.share, real.edges, fill=True, color=style.REAL, alpha=0.25, label="real")
    axes.stairs(real.share, real.edges, color=style.REAL, linewidth=0.8)
    if len(fake.counts) > 1:
        for share in fake.shares:
            axes.stairs(share, fake.edges, color=style.FAKE, linewidth=0.4, alpha=0.5)
    axes.stairs(fake.share, fake.edges, color=style.FAKE, linewidth=1.3, label="generated")


def draw_ratio(axes: Axes, real: Histogram, fake: Histogram, *, top: float = 2.0) -> None:
    """Generated over real with the errors of both; ratios beyond the top are arrows on it."""
    filled = real.share > 0
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
    """Chooses a scale on which shapes are seen; what a higher edge bin holds is written beside it."""
    top = 1.12 * max(real.share.max(), fake.share[1:-1].max(initial=0.0))
    axes.set_ylim(0, min(top or 1.0, 1.0))
    for bin_, side in ((0, "left"), (-1, "right")):
        if fake.share[bin_] > top:
            place = {"left": 0.03, "right": 0.97}[side]
            text = f"{100 * fake.share[bin_]:.0f} % here or beyond"
            written = axes.text(place, 0.95, text, transform=axes.transAxes, ha=side, color=style.FAKE)
            written.set(fontsize=style.SMALL, bbox={"color": "white", "alpha": 0.8, "pad": 1})


def quantity_histograms(quantities: Sequence[Quantity], *, columns: int = 3, height: float = 3.8) -> Figure:
    """A histogram of each quantity, with the ratio of generated to real below it.

    Args:
      quantities: one panel each.
      columns: panels in a row.
      height: of a row, in inches.

    Returns:
      A figure of two axes a quantity, the histogram and the ratio, without a legend.
    """
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
    pair = tuple(
        histogram(samples, edges, overflow=quantity.overflow) for samples in ([quantity.real], quantity.fake)
    )
    draw_pair(upper, *pair)
    draw_ratio(lower, *pair)
    style.dress(upper, y="share of events" if named else "", title=label.short or label.name)
    style.dress(lower, x=label.text, y="gen. / real" if named else "")
    upper.set_title(quantity.note, loc="right", fontsize=style.SMALL)
    upper.tick_params(labelbottom=False)
    if "x" in quantity.logarithmic:
        upper.set_xscale("log")
    if "y" in quantity.logarithmic:
        smallest = 0.3 / max(quantity.real.size, *(x.size for x in quantity.fake), 1)
        if not any(side.counts.any() for side in pair):
            upper.set_ylim(smallest, 1.0)  # without it matplotlib warns of an empty logarithmic axis
        upper.set_yscale("log", nonpositive="clip")
        upper.set_ylim(bottom=smallest)
    else:
        limit_to_shape(upper, *pair)


def numbered_legend(figure: Figure, texts: Sequence[str]) -> None:
    """A legend above all panels: "real" and "generated" with what each of them holds.

    Args:
      figure: whose first axes say what is drawn.
      texts: one for each.
    """
    handles, labels = figure.axes[0].get_legend_handles_labels()
    named = [f"{label}: {text}" for label, text in zip(labels, texts, strict=True)]
    style.legend(figure, handles=handles, labels=named, loc="outside upper center", ncols=2)


def distance_note(real: np.ndarray, fake: np.ndarray, floor: np.ndarray, unit: str) -> str:
    """The Wasserstein distance of two samples beside its floor, NaN left out, in a few words.

    >>> distance_note(np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.array([0.5, 1.0]), "GeV")
    'W₁ 2, floor 0.25 GeV'
    """
    known = [present(side) for side in (real, fake, floor)]
    if not all(map(len, known)):
        return "nothing to compare"
    near = (format.number(distances.wasserstein(known[0], other), 2) for other in known[1:])
    return f"W₁ {', floor '.join(near)} {unit}".rstrip()
