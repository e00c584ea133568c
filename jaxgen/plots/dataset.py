"""Figures of a data set: its first events, its mean event, and the distribution of every column."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from jaxgen.data.dataset import Column, Dataset
from jaxgen.metrics import format
from jaxgen.plots import binning, style
from jaxgen.plots.illustration import Illustration

FIRST = 8  # number of events shown
BINS = 60
MOST_COLUMNS = 36  # largest number of columns of events and conditions with their own panel
DECADES = 4  # range of the colour scale below the largest value of an image


def draw(data: Dataset) -> list[Illustration]:
    """Figures of the training split: all columns, and events if they are rows or images.

    Args:
      data: data set of any detector.
    """
    columns = data.columns()
    constant = [(column, values) for column, values in columns if _constant(values)]
    same = ", ".join(
        f"{column.name.replace('_', ' ')} {format.number(float(values.flat[0]))} {column.unit}".rstrip()
        for column, values in constant
    )
    shown = [
        Illustration(
            "columns",
            "Distributions of all columns",
            f"{format.count(len(data.train.data))} to train on. Bins reach as far as all values but half "
            "a per cent on each side; where most numbers of an event are zero, these are left out."
            + (f" Not drawn, as they are the same in all events: {same}." if same else ""),
            _columns([pair for pair in columns if not _constant(pair[1])] or columns),
        )
    ]
    several = len(data.spec.columns) > 1
    axes = data.spec.shape[:-1] if several else data.spec.shape
    if len(axes) not in (1, 2) or several:
        return shown
    events = np.asarray(data.train.data)
    pictures = [*events[:FIRST], events.mean(axis=0)]
    titles = [*(f"event {i}" for i in range(len(pictures) - 1)), "mean of all"]
    return [
        Illustration(
            "events",
            "The first events and the mean of all",
            "Not a selection. Images are on a logarithmic scale from their largest value down; what "
            "is smaller is gray.",
            (_images if len(axes) == 2 else _rows)(pictures, titles, data),
        ),
        *shown,
    ]


def _constant(values: np.ndarray) -> bool:
    return bool(values.size and np.all(values == values.flat[0]))


def _grid(number: int, height: float, columns: int = 3) -> tuple[Figure, list[Axes]]:
    rows = max(1, -(-number // columns))
    figure = style.figure(height * rows)
    return figure, [figure.add_subplot(rows, columns, i + 1) for i in range(number)]


def _columns(columns: Sequence[tuple[Column, np.ndarray]]) -> Figure:
    figure, grid = _grid(min(len(columns), MOST_COLUMNS), 2.2)
    for axes, (column, values) in zip(grid, columns, strict=False):
        known = values[np.isfinite(values)]
        zeros = float(np.mean(known == 0)) if len(known) and not column.labels else 0.0
        drawn = known[known != 0] if zeros > 0.5 else known
        if column.labels:
            counts = np.bincount(drawn.astype(int), minlength=len(column.labels))
            axes.bar(range(len(column.labels)), counts, color=style.REAL, alpha=0.6)
            axes.set_xticks(range(len(column.labels)), column.labels)
        elif len(drawn):
            axes.hist(drawn, binning.edges(drawn, most=BINS).tolist(), color=style.REAL, alpha=0.6)
        style.dress(axes, x=column.text, y="numbers" if axes is grid[0] else "")
        if zeros > 0.5:
            axes.set_title(f"{format.percent(zeros)} zeros", loc="right", fontsize=style.SMALL)
    return figure


def _images(pictures: Sequence[np.ndarray], titles: Sequence[str], data: Dataset) -> Figure:
    largest = max((float(np.nanmax(picture, initial=0.0)) for picture in pictures), default=1.0) or 1.0
    norm: Normalize = LogNorm(largest / 10**DECADES, largest)
    vertical, horizontal = data.spec.axes
    turned = vertical.startswith("x") and horizontal.startswith("y")  # x is drawn to the right
    if turned:
        vertical, horizontal = horizontal, vertical
        pictures = [np.transpose(picture) for picture in pictures]
    figure, grid = _grid(len(pictures), 3.2 if turned else 2.4)
    for axes, picture, title in zip(grid, pictures, titles, strict=True):
        axes.set_facecolor("#eeeeee")
        shown = np.ma.masked_less(np.ma.masked_invalid(picture), norm.vmin or 0.0)
        drawn = axes.imshow(shown, norm=norm, cmap=style.SEQUENTIAL, origin="lower")
        axes.set_aspect("equal" if turned else "auto")
        style.dress(axes, x=horizontal, y=vertical, title=title, grid=False)
    style.colour_bar(figure, drawn, grid, data.spec.columns[0].text)
    return figure


def _rows(pictures: Sequence[np.ndarray], titles: Sequence[str], data: Dataset) -> Figure:
    figure, grid = _grid(len(pictures), 2.0)
    edges = np.arange(data.spec.shape[0] + 1) - 0.5
    for axes, picture, title in zip(grid, pictures, titles, strict=True):
        axes.stairs(picture, edges, fill=True, color=style.REAL, alpha=0.6)
        style.dress(axes, x=data.spec.axes[0], y=data.spec.columns[0].text, title=title)
    return figure
