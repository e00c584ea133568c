"""Spectra of energies in single cells."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen.plots import format as words
from jaxgen.plots import histograms, style
from jaxgen.plots.histograms import Histogram
from jaxgen.systems.calorimeter.cells import CELLS, THRESHOLD
from jaxgen.systems.calorimeter.observables.occupancy import finite_only

OFFSETS = (0, 2, 4, 7, 11)
"""Cells from the centre along x, of the cells that are drawn on their own."""

BINS = 40
COLUMNS = 3


def cell_spectra(real: ArrayLike, fake: ArrayLike, spec: words.SpecLike) -> Figure:
    """Energies of all cells, and of single cells from the centre outwards, with ratios below.

    Args:
      real: showers [N, 30, 30]; those not finite are left out.
      fake: showers [K, 30, 30].
      spec: of the data set, for the unit.

    Returns:
      A figure of six panels of two axes. What is below 0.1 MeV is in no bin, what is above the last in it.
    """
    ours, theirs = (finite_only(side) for side in (real, fake))
    largest = max(float(ours.max(initial=0.0)), 10 * THRESHOLD)
    edges = np.logspace(np.log10(THRESHOLD), np.log10(2 * largest), BINS + 1)
    middle = CELLS // 2
    chosen: list[tuple[str, Any]] = [("all cells", (slice(None), slice(None), slice(None)))]
    chosen += [(f"cell ({middle + i}, {middle})", (slice(None), middle + i, middle)) for i in OFFSETS]
    figure = style.figure(7.4)
    outer = figure.add_gridspec(2, COLUMNS)
    for i, (title, place) in enumerate(chosen):
        inner = outer[divmod(i, COLUMNS)].subgridspec(2, 1, height_ratios=[3, 1.2], hspace=0.02)
        upper, lower = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
        lower.sharex(upper)
        pair = _spectrum(ours[place], edges), _spectrum(theirs[place], edges)
        histograms.draw_pair(upper, *pair)
        histograms.draw_ratio(lower, *pair)
        upper.set_xscale("log")
        smallest = pair[0].share[pair[0].share > 0].min(initial=1.0)
        upper.set_ylim(0.3 * smallest, 3 * max(pair[0].share.max(), smallest))
        upper.set_yscale("log", nonpositive="clip")
        upper.tick_params(labelbottom=False)
        style.dress(upper, y="share" if i % COLUMNS == 0 else "", title=title)
        upper.set_title(_active(*pair), loc="right", fontsize=style.SMALL)
        style.dress(lower, x=f"energy [{spec.unit}]", y="gen. / real" if i % COLUMNS == 0 else "")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    style.legend(figure, handles=handles, labels=labels, loc="outside upper center", ncols=2)
    return figure


def _spectrum(values: np.ndarray, edges: np.ndarray) -> Histogram:
    """Counts from the threshold up, with the number of all cells."""
    active = values.ravel()[values.ravel() >= THRESHOLD]
    counted = histograms.histogram([active], edges)
    return counted._replace(number=np.array([values.size]))


def _active(real: Histogram, fake: Histogram) -> str:
    shares = (float(100 * side.share.sum()) for side in (real, fake))
    first, second = (words.number(share, 3) for share in shares)
    return f"active {first} %, gen. {second} %"
