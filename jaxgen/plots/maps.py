"""Maps over the cells of an event: how often they fire, and their mean amplitude."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen.plots import format as words
from jaxgen.plots import style


def occupancy(real: ArrayLike, fake: ArrayLike, spec: words.SpecLike, *, threshold: float = 1.0) -> Figure:
    """Share of events with an amplitude at or above a threshold, cell by cell.

    Args:
      real: images [N, pads, time bins].
      fake: images [M, pads, time bins].
      spec: of the data set, for names.
      threshold: in the units of the images.

    Returns:
      Real, generated, and generated less real, with a colour bar each.
    """
    sides = [np.mean(np.asarray(x) >= threshold, axis=0) for x in (real, fake)]
    norm = Normalize(0.0, max(float(side.max()) for side in sides) or 1.0)
    label = f"share of events ≥ {threshold:g}"
    return _three(sides, sides[1] - sides[0], spec, norm, label, "difference of shares", least=0.01)


def mean_response(real: ArrayLike, fake: ArrayLike, spec: words.SpecLike) -> Figure:
    """Mean amplitude of each cell, and the difference in units of its statistical error.

    Args:
      real: images [N, pads, time bins]; below zero counts as zero.
      fake: images [M, pads, time bins].
      spec: of the data set, for names and units.

    Returns:
      Real, generated, and their pull, with a colour bar each.
    """
    images = [np.maximum(np.asarray(x, np.float64), 0.0) for x in (real, fake)]
    sides = [x.mean(axis=0) for x in images]
    error = np.sqrt(sum(x.var(axis=0) / max(len(x), 1) for x in images))
    pull = np.where(error > 0, (sides[1] - sides[0]) / np.where(error > 0, error, 1.0), 0.0)
    largest = max(float(side.max()) for side in sides) or 1.0
    norm = LogNorm(1e-4 * largest, largest)
    label = f"mean amplitude [{spec.unit}]"
    return _three(sides, pull, spec, norm, label, "difference / its error", least=3.0)


def _three(
    sides: list[np.ndarray],
    difference: np.ndarray,
    spec: words.SpecLike,
    norm: Normalize,
    label: str,
    difference_label: str,
    *,
    least: float,
) -> Figure:
    figure = style.figure(2.7)
    first, second, third = figure.subplots(1, 3, sharey=True)
    for axes, side, title in ((first, sides[0], "real"), (second, sides[1], "generated")):
        image = _draw(axes, side, norm, style.SEQUENTIAL)
        style.dress(axes, x=spec.axes[1], title=title, grid=False)
    style.colour_bar(figure, image, [first, second], label)
    first.set_ylabel(spec.axes[0], fontsize=style.TEXT)
    extreme = max(float(np.abs(difference).max(initial=0.0)), least)
    image = _draw(third, difference, Normalize(-extreme, extreme), style.DIVERGING)
    style.dress(third, x=spec.axes[1], title="generated − real", grid=False)
    style.colour_bar(figure, image, third, difference_label)
    return figure


def _draw(axes: Axes, side: np.ndarray, norm: Normalize, colours: str) -> object:
    low = norm.vmin if isinstance(norm, LogNorm) and norm.vmin else -np.inf
    return axes.imshow(
        np.maximum(side, low),
        norm=norm,
        cmap=colours,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
    )
