"""Standard deviation of every column of real and generated events."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen import checks
from jaxgen.plots import style

TOP = 2.0  # largest ratio shown


def column_spread(
    real: np.ndarray, fake: np.ndarray, groups: Sequence[str], columns: Sequence[str], *, unit: str
) -> Figure:
    """Bars of the standard deviations of both samples, and their ratio.

    Args:
      real: [N, G * C].
      fake: [K, G * C].
      groups: names of the G groups of columns, in order.
      columns: names of the C columns of each group.
      unit: unit of the values.

    Returns:
      A figure with two axes. Ratios above 2 are drawn as arrows; generated bars more than three times as high
      as the highest real one are truncated.

    Raises:
      ValueError: if the samples have different columns.
    """
    width = len(groups) * len(columns)
    checks.shape("real values", real, (None, width))
    checks.shape("fake values", fake, (None, width))
    ours, theirs = (side.std(axis=0) if len(side) else np.zeros(width) for side in (real, fake))
    place = np.arange(width) + 0.8 * (np.arange(width) // len(columns))
    figure = style.figure(3.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    upper.bar(place - 0.2, ours, 0.4, color=style.REAL, alpha=0.6, label="real")
    upper.bar(place + 0.2, theirs, 0.4, color=style.FAKE, label="generated")
    highest = max(float(ours.max()), 1e-12)
    upper.set_ylim(0, 1.08 * min(max(highest, float(theirs.max())), 3 * highest))
    ratio = theirs / np.where(ours > 0, ours, np.inf)
    lower.axhline(1.0, color=style.REAL, linewidth=0.8)
    shown = ratio <= TOP
    lower.plot(place[shown], ratio[shown], "o", color=style.FAKE, markersize=3.5)
    lower.plot(place[~shown], np.full((~shown).sum(), 0.95 * TOP), "^", color=style.FAKE, markersize=4)
    lower.set_ylim(0, TOP)
    style.dress(upper, y=f"standard deviation [{unit}]")
    style.dress(lower, y="gen. / real")
    for axes in (upper, lower):
        axes.grid(False, axis="x")
    lower.set_xticks(place, list(columns) * len(groups))
    lower.tick_params(axis="x", length=0)
    middles = place.reshape(len(groups), -1).mean(axis=1)
    for middle, group in zip(middles, groups, strict=True):
        upper.text(
            middle, 1.0, group, transform=upper.get_xaxis_transform(), ha="center", fontsize=style.SMALL
        )
    upper.set_xlim(place[0] - 0.8, place[-1] + 0.8)
    style.legend(figure, loc="outside upper right", ncols=2)
    return figure
