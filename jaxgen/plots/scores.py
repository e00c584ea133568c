"""What a discriminator says of real and of generated events."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen.plots import histograms, style


def score_histograms(real_scores: ArrayLike, fake_scores: ArrayLike, *, bins: int = 100) -> Figure:
    """Histograms of D(x) of real events and D(G(z)) of generated ones on [0, 1].

    Two separate heaps at 1 and 0 are a discriminator that has won; two equal ones cannot tell them apart.

    Args:
      real_scores: probability of being real that the discriminator gives to real events, [N].
      fake_scores: the same for generated events, [K].
      bins: between 0 and 1.

    Returns:
      A figure of one axes; the shares are on a logarithmic scale, the means broken lines.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    figure = style.figure(3.4, width=7.0)
    axes = figure.subplots()
    most = 1
    for scores, colour, name in (
        (real_scores, style.REAL, "D(x), real"),
        (fake_scores, style.FAKE, "D(G(z)), generated"),
    ):
        values = np.asarray(scores, np.float64).ravel()
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        drawn = histograms.histogram([values], edges)
        label = f"{name}: {style.count(len(values))}, mean {mean:.3f}"
        axes.stairs(drawn.share, edges, color=colour, fill=True, alpha=0.25)
        axes.stairs(drawn.share, edges, color=colour, linewidth=1.2, label=label)
        if np.isfinite(mean):
            axes.axvline(mean, color=colour, linewidth=0.9, linestyle="--")
        most = max(most, len(values))
    axes.set_ylim(0.5 / most, 2.0)
    axes.set_yscale("log", nonpositive="clip")
    axes.set_xlim(0.0, 1.0)
    style.dress(axes, x="probability of being real", y="share of events")
    style.legend(figure, loc="outside upper center", ncols=2)
    return figure
