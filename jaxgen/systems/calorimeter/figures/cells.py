"""Figures of the cells of showers: images side by side, maps of means and occupancy, spectra of cells."""

from dataclasses import replace

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from jaxgen.metrics import format
from jaxgen.metrics.table import Label, Table
from jaxgen.plots import histograms, maps
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.image_pairs import Look, image_pairs
from jaxgen.systems.calorimeter.cells import CELL, CELLS, THRESHOLD
from jaxgen.systems.calorimeter.observables.occupancy import finite_only, mean_map, occupancy_map

INNER = slice(9, 21)  # cells along an axis shown on the linear scale
LOOK = Look(width=1.13, height=1.13, columns=8)
DECADES = 6  # range of mean energies shown
RAREST = 1e-3  # occupancy at the lower end of the colours
HALF = CELLS * CELL / 2
OFFSETS = (0, 2, 4, 7, 11)
"""Distances in cells along x from the centre, of the cells drawn individually."""
BINS = 40


def shower_pairs(test: Table, generated: Table, *, logarithmic: bool = True, number: int = 16) -> Figure:
    """The first test showers, each above a generated one for the same particle, x to the right and y upwards.

    On the logarithmic scale all showers have the same colours and cells below 0.1 MeV are gray; on the linear
    scale only the inner 12 x 12 cells are shown, and the colours of each pair extend from zero to the hottest
    cell of the real shower.

    Args:
      test: real showers; the first ones are shown, without selection.
      generated: generated showers; shower i is for the particle of test shower i.
      logarithmic: whether the scale is logarithmic.
      number: largest number of pairs.

    Returns:
      A figure with two axes per pair, and one for the colour bar.
    """
    number = min(number, test.number, generated.number)
    ours, theirs = (np.swapaxes(side.batch.data[:number], 1, 2) for side in (test, generated))
    titles = [_title(energy) for energy in test["incident_energy"][:number]]
    if logarithmic:
        norm = LogNorm(THRESHOLD, max(float(ours.max(initial=0.0)), 10 * THRESHOLD))
        look = replace(LOOK, label=f"energy of a cell [{test.spec.unit}]", extend="both")
        return image_pairs(ours, theirs, titles, [norm] * number, look, scale=norm)
    norms = [Normalize(0.0, float(image.max()) or 1.0) for image in ours]
    ours, theirs = (side[:, INNER, INNER] for side in (ours, theirs))
    look = replace(LOOK, label="energy of a cell / hottest real cell")
    return image_pairs(ours, theirs, titles, norms, look, scale=Normalize(0.0, 1.0))


def _title(energy: float) -> str:
    """Title with the incident energy, if it is known."""
    return f"{energy:.{1 if energy < 9.95 else 0}f} GeV" if np.isfinite(energy) else ""


def mean_showers(test: Table, generated: Table) -> Figure:
    """Mean energy of each cell, and the difference in units of its statistical error.

    Args:
      test: real showers; those not finite are ignored.
      generated: generated showers; those not finite are ignored.

    Returns:
      Real, generated, and their difference over its error, 0 if the error is 0, with two colour bars.
    """
    (ours, error), (theirs, other_error) = (mean_map(finite_only(side)) for side in (test, generated))
    largest = float(np.nanmax(ours, initial=0.0)) or 1.0
    return maps.difference_maps(
        [ours.T, theirs.T],
        maps.over_error(ours, theirs, np.hypot(error, other_error)).T,
        axes=("y [mm]", "x [mm]"),
        norm=LogNorm(largest / 10**DECADES, largest),
        label=f"mean energy [{test.spec.unit}]",
        most=maps.MOST,
        extent=(-HALF, HALF, -HALF, HALF),
    )


def occupancy_maps(test: Table, generated: Table) -> Figure:
    """Fraction of showers with at least 0.1 MeV in each cell, and the difference of the fractions.

    Args:
      test: real showers; those not finite are ignored.
      generated: generated showers; those not finite are ignored.
    """
    ours, theirs = (occupancy_map(finite_only(side)) for side in (test, generated))
    return maps.difference_maps(
        [ours.T, theirs.T],
        (theirs - ours).T,
        axes=("y [mm]", "x [mm]"),
        norm=LogNorm(RAREST, 1.0),
        label=f"share of showers ≥ {THRESHOLD:g} {test.spec.unit}",
        difference_label="difference of shares",
        least=0.02,
        extent=(-HALF, HALF, -HALF, HALF),
    )


def cell_spectra(test: Table, generated: Table) -> Figure:
    """Energies of all cells, and of single cells from the centre outwards, with ratios below.

    Args:
      test: real showers; those not finite are ignored.
      generated: generated showers; those not finite are ignored.

    Returns:
      A figure with six panels of two axes each. Energies below 0.1 MeV are not in any bin.
    """
    sides = [finite_only(side) for side in (test, generated)]
    largest = max(float(sides[0].max(initial=0.0)), 10 * THRESHOLD)
    edges = np.logspace(np.log10(THRESHOLD), np.log10(2 * largest), BINS + 1)
    active = [np.where(side >= THRESHOLD, side, np.nan) for side in sides]
    middle = CELLS // 2
    shown = {"all cells": active}
    for offset in OFFSETS:
        title = f"cell ({middle + offset}, {middle})"
        shown[title] = [side[:, middle + offset, middle] for side in active]
    label = Label("energy", test.spec.unit)
    panels = [
        Quantity(label._replace(short=title), real, [fake], edges, "xy", _active(real, fake))
        for title, (real, fake) in shown.items()
    ]
    figure = histograms.quantity_histograms(panels, height=3.7)
    figure.axes[0].set_ylabel("share of cells")
    histograms.numbered_legend(figure, [format.count(len(side), "shower") for side in sides])
    return figure


def _active(real: np.ndarray, fake: np.ndarray) -> str:
    """Energies of active cells; NaN for the others."""
    shares = (float(100 * np.sum(side >= THRESHOLD) / max(side.size, 1)) for side in (real, fake))
    first, second = (format.number(share, 3) for share in shares)
    return f"active {first} %, gen. {second} %"
