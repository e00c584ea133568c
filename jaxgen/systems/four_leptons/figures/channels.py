"""Shares of the channels of real and generated events."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen.plots import style


def channel_shares(real: np.ndarray, fake: np.ndarray, names: Sequence[str]) -> Figure:
    """Bars of the shares of real events, points of generated ones, both with their binomial errors.

    Args:
      real: 1 in the column of each event's channel, else 0, [N, C].
      fake: likewise, [K, C].
      names: of the channels, [C].

    Returns:
      A small figure of one axes.
    """
    figure = style.figure(2.6, width=5.0)
    axes = figure.subplots()
    place = np.arange(len(names))
    for members, label in ((real, "real"), (fake, "generated")):
        number = max(len(members), 1)
        share = members.sum(axis=0) / number
        error = np.sqrt(share * (1 - share) / number)
        if label == "real":
            axes.bar(place, share, 0.7, yerr=error, color=style.REAL, alpha=0.35, capsize=2, label=label)
        else:
            axes.errorbar(
                place, share, error, fmt="o", color=style.FAKE, markersize=5, capsize=2, label=label
            )
    axes.set_xticks(place, names)
    axes.tick_params(axis="x", length=0)
    style.dress(axes, y="share of events")
    axes.grid(False, axis="x")
    style.legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
