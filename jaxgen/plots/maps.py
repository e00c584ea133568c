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
SIGNIFICANT = 3.0  # smallest limit of the colour scale of a difference over its error
MOST = 10.0  # largest limit


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
    """Maps of both samples and of their difference.

    Args:
      sides: real and generated values, [H, W] each, the first axis upwards; values that are not finite count
        as zero.
      difference: [H, W].
      axes: names of the axes, the vertical one first.
      norm: colour norm of both maps; smaller values have the lowest colour.
      label: label of the colour bar of both maps.
      difference_label: label of the colour bar of the difference.
      least: smallest limit of the colour scale of the difference.
      most: largest limit; if the largest difference is above it, it is written above the map.
      extent: extent of the map: left, right, bottom and top; by default cells are counted.

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
    """Generated minus real divided by the error, 0 if the error is 0.

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
