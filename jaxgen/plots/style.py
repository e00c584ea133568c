"""Common style of all figures, without global state: colours, sizes, axes and legends."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

REAL = "#404040"
FAKE = "#d55e00"
ACCENTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito
GRID = "#dddddd"
SEQUENTIAL = "viridis"
DIVERGING = "PuOr_r"
TEXT = 9.0
SMALL = 8.0
WIDTH = 10.6


def figure(height: float, *, width: float = WIDTH, fixed: bool = False) -> Figure:
    """An empty white figure of a size in inches; the layout makes room for labels unless it is fixed."""
    return Figure(figsize=(width, height), layout=None if fixed else "constrained", facecolor="white")


def dress(axes: Axes, *, x: str = "", y: str = "", title: str = "", grid: bool = True) -> Axes:
    """Sets labels and the common style of axes.

    Args:
      axes: axes to change.
      x: label of the horizontal axis.
      y: label of the vertical axis.
      title: title, left-aligned above the axes.
      grid: whether to draw thin lines behind the data.

    Returns:
      The same axes.
    """
    axes.set_xlabel(x, fontsize=TEXT)
    axes.set_ylabel(y, fontsize=TEXT)
    if title:
        axes.set_title(title, fontsize=TEXT, fontweight="bold", loc="left")
    axes.tick_params(which="both", labelsize=SMALL)
    axes.tick_params(length=3)
    for text in (axes.xaxis.get_offset_text(), axes.yaxis.get_offset_text()):
        text.set_fontsize(SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(True, color=GRID, linewidth=0.6)
    else:
        axes.grid(False)
    return axes


def few_ticks(axis: Axis, *, most: int = 6) -> None:
    """Few ticks on a linear axis, large numbers with separators."""
    axis.set_major_locator(MaxNLocator(most))
    axis.set_major_formatter(_Separated(useOffset=False))


class _Separated(ScalarFormatter):
    """Default tick labels; from 10,000 on with separators."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:,.0f}".replace("-", "−") if abs(x) >= 1e4 else super().__call__(x, pos)


def legend(where: Axes | Figure, **options: Any) -> None:
    """A legend without a frame in the common size; `options` as in matplotlib."""
    where.legend(**{"fontsize": SMALL, "frameon": False, **options})


def colour_bar(owner: Figure, image: Any, axes: Any, label: str, **options: Any) -> None:
    """A colour bar in the common size."""
    bar = owner.colorbar(image, ax=axes, **{"fraction": 0.04, "pad": 0.02, **options})
    bar.set_label(label, fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    if "ticks" in options:
        bar.ax.minorticks_off()


def ink_on(colour: tuple[float, ...]) -> str:
    """Black or white, whichever has more contrast to a colour (red, green, blue from 0 to 1).

    >>> ink_on((1.0, 1.0, 1.0)), ink_on((0.0, 0.0, 0.4))
    ('black', 'white')
    """
    return "black" if float(np.dot(colour[:3], (0.299, 0.587, 0.114))) > 0.5 else "white"
