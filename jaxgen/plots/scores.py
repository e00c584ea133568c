"""Distributions of a critic's scores of real and generated events."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen.metrics import format
from jaxgen.plots import histograms, style
from jaxgen.plots.illustration import Illustration


def score_illustration(real_scores: ArrayLike, fake_scores: ArrayLike, *, probability: bool) -> Illustration:
    """The figure of `score_histograms` with title and caption."""
    return Illustration(
        "critic_scores",
        "Scores of the critic: where the histograms agree, it does not distinguish the events",
        "Scores that the critic of the first member gives to test events, D(x), and to generated "
        "ones, D(G(z)), with its weights of the checkpoint and without dropout. Broken lines are the means."
        + ("" if probability else " Larger is more real."),
        score_histograms(real_scores, fake_scores, probability=probability),
    )


def score_histograms(
    real_scores: ArrayLike, fake_scores: ArrayLike, *, probability: bool = True, bins: int = 100
) -> Figure:
    """Histograms of the scores D(x) of real events and D(G(z)) of generated ones.

    Args:
      real_scores: scores of real events, [N].
      fake_scores: scores of generated events, [K].
      probability: whether scores are probabilities of being real, drawn on [0, 1]; otherwise the bins cover
        all finite scores except the outermost thousandth.
      bins: number of them.

    Returns:
      A figure with one axes; the vertical axis is logarithmic, the means are dashed lines.
    """
    sides = [np.asarray(scores, np.float64).ravel() for scores in (real_scores, fake_scores)]
    edges = np.linspace(*(0.0, 1.0) if probability else _limits(np.concatenate(sides)), bins + 1)
    figure = style.figure(3.4, width=7.0)
    axes = figure.subplots()
    for values, colour, name in zip(
        sides, (style.REAL, style.FAKE), ("D(x), real", "D(G(z)), generated"), strict=True
    ):
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        drawn = histograms.histogram([values], edges)
        label = f"{name}: {format.count(len(values))}, mean {format.number(mean, 3)}"
        axes.stairs(drawn.share, edges, color=colour, fill=True, alpha=0.25)
        axes.stairs(drawn.share, edges, color=colour, linewidth=1.2, label=label)
        if np.isfinite(mean):
            axes.axvline(mean, color=colour, linewidth=0.9, linestyle="--")
    axes.set_ylim(0.5 / max(1, *map(len, sides)), 2.0)
    axes.set_yscale("log", nonpositive="clip")
    axes.set_xlim(edges[0], edges[-1])
    style.dress(axes, x="probability of being real" if probability else "score", y="share of events")
    style.legend(figure, loc="outside upper center", ncols=2)
    return figure


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Range of all finite values except the outermost thousandth, with a margin."""
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, [5e-4, 1 - 5e-4]) if len(values) else (0.0, 1.0)
    room = 0.01 * (high - low) or 1.0
    return float(low - room), float(high + room)
