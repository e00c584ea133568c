"""Histograms of real and generated quantities with their ratio; moments and amplitudes of pad responses."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.plots import format as words
from jaxgen.plots import style
from jaxgen.systems.tpc_pads import observables as pads


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
      real: values [N]; NaN is in no bin.
      fake: values of each member of a run.
      edges: of the bins, [B + 1].
      logarithmic: "x" and "y" where these axes are.
      note: a few words above the panel, to the right.
      overflow: whether the first and the last bin hold what lies beyond.
    """

    label: words.Label
    real: np.ndarray
    fake: Sequence[np.ndarray]
    edges: np.ndarray
    logarithmic: str = ""
    note: str = ""
    overflow: bool = True


def as_members(fake: ArrayLike) -> np.ndarray:
    """Generated events of one or several members as [K, N, pads, time bins].

    Raises:
      ValueError: for another number of axes.
    """
    fake = np.asarray(fake)
    if fake.ndim == 3:
        fake = fake[None]
    checks.shape("generated events", fake, (None, None, None, None))
    return fake


def histogram(samples: Sequence[np.ndarray], edges: np.ndarray, *, overflow: bool = True) -> Histogram:
    """Counts of samples, what lies beyond the edges in the first and the last bin or in none; NaN in none."""
    known = [x[~np.isnan(x)] for x in samples]
    inside = [np.clip(x, edges[0], edges[-1]) if overflow else x for x in known]
    counts = np.stack([np.histogram(x, edges)[0] for x in inside])
    return Histogram(counts, np.array([len(x) for x in samples]), edges)


def moment_edges(
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


def moment_histograms(
    real: ArrayLike, fake: ArrayLike, spec: words.SpecLike, *, threshold: float = 0.0, bins: int = 100
) -> Figure:
    """Six histograms, each with the ratio of generated to real below it.

    Args:
      real: images [N, pads, time bins].
      fake: images [M, pads, time bins], or those of members [K, M, pads, time bins], whose mean is drawn
        with the members as thin lines.
      spec: of the data set, for units.
      threshold: amplitudes below it are set to zero first, on both sides.
      bins: of each histogram; the first and the last hold what lies beyond.

    Returns:
      A figure of twelve axes, each histogram followed by its ratio.
    """
    ours, *theirs = (
        np.asarray(pads.moments(np.where(np.asarray(x) < threshold, 0.0, x)), np.float64)
        for x in (np.asarray(real), *as_members(fake))
    )
    quantities = []
    for i, label in enumerate(words.moment_labels(spec)):
        logarithmic = "x" if label.short == "Sum" else ""
        edges = moment_edges(ours[:, i], bins=bins, logarithmic=bool(logarithmic))
        sides = ours[:, i], [side[:, i] for side in theirs]
        quantities.append(Quantity(label, *sides, edges, logarithmic))
    figure = quantity_histograms(quantities)
    _legend_with_numbers(figure, ours, theirs)
    return figure


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
        upper.set_yscale("log", nonpositive="clip")
        upper.set_ylim(bottom=0.3 / max(len(quantity.real), *map(len, quantity.fake), 1))
    else:
        limit_to_shape(upper, *pair)


def _legend_with_numbers(figure: Figure, ours: np.ndarray, theirs: list[np.ndarray]) -> None:
    texts = []
    for name, sides in (("real", [ours]), ("generated", theirs)):
        empty = sum(int(np.isnan(side[:, 0]).sum()) for side in sides)
        members = f"{len(sides)} × " if len(sides) > 1 else ""
        texts.append(f"{name}: {members}{style.count(len(sides[0]))}, {empty} empty")
    handles, _ = figure.axes[0].get_legend_handles_labels()
    style.legend(figure, handles=handles, labels=texts, loc="outside upper center", ncols=2)


def log_amplitudes(real: ArrayLike, fake: ArrayLike, spec: words.SpecLike, *, bins: int = 100) -> Figure:
    """Amplitudes of all cells as log10(1 + amplitude), counted on a logarithmic axis.

    Args:
      real: images [N, pads, time bins].
      fake: images [M, pads, time bins] or [K, M, pads, time bins]; below zero counts as zero.
      spec: of the data set, for units.
      bins: of the histogram, from zero to the largest amplitude of both.

    Returns:
      A figure of two axes, the histogram and the ratio.
    """
    ours, *theirs = (np.log10(1 + np.maximum(x, 0.0)) for x in (np.asarray(real), *as_members(fake)))
    finite = [side[np.isfinite(side)].max(initial=0.5) for side in (ours, *theirs)]
    edges = np.linspace(0.0, max(finite), bins + 1)
    pair = histogram([ours.ravel()], edges), histogram([side.ravel() for side in theirs], edges)
    cells = int(np.prod(ours.shape[1:]))
    upper_pair = [h._replace(number=h.number / cells) for h in pair]
    figure = style.figure(4.6, width=7.0)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    draw_pair(upper, *upper_pair)
    draw_ratio(lower, *pair)
    upper.set_yscale("log", nonpositive="clip")
    upper.set_ylim(bottom=0.5 / max(len(ours), 1))
    upper.axvline(np.log10(2.0), color=style.ACCENTS[0], linewidth=0.8, linestyle="--", label="amplitude 1")
    style.dress(upper, y="cells an event and bin")
    style.dress(lower, x=f"log₁₀(1 + amplitude / {spec.unit})", y="gen. / real")
    style.legend(upper)
    return figure
