"""The masses of several runs and of real events."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from jaxgen.metrics import format
from jaxgen.metrics.table import Table
from jaxgen.plots.illustration import Illustration
from jaxgen.plots.overlay import EXPLAINED, overlay_figure
from jaxgen.systems.four_leptons.observables import MASSES


def overlay(test: Table, generated: Mapping[str, Table]) -> list[Illustration]:
    """Masses on a linear and on a logarithmic scale.

    Args:
      test: real events.
      generated: generated events of each run, by name.
    """
    caption = (
        "m(4ℓ) of all leptons of an event together, m(Z1) of the pair nearer to the Z mass, m(Z2) of the "
        f"other. The legend says how many events have no m(4ℓ). {EXPLAINED}"
    )
    titles = {
        False: "Masses of all runs: peaks should have the same place, height and width",
        True: "Masses of all runs on a logarithmic scale: the tails",
    }
    return [
        Illustration(
            f"run_masses{'_logarithmic' if logarithmic else ''}",
            title,
            caption,
            mass_overlay(test, generated, logarithmic=logarithmic),
        )
        for logarithmic, title in titles.items()
    ]


def mass_overlay(test: Table, generated: Mapping[str, Table], *, logarithmic: bool = False) -> Figure:
    """The three masses of all runs and of real events; the legend states how many events have no mass.

    Args:
      test: real events.
      generated: generated events by name; events without a mass are ignored.
      logarithmic: whether the vertical axis is logarithmic.
    """
    lost = {run: float(np.mean(np.isnan(table["m4l"]))) for run, table in generated.items()}
    notes = {run: f" ({format.percent(share)} without mass)" for run, share in lost.items()}
    return overlay_figure(test, generated, MASSES, low=0.0, logarithmic=logarithmic, notes=notes)
