"""Pulls of numbers of generated events relative to those of real ones."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from jaxgen.metrics import format
from jaxgen.metrics.linear_fits import Compared
from jaxgen.plots import style


def pulls(compared: Mapping[str, Compared], *, limit: float = 10.0) -> Figure:
    """One bar per number: the difference of generated and real in units of its error, with both values.

    Args:
      compared: result of `metrics.linear_fits.compared`.
      limit: limit of the axis; longer bars end there with an arrow.

    Returns:
      One axes, with bands at one and three errors.
    """
    figure = style.figure(0.8 + 0.27 * max(len(compared), 1), width=9.0)
    axes = figure.subplots()
    for reach, shade in ((3, 0.12), (1, 0.2)):
        axes.axvspan(-reach, reach, color=style.REAL, alpha=shade, linewidth=0)
    for line, one in enumerate(compared.values()):
        pull = one.pull if np.isfinite(one.pull) else 0.0
        axes.barh(line, np.clip(pull, -limit, limit), height=0.6, color=style.FAKE)
        if abs(pull) > limit:
            axes.plot(
                0.97 * limit * np.sign(pull), line, ">" if pull > 0 else "<", color="white", markersize=4
            )
        text = f"{format.estimate(one.fake)}   real {format.estimate(one.real)}"
        axes.text(1.02, line, text, transform=axes.get_yaxis_transform(), va="center", fontsize=style.SMALL)
    axes.axvline(0.0, color=style.REAL, linewidth=0.8)
    axes.set_yticks(range(len(compared)), [name.replace("^2", "²").replace("_", " ") for name in compared])
    axes.set_ylim(len(compared) - 0.4, -0.6)
    axes.set_xlim(-limit, limit)
    style.dress(axes, x="(generated − real) / combined error")
    axes.grid(False, axis="y")
    return figure
