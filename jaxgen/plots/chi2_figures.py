"""Contributions to the chi2 by feature and value, and bin by bin."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from jaxgen.metrics import worst_trends
from jaxgen.metrics.table import Label
from jaxgen.metrics.trends import TrendTerms
from jaxgen.plots import style

TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 300, 1000, 10_000, 100_000)


def chi2_table(
    terms: TrendTerms, features: Sequence[Label], values: Sequence[Label], *, floor: TrendTerms | None = None
) -> Figure:
    """The chi2 of each trend relative to its floor, with its fraction of the excess.

    Args:
      terms: the `detail` of `metrics.trends.trend_chi2`.
      features: labels, [F].
      values: labels, [M].
      floor: terms of real against real events; their mean is the unit, as it fluctuates less than the floor
        of a single trend. By default 1 per term.

    Returns:
      One table with a colour bar; row and column averages at the right and lower edges.
    """
    unit = worst_trends.floor_per_term(floor)
    ratio = _with_margins(terms.chi2) / np.maximum(unit * _with_margins(terms.terms), 1e-12)
    above = np.maximum(worst_trends.excess(terms, floor), 0.0)
    share = _with_margins(above) / max(float(above.sum()), 1e-12)
    rows, columns = [*(f.name for f in features), "all"], [*(v.short or v.name for v in values), "all"]
    figure = style.figure(0.9 + 0.5 * len(rows), width=7.6)
    axes = figure.subplots()
    low, high = 0.7, max(5.0, float(ratio.max(initial=1.0)))
    norm = LogNorm(low, high)
    image = axes.imshow(ratio, norm=norm, cmap="YlOrBr", aspect="auto")
    for (i, j), value in np.ndenumerate(ratio):
        ink = style.ink_on(colormaps["YlOrBr"](norm(value)))
        text = f"{value:.2f}" if value < 10 else f"{value:.0f}"
        if (i, j) != (len(features), len(values)):
            text += f"\n{100 * share[i, j]:.0f} %"
        axes.text(j, i, text, ha="center", va="center", fontsize=style.SMALL, color=ink)
    style.dress(axes, grid=False)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.axhline(len(features) - 0.5, color="white", linewidth=3)
    axes.axvline(len(values) - 0.5, color="white", linewidth=3)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=style.TEXT)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    ticks = ticks if len(ticks) < 8 else [tick for tick in ticks if str(tick).strip("0") == "1"]
    style.colour_bar(figure, image, axes, "χ² / floor", ticks=FixedLocator(ticks), format="%g")
    return figure


def _with_margins(table: np.ndarray) -> np.ndarray:
    wide = np.concatenate([table, table.sum(axis=1, keepdims=True)], axis=1).astype(np.float64)
    return np.concatenate([wide, wide.sum(axis=0, keepdims=True)])


def deviation_map(
    terms: TrendTerms, features: Sequence[Label], values: Sequence[Label], *, limit: float = 5.0
) -> Figure:
    """Shift of mean and standard deviation in each bin of each feature, in units of the combined error.

    Args:
      terms: the `detail` of `metrics.trends.trend_chi2`.
      features: labels, [F].
      values: labels, [M].
      limit: limit of the colour scale; larger values have the colour of the limit.

    Returns:
      One axes per feature and a colour bar; rows are mean and standard deviation of each value.
    """
    both = np.stack(worst_trends.shifts(terms), axis=-1)
    figure = style.figure(0.9 + 0.24 * 2 * len(values))
    grid = figure.subplots(1, len(features), sharey=True, squeeze=False)[0]
    names = [f"{value.short or value.name} {part}" for value in values for part in ("mean", "std")]
    for f, (axes, feature) in enumerate(zip(grid, features, strict=True)):
        rows = both[f].reshape(both.shape[1], -1).T
        borders = np.arange(len(names) + 1) - 0.5
        image = axes.pcolormesh(
            terms.edges[f], borders, rows, cmap=style.DIVERGING, norm=Normalize(-limit, limit)
        )
        style.dress(axes, x=feature.text, grid=False)
        for border in borders[2:-1:2]:
            axes.axhline(border, color="white", linewidth=1.5)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.spines[:].set_visible(False)
    grid[0].invert_yaxis()
    style.colour_bar(figure, image, list(grid), "generated − real [errors]", extend="both", fraction=0.02)
    return figure
