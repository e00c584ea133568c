"""Real responses and generated ones for the same tracks, side by side."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.plots import format as words
from jaxgen.plots import style

BELOW = "#eeeeee"
ROW = 2.05  # inches for a pair and its title


def sample_pairs(
    real: ArrayLike,
    fake: ArrayLike,
    condition: ArrayLike,
    spec: words.SpecLike,
    *,
    number: int = 20,
    columns: int = 5,
    smallest: float = 1.0,
) -> Figure:
    """The first events of a sample, each above a generated event for the same track, on one colour scale.

    Args:
      real: images [N, pads, time bins]; the first ones are shown, whatever they look like.
      fake: images [N or more, pads, time bins], row i for the track of real event i.
      condition: of the tracks, [N, C].
      spec: of the data set, for names and units.
      number: of pairs.
      columns: pairs in a row.
      smallest: amplitude at the lower end of the logarithmic scale; below it cells are gray.

    Returns:
      A figure with two axes a pair.

    Raises:
      ValueError: where the images differ in shape or in number from what is needed.
    """
    ours, theirs, tracks = (np.asarray(x)[:number] for x in (real, fake, condition))
    checks.same_shape(real=ours, fake=theirs)
    norm = LogNorm(smallest, max(float(ours.max(initial=0.0)), 10 * smallest))
    rows = max(1, -(-len(ours) // columns))
    figure = style.figure(0.75 + ROW * rows, fixed=True)  # a fixed layout draws three times as fast
    for i, pair in enumerate(zip(ours, theirs, strict=True)):
        row, column = divmod(i, columns)
        last = i + columns >= len(ours)
        upper, lower = (_place(figure, row, column, part, rows, columns) for part in (0, 1))
        for axes, event, name in zip((upper, lower), pair, ("real", "generated"), strict=True):
            draw_event(axes, event, norm)
            style.dress(axes, y=name if column == 0 else "", grid=False)
            axes.spines[:].set_visible(False)
            axes.set_yticks([])
            axes.tick_params(bottom=False, labelbottom=last and axes is lower)
        lower.set_xlabel(spec.axes[1] if last else "", fontsize=style.TEXT)
        upper.set_title(track_title(tracks[i], spec), fontsize=style.SMALL - 0.7, pad=3)
    bar = figure.add_axes((0.935, 0.25, 0.012, 0.5))
    scale = ScalarMappable(norm, style.SEQUENTIAL)
    figure.colorbar(scale, cax=bar, extend="max").set_label(f"amplitude [{spec.unit}]", fontsize=style.TEXT)
    bar.tick_params(labelsize=style.SMALL)
    return figure


def _place(figure: Figure, row: int, column: int, part: int, rows: int, columns: int) -> Axes:
    """Axes of one event: `part` 0 above, 1 below."""
    height = figure.get_size_inches()[1]
    left, right, gap = 0.035, 0.92, 0.01
    width = (right - left) / columns
    tall = (ROW - 0.32) / 2
    bottom = 0.48 + (rows - 1 - row) * ROW + (1 - part) * (tall + 0.04)
    return figure.add_axes((left + column * width, bottom / height, width - gap, tall / height))


def draw_event(axes: Axes, event: np.ndarray, norm: LogNorm) -> None:
    """One response, first axis upwards, what is below the scale gray."""
    axes.set_facecolor(BELOW)
    shown = np.ma.masked_less(np.nan_to_num(event), norm.vmin or 0.0)
    axes.imshow(
        shown, norm=norm, cmap=style.SEQUENTIAL, origin="lower", aspect="auto", interpolation="nearest"
    )


def track_title(track: np.ndarray, spec: words.SpecLike) -> str:
    """The first three numbers of a track, such as crossing, dip and drift, with short units."""
    units = {"deg": "°"}
    parts = []
    for value, column in zip(track[:3], spec.condition, strict=False):
        name = column.name.split("_")[0]
        parts.append(f"{name} {round(float(value))}{units.get(column.unit, '')}".replace("-", "−"))
    return ", ".join(parts)
