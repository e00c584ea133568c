"""Maps over the cells of the calorimeter: mean energy and occupancy, real, generated and their difference."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen.plots import format as words
from jaxgen.plots import style
from jaxgen.systems.calorimeter.cells import CELL, CELLS, THRESHOLD
from jaxgen.systems.calorimeter.observables import occupancy as shower_occupancy

DECADES = 6  # of mean energies that are shown
RAREST = 1e-3  # occupancy at the lower end of the colours
HALF = CELLS * CELL / 2


def mean_showers(real: ArrayLike, fake: ArrayLike, spec: words.SpecLike) -> Figure:
    """Mean energy of each cell, and the difference in units of its statistical error.

    Args:
      real: showers [N, 30, 30]; those not finite are left out.
      fake: showers [K, 30, 30].
      spec: of the data set, for the unit.

    Returns:
      Real, generated, and their difference over its error, 0 where there is none, with two colour bars.
    """
    (ours, error), (theirs, other_error) = (shower_occupancy.mean_map(side) for side in (real, fake))
    both = np.hypot(error, other_error)
    pull = np.where(both > 0, (theirs - ours) / np.where(both > 0, both, 1.0), 0.0)
    largest = float(np.nanmax(ours, initial=0.0)) or 1.0
    norm = LogNorm(largest / 10**DECADES, largest)
    label = f"mean energy [{spec.unit}]"
    return _three((ours, theirs), pull, norm, label, "difference / its error", least=3.0)


def occupancy_maps(real: ArrayLike, fake: ArrayLike) -> Figure:
    """Share of showers with 0.1 MeV or more in each cell, and the difference of the shares.

    Args:
      real: showers [N, 30, 30] in MeV; those not finite are left out.
      fake: showers [K, 30, 30].
    """
    sides = (shower_occupancy.occupancy_map(real), shower_occupancy.occupancy_map(fake))
    norm = LogNorm(RAREST, 1.0)
    label = f"share of showers ≥ {THRESHOLD:g} MeV"
    return _three(sides, sides[1] - sides[0], norm, label, "difference of shares", least=0.02)


def _three(
    sides: tuple[np.ndarray, np.ndarray],
    difference: np.ndarray,
    norm: Normalize,
    label: str,
    difference_label: str,
    *,
    least: float,
) -> Figure:
    figure = style.figure(3.3)
    first, second, third = figure.subplots(1, 3, sharey=True)
    for axes, side, title in ((first, sides[0], "real"), (second, sides[1], "generated")):
        image = _draw(axes, np.maximum(np.nan_to_num(side), norm.vmin or 0.0), norm, style.SEQUENTIAL)
        style.dress(axes, x="x [mm]", title=title, grid=False)
    style.colour_bar(figure, image, [first, second], label, extend="min")
    first.set_ylabel("y [mm]", fontsize=style.TEXT)
    extreme = max(float(np.nanmax(np.abs(difference), initial=0.0)), least)
    image = _draw(third, np.nan_to_num(difference), Normalize(-extreme, extreme), style.DIVERGING)
    style.dress(third, x="x [mm]", title="generated − real", grid=False)
    style.colour_bar(figure, image, third, difference_label)
    return figure


def _draw(axes: Axes, side: np.ndarray, norm: Normalize, colours: str) -> object:
    return axes.imshow(
        side.T,
        norm=norm,
        cmap=colours,
        origin="lower",
        extent=(-HALF, HALF, -HALF, HALF),
        interpolation="nearest",
    )
