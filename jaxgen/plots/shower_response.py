"""Linearity and resolution against incident energy."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics.shower_response import Moments, Response
from jaxgen.plots import style

LINEARITY = 0.01  # half of the shaded range of ratios
RESOLUTION = 0.1


def response_figure(found: Response) -> Figure:
    """Mean response and relative spread in bins of incident energy, with their ratios below.

    Args:
      found: of `metrics.shower_response.shower_response`, with a bin at least.

    Returns:
      A figure of four axes. Shades are ratios within 1 % for the mean and within 10 % for the spread.
    """
    figure = style.figure(4.2)
    grid = figure.subplots(2, 2, sharex=True, height_ratios=[2, 1.2])
    parts = (
        ("mean", "linearity", LINEARITY, "mean visible / incident energy", "linearity"),
        ("resolution", "resolution", RESOLUTION, "standard deviation / mean", "resolution"),
    )
    for i, (name, ratio, shade, label, title) in enumerate(parts):
        upper, lower = grid[:, i]
        for side, colour, words in ((found.real, style.REAL, "real"), (found.fake, style.FAKE, "generated")):
            _points(upper, found, side, name, colour, words)
        style.dress(upper, y=label, title=title)
        _ratio(lower, found, getattr(found, ratio), getattr(found, f"{ratio}_error"), shade)
        style.dress(lower, x="incident energy [GeV]", y="gen. / real")
    grid[1, 0].set_xscale("log")
    grid[0, 1].set_ylim(bottom=0.0)
    style.legend(grid[0, 0])
    return figure


def _points(axes: Axes, found: Response, side: Moments, name: str, colour: str, words: str) -> None:
    value, error = getattr(side, name), getattr(side, f"{name}_error")
    known = np.isfinite(value)
    horizontal = _reach(found)[:, known]
    style_of = {"fmt": "o", "markersize": 3.5, "color": colour, "elinewidth": 1.0}
    axes.errorbar(
        found.centre[known], value[known], np.nan_to_num(error[known]), horizontal, label=words, **style_of
    )


def _ratio(axes: Axes, found: Response, ratio: np.ndarray, error: np.ndarray, shade: float) -> None:
    known = np.isfinite(ratio)
    axes.axhspan(1 - shade, 1 + shade, color=style.REAL, alpha=0.15, linewidth=0)
    axes.axhline(1.0, color=style.REAL, linewidth=0.8)
    axes.errorbar(
        found.centre[known],
        ratio[known],
        np.nan_to_num(error[known]),
        _reach(found)[:, known],
        fmt="o",
        markersize=3.5,
        color=style.FAKE,
        elinewidth=1.0,
    )
    reach = max(
        3 * shade, 1.15 * float(np.max(np.abs(ratio[known] - 1) + np.nan_to_num(error[known]), initial=0))
    )
    axes.set_ylim(1 - min(reach, 1.0), 1 + min(reach, 2.0))


def _reach(found: Response) -> np.ndarray:
    """Distances of the edges of each bin from its centre, [2, B]."""
    return np.maximum([found.centre - found.edges[:-1], found.edges[1:] - found.centre], 0.0)
