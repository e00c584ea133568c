"""Trends: mean and mean ± standard deviation of a value in a sliding window over a feature."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxgen.metrics.bands import Bands
from jaxgen.metrics.table import Label
from jaxgen.plots import style

REACH = 1.0  # largest extension of the axes on each side by generated lines, in ranges of the real ones
MEANS_REACH = 3.0  # the same for the generated means


def trend_figure(
    real: Bands,
    fake: Bands,
    features: Sequence[Label],
    value: Label,
    *,
    index: int,
    low: float = -np.inf,
    columns: int = 3,
) -> Figure:
    """One value as a function of every feature.

    Args:
      real: result of `metrics.bands.trend_bands` for real events.
      fake: result of `metrics.bands.trend_bands` for generated events.
      features: one label per feature, [F].
      value: label of the value.
      index: index of the value, from 0 to M - 1.
      low: lower limit of the value and of the axes.
      columns: number of panels in a row.

    Returns:
      One axes per feature: the line is the mean, the band around it its error; the thin lines are mean + std
      and mean - std with their errors.
    """
    rows = -(-len(features) // columns)
    short = value._replace(name=value.short or value.name)
    figure = style.figure(0.4 + 2.6 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for i, axes in enumerate(grid.flat):
        if i >= len(features):
            axes.remove()
            continue
        draw_bands(axes, real, i, index, style.REAL, "real")
        draw_bands(axes, fake, i, index, style.FAKE, "generated")
        style.dress(axes, x=features[i].text, y=short.text if i % columns == 0 else "")
        axes.tick_params(labelleft=i % columns == 0)
    grid.flat[0].set_ylim(*_limits(real, fake, index, low))
    handles, labels = grid.flat[0].get_legend_handles_labels()
    style.legend(figure, handles=handles, labels=labels, loc="outside upper center", ncols=4)
    return figure


def _limits(real: Bands, fake: Bands, index: int, low: float) -> tuple[float, float]:
    """Range of the real lines, extended by the generated lines, further for means than for mean ± std."""

    def ends(lines: np.ndarray) -> tuple[float, float]:
        drawn = lines[np.isfinite(lines)]
        return (drawn.min(), drawn.max()) if len(drawn) else (np.inf, -np.inf)

    def outer(bands: Bands) -> np.ndarray:
        mean, std = bands.mean[..., index], bands.std[..., index]
        return np.stack([mean - std, mean + std])

    first, last = ends(outer(real))
    start, end = first, last
    for lines, times in ((fake.mean[..., index], MEANS_REACH), (outer(fake), REACH)):
        (other, farther), reach = ends(lines), times * (last - first)
        start, end = min(start, max(other, first - reach)), max(end, min(farther, last + reach))
    if not start < end or not np.isfinite(end - start):
        start, end = 0.0, 1.0
    room = 0.05 * (end - start)
    return max(float(start - room), low), float(end + room)


def draw_bands(axes: Axes, bands: Bands, feature: int, value: int, colour: str, name: str) -> None:
    """Mean, mean + std and mean - std of one sample with their errors."""
    x = bands.centre[feature]
    mean, std = bands.mean[feature, :, value], bands.std[feature, :, value]
    mean_error = bands.mean_error[feature, :, value]
    edge_error = np.hypot(mean_error, bands.std_error[feature, :, value])
    axes.plot(x, mean, color=colour, linewidth=1.3, label=f"{name}: mean")
    axes.fill_between(x, mean - mean_error, mean + mean_error, color=colour, alpha=0.35, linewidth=0)
    for sign in (1, -1):
        edge = mean + sign * std
        label = f"{name}: mean ± std" if sign > 0 else None
        axes.plot(x, edge, color=colour, linewidth=0.9, linestyle="--", label=label)
        axes.fill_between(x, edge - edge_error, edge + edge_error, color=colour, alpha=0.2, linewidth=0)
