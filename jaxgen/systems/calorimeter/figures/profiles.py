"""Mean energy of showers as a function of x, of y, and of the distance from their barycentre."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics.table import Table
from jaxgen.plots import style
from jaxgen.systems.calorimeter.cells import CELL, CELLS, CENTRES
from jaxgen.systems.calorimeter.observables import is_lost
from jaxgen.systems.calorimeter.observables.occupancy import finite_only

ANNULI = CELL * np.arange(16)
"""Edges of the annuli around the barycentre, mm; energy farther out is ignored."""

TOP = 2.0  # largest ratio shown


def profiles(table: Table) -> dict[str, np.ndarray]:
    """Energy of each shower in columns, rows and annuli, MeV; showers that are not finite are ignored.

    Returns:
      "x" and "y", [N', 30]; "radius", [N', 15], zero for a shower without energy.
    """
    kept = finite_only(table).astype(np.float64)
    x, y = (np.nan_to_num(table[name][~is_lost(table)])[:, None, None] for name in ("x", "y"))
    radius = np.hypot(CENTRES[:, None] - x, CENTRES - y)
    annuli = len(ANNULI)  # one more than is kept
    place = np.minimum((radius / CELL).astype(int), annuli - 1) + annuli * np.arange(len(kept))[:, None, None]
    sums = np.bincount(place.ravel(), kept.ravel(), minlength=annuli * len(kept)).reshape(-1, annuli)
    return {"x": kept.sum(axis=2), "y": kept.sum(axis=1), "radius": sums[:, :-1]}


def lateral_profiles(test: Table, generated: Table) -> Figure:
    """Mean energy in each column, row and annulus, with the ratio of generated to real below.

    Args:
      test: real showers; those not finite are ignored.
      generated: generated showers; those not finite are ignored.

    Returns:
      A figure with three panels of two axes each.
    """
    ours, theirs = profiles(test), profiles(generated)
    across = (np.arange(CELLS + 1) - CELLS / 2) * CELL
    panels = (
        ("x", across, "x [mm]", "columns of cells"),
        ("y", across, "y [mm]", "rows of cells"),
        ("radius", ANNULI, "distance from the barycentre [mm]", "annuli"),
    )
    figure = style.figure(4.2)
    grid = figure.subplots(2, 3, sharex="col", height_ratios=[3, 1.2])
    for i, (name, edges, label, title) in enumerate(panels):
        _draw(grid[0, i], grid[1, i], ours[name], theirs[name], edges)
        style.dress(grid[0, i], y=f"mean energy [{test.spec.unit}]" if i == 0 else "", title=title)
        style.dress(grid[1, i], x=label, y="gen. / real" if i == 0 else "")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    style.legend(figure, handles=handles, labels=labels, loc="outside upper center", ncols=2)
    return figure


def _draw(upper: Axes, lower: Axes, ours: np.ndarray, theirs: np.ndarray, edges: np.ndarray) -> None:
    mean, error = _mean(ours)
    other, other_error = _mean(theirs)
    upper.stairs(mean, edges, fill=True, color=style.REAL, alpha=0.25, label="real")
    upper.stairs(mean, edges, color=style.REAL, linewidth=0.8)
    upper.stairs(other, edges, color=style.FAKE, linewidth=1.3, label="generated")
    positive = mean[mean > 0] if mean.any() else np.ones(1)
    upper.set_ylim(0.5 * positive.min(), 3 * positive.max())
    upper.set_yscale("log", nonpositive="clip")
    filled = mean > 0
    ratio = other[filled] / mean[filled]
    of_ratio = np.hypot(other_error[filled], ratio * error[filled]) / mean[filled]
    centre = (edges[1:] + edges[:-1])[filled] / 2
    shown = ratio <= TOP
    lower.axhline(1.0, color=style.REAL, linewidth=0.8)
    lower.errorbar(
        centre[shown], ratio[shown], of_ratio[shown], fmt=".", color=style.FAKE, markersize=4, elinewidth=0.8
    )
    lower.plot(centre[~shown], np.full(np.sum(~shown), 0.97 * TOP), "^", color=style.FAKE, markersize=3)
    lower.set_ylim(0, TOP)


def _mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(values):
        return np.zeros(values.shape[1]), np.zeros(values.shape[1])
    return values.mean(axis=0), values.std(axis=0) / np.sqrt(len(values))
