"""Maps over the cells of an event: real, generated, and their difference."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from jaxgen.metrics import format
from jaxgen.plots import style

DIFFERENCE = "difference / its error"
SIGNIFICANT = 3.0  # errors that the colours of a difference over its error reach at least
MOST = 10.0  # errors that they reach at most


def difference_maps(
    sides: Sequence[np.ndarray],
    difference: np.ndarray,
    *,
    axes: tuple[str, str],
    norm: Normalize,
    label: str,
    difference_label: str = DIFFERENCE,
    least: float = SIGNIFICANT,
    most: float = np.inf,
    extent: tuple[float, float, float, float] | None = None,
) -> Figure:
    """A map of both samples and one of their difference.

    Args:
      sides: real and generated, [H, W] each, the first axis upwards; what is not finite counts as zero.
      difference: [H, W].
      axes: names of the axes, the vertical one first.
      norm: colours of both sides; what is below them has the lowest one.
      label: of these colours.
      difference_label: of the colours of the difference.
      least: value that the colours of the difference reach at least, on both sides of zero.
      most: value that they reach at most; the largest difference is written above the map where it is more.
      extent: of the map, left, right, bottom and top; cells are counted where it is not given.

    Returns:
      Three maps with two colour bars.
    """
    figure = style.figure(2.7 if extent is None else 3.3)
    first, second, third = figure.subplots(1, 3, sharey=True)
    for place, side, title in ((first, sides[0], "real"), (second, sides[1], "generated")):
        image = _draw(
            place, np.maximum(np.nan_to_num(side), norm.vmin or 0.0), norm, style.SEQUENTIAL, extent
        )
        style.dress(place, x=axes[1], title=title, grid=False)
    extend = {} if extent is None else {"extend": "min"}
    style.colour_bar(figure, image, [first, second], label, **extend)
    first.set_ylabel(axes[0], fontsize=style.TEXT)
    largest = float(np.nanmax(np.abs(difference), initial=0.0))
    extreme = min(max(largest, least), most)
    colours = Normalize(-extreme, extreme)
    image = _draw(third, np.nan_to_num(difference), colours, style.DIVERGING, extent)
    style.dress(third, x=axes[1], title="generated − real", grid=False)
    cut = largest > most
    if cut:
        third.set_title(f"largest ±{format.number(largest, 2)}", loc="right", fontsize=style.SMALL)
    style.colour_bar(figure, image, third, difference_label, **({"extend": "both"} if cut else {}))
    return figure


def over_error(real: np.ndarray, fake: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Generated less real over the error, 0 where there is none.

    >>> over_error(np.array([1.0, 1.0]), np.array([3.0, 1.0]), np.array([0.5, 0.0])).tolist()
    [4.0, 0.0]
    """
    return np.where(error > 0, (fake - real) / np.where(error > 0, error, 1.0), 0.0)


def _draw(axes: Axes, side: np.ndarray, norm: Normalize, colours: str, extent: Any) -> Any:
    return axes.imshow(
        side,
        norm=norm,
        cmap=colours,
        origin="lower",
        aspect="auto" if extent is None else "equal",
        extent=extent,
        interpolation="nearest",
    )
