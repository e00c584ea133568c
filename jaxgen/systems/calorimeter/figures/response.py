"""Linearity and two measures of resolution as functions of incident energy."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.plots import style
from jaxgen.systems.calorimeter.observables.energy_response import Moments, Response

LINEARITY = 0.01  # half of the shaded range of ratios
RESOLUTION = 0.1
TOP = 20.0  # largest ratio shown


def response_figure(found: Response) -> Figure:
    """Mean, relative standard deviation and core width of the response in bins of energy, and their ratios.

    Args:
      found: response in at least one bin.

    Returns:
      A figure with six axes. Bands mark ratios within 1 % for the mean and within 10 % for the widths.
    """
    figure = style.figure(4.2)
    grid = figure.subplots(2, 3, sharex=True, height_ratios=[2, 1.2])
    parts = (
        ("mean", "linearity", LINEARITY, "mean visible / incident energy", "linearity"),
        ("resolution", "resolution", RESOLUTION, "standard deviation / mean", "resolution"),
        ("core", "core", RESOLUTION, "half of central 68 % / median", "resolution of the core"),
    )
    for i, (name, ratio, shade, label, title) in enumerate(parts):
        upper, lower = grid[:, i]
        for side, colour, words in ((found.real, style.REAL, "real"), (found.fake, style.FAKE, "generated")):
            _points(upper, found, side, name, colour, words)
        style.dress(upper, y=label, title=title)
        _ratio(lower, found, getattr(found, ratio), getattr(found, f"{ratio}_error"), shade)
        style.dress(lower, x="incident energy [GeV]", y="gen. / real")
    grid[1, 0].set_xscale("log")
    for axes in grid[0, 1:]:
        axes.set_ylim(bottom=0.0)
    style.legend(grid[0, 0])
    return figure


def _points(axes: Axes, found: Response, side: Moments, name: str, colour: str, words: str) -> None:
    value, error = getattr(side, name), getattr(side, f"{name}_error")
    known = np.isfinite(value)
    horizontal = _reach(found)[:, known]
    drawn: dict[str, Any] = {"fmt": "o", "markersize": 3.5, "color": colour, "elinewidth": 1.0}
    axes.errorbar(
        found.centre[known], value[known], np.nan_to_num(error[known]), horizontal, label=words, **drawn
    )


def _ratio(axes: Axes, found: Response, ratio: np.ndarray, error: np.ndarray, shade: float) -> None:
    """Ratios with their errors; ratios above the axis range are drawn as arrows."""
    axes.axhspan(1 - shade, 1 + shade, color=style.REAL, alpha=0.15, linewidth=0)
    axes.axhline(1.0, color=style.REAL, linewidth=0.8)
    shown, beyond = ratio <= TOP, ratio > TOP
    value, error = ratio[shown], np.nan_to_num(error[shown])
    drawn: dict[str, Any] = {"fmt": "o", "markersize": 3.5, "color": style.FAKE, "elinewidth": 1.0}
    axes.errorbar(found.centre[shown], value, error, _reach(found)[:, shown], **drawn)
    low = min(1 - 3 * shade, float(np.min(value - 1.1 * error, initial=1.0)))
    high = TOP if beyond.any() else max(1 + 3 * shade, float(np.max(value + 1.1 * error, initial=1.0)))
    axes.set_ylim(max(low, 0.0), high)
    axes.plot(found.centre[beyond], np.full(np.sum(beyond), 0.97 * high), "^", color=style.FAKE, markersize=4)


def _reach(found: Response) -> np.ndarray:
    """Distances from the centre of each bin to its edges, [2, B]."""
    return np.maximum([found.centre - found.edges[:-1], found.edges[1:] - found.centre], 0.0)
