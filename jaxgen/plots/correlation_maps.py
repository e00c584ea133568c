"""Maps of the correlations of all columns: real, generated and their difference."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from jaxgen import checks
from jaxgen.metrics import correlations
from jaxgen.plots import style

DIFFERENCE = 0.2  # smallest limit of the colour scale of the difference


def correlation_maps(real: np.ndarray, fake: np.ndarray, groups: Sequence[str], *, name: str) -> Figure:
    """Two correlation matrices and the second minus the first.

    Args:
      real: [D, D].
      fake: [D, D].
      groups: names of groups of adjacent columns of equal size, in order.
      name: name of the kind of correlation, such as Pearson.

    Returns:
      Three maps with two colour bars; lines separate the groups.

    Raises:
      ValueError: if the matrices differ in shape or cannot be divided into the groups.
    """
    checks.same_shape(real=real, fake=fake)
    if not groups or len(real) % len(groups):
        raise ValueError(f"Expected groups of equally many columns; got {len(groups)} of {len(real)}.")
    difference = fake - real
    extreme = max(float(np.abs(difference).max()), DIFFERENCE)
    figure = style.figure(4.3)
    first, second, third = figure.subplots(1, 3, sharey=True)
    images = [
        _draw(axes, matrix, limit, groups)
        for axes, matrix, limit in (
            (first, real, 1.0),
            (second, fake, 1.0),
            (third, difference, extreme),
        )
    ]
    distance = f"Frobenius norm {correlations.frobenius(real, fake):.3g}"
    for axes, title in ((first, "real"), (second, "generated"), (third, "generated − real")):
        style.dress(axes, title=title, grid=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    third.set_title(distance, loc="right", fontsize=style.SMALL)
    horizontal = {"orientation": "horizontal", "aspect": 40, "fraction": 0.05, "pad": 0.03}
    style.colour_bar(figure, images[0], [first, second], f"{name} correlation", **horizontal)
    style.colour_bar(figure, images[2], third, "difference of correlations", **{**horizontal, "aspect": 20})
    return figure


def _draw(axes: Axes, matrix: np.ndarray, limit: float, groups: Sequence[str]) -> object:
    image = axes.imshow(
        matrix, norm=Normalize(-limit, limit), cmap=style.DIVERGING, aspect="auto", interpolation="nearest"
    )
    width = len(matrix) // len(groups)
    for border in np.arange(width, len(matrix), width) - 0.5:
        axes.axhline(border, color="white", linewidth=0.8)
        axes.axvline(border, color="white", linewidth=0.8)
    centres = np.arange(len(groups)) * width + (width - 1) / 2
    axes.set_xticks(centres, groups, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(centres, groups)
    return image
