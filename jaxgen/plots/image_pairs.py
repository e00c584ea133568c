"""Real and generated images side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from jaxgen import checks
from jaxgen.plots import style

BELOW = "#eeeeee"
TITLE = 0.3  # inches above a pair
LEFT, RIGHT, TOP = 0.3, 0.85, 0.1  # inches at the borders of the figure


@dataclass(frozen=True)
class Look:
    """Layout of pairs of images.

    Attributes:
      width: width of an image, inches.
      height: height of an image, inches.
      gap: between images, inches.
      columns: number of pairs in a row.
      x: label of the horizontal axis, with tick labels below the last row; empty for neither.
      label: label of the colour bar.
      extend: ends of the colour bar that are pointed, as in matplotlib.
      title_size: font size of the titles.
    """

    width: float
    height: float
    gap: float = 0.05
    columns: int = 5
    x: str = ""
    label: str = ""
    extend: str = "max"
    title_size: float = style.SMALL

    @property
    def row(self) -> float:
        """Height of a pair with its title, in inches."""
        return 2 * self.height + self.gap + TITLE

    @property
    def bottom(self) -> float:
        """Space below the last row, in inches."""
        return 0.48 if self.x else 0.08


def image_pairs(
    real: np.ndarray,
    fake: np.ndarray,
    titles: Sequence[str],
    norms: Sequence[Normalize],
    look: Look,
    *,
    scale: Normalize | None = None,
) -> Figure:
    """Each real image above the corresponding generated one.

    Args:
      real: images [N, H, W], the first axis upwards.
      fake: images [N, H, W], the first axis upwards.
      titles: titles of the pairs, [N].
      norms: colour norm of each pair, [N]; values below a logarithmic one, or not finite, are gray.
      look: layout.
      scale: norm shown by the colour bar; by default that of the first pair.

    Returns:
      A figure with two axes per pair, and one for the colour bar.

    Raises:
      ValueError: if the images differ in shape or number.
    """
    checks.same_shape(real=real, fake=fake)
    rows = max(1, -(-len(real) // look.columns))
    size = look.bottom + look.row * rows + TOP  # fixed, as fitting takes three times as long
    figure = style.figure(size, width=LEFT + look.columns * (look.width + look.gap) + RIGHT, fixed=True)
    for i, pair in enumerate(zip(real, fake, strict=True)):
        column, last = i % look.columns, i + look.columns >= len(real)
        upper, lower = (_place(figure, i, part, rows, look) for part in (0, 1))
        for axes, event, name in zip((upper, lower), pair, ("real", "generated"), strict=True):
            draw_image(axes, event, norms[i])
            style.dress(axes, y=name if column == 0 else "", grid=False)
            axes.set_yticks([])
            axes.tick_params(bottom=False, labelbottom=bool(look.x) and last and axes is lower)
        lower.set_xlabel(look.x if last else "", fontsize=style.TEXT)
        upper.set_title(titles[i], fontsize=look.title_size, pad=3)
    norm = scale or (norms[0] if len(norms) else Normalize(0.0, 1.0))
    width = figure.get_size_inches()[0]
    bar = figure.add_axes((1 - (RIGHT - 0.1) / width, 0.25, 0.12 / width, 0.5))
    mappable = ScalarMappable(norm, style.SEQUENTIAL)
    figure.colorbar(mappable, cax=bar, extend=look.extend).set_label(look.label, fontsize=style.TEXT)
    bar.tick_params(labelsize=style.SMALL)
    return figure


def _place(figure: Figure, index: int, part: int, rows: int, look: Look) -> Axes:
    """Axes of one image: `part` is 0 for the upper and 1 for the lower one."""
    width, height = figure.get_size_inches()
    row, column = divmod(index, look.columns)
    bottom = look.bottom + (rows - 1 - row) * look.row + (1 - part) * (look.height + look.gap)
    left = LEFT + column * (look.width + look.gap)
    return figure.add_axes((left / width, bottom / height, look.width / width, look.height / height))


def draw_image(axes: Axes, event: np.ndarray, norm: Normalize) -> None:
    """One image, first axis upwards; values below a logarithmic scale, or not finite, are gray."""
    axes.set_facecolor(BELOW)
    lowest = norm.vmin if isinstance(norm, LogNorm) and norm.vmin else -np.inf
    shown = np.ma.masked_less(np.ma.masked_invalid(event), lowest)
    axes.imshow(
        shown, norm=norm, cmap=style.SEQUENTIAL, origin="lower", aspect="auto", interpolation="nearest"
    )
    axes.spines[:].set_visible(False)
