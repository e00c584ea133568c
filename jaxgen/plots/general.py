"""Figures of any detector: the distributions and correlations of its observables."""

import numpy as np

from jaxgen.metrics import correlations, format
from jaxgen.metrics.table import Label, Samples
from jaxgen.plots import binning, histograms
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.illustration import Illustration

MOST = 24  # number of observables drawn


def quantity(
    label: Label,
    real: np.ndarray,
    fake: np.ndarray,
    floor: np.ndarray,
    *,
    edges: np.ndarray | None = None,
    logarithmic: str = "",
) -> Quantity:
    """An observable of real and generated events, with their distance written above the panel.

    Args:
      label: label of the observable.
      real: values of any shape.
      fake: generated values of any shape.
      floor: values of other real events in place of the generated ones.
      edges: bin edges; by default the bins cover both samples.
      logarithmic: axes with a logarithmic scale, "x" and "y".
    """
    if edges is None:
        edges = binning.edges(real, fake)
    note = histograms.distance_note(real, fake, floor, label.unit)
    return Quantity(label, real.ravel(), [fake.ravel()], edges, logarithmic, note)


def draw(samples: Samples) -> list[Illustration]:
    """Histograms of all observables, and their correlations if there are several.

    Args:
      samples: samples with the same columns.
    """
    names = list(samples.test)[:MOST]
    tables = samples.test, samples.generated, samples.floor
    panels = [quantity(samples.test.labels[name], *(table[name] for table in tables)) for name in names]
    figure = histograms.quantity_histograms(panels)
    histograms.numbered_legend(figure, [format.count(table.number) for table in tables[:2]])
    shown = [
        Illustration(
            "observables",
            "Observables: the generated line should follow the real one",
            f"{histograms.EXPLAINED} {histograms.EXPLAINED_NOTE}",
            figure,
        )
    ]
    single = [name for name in names if samples.test[name].ndim == 1]
    if len(single) < 2:
        return shown
    sides = [np.column_stack([table[name] for name in single]) for table in tables[:2]]
    kept = [side[np.isfinite(side).all(axis=1)] for side in sides]
    if min(map(len, kept)) < 2:
        return shown
    labels = [samples.test.labels[name].short or name for name in single]
    real, fake = (correlations.spearman(side) for side in kept)
    maps = correlation_maps(real, fake, labels, name="Spearman")
    title = "Correlations of observables: the closer the right map is to white, the better"
    words = "Spearman correlations of every two observables."
    return [*shown, Illustration("correlations", title, words, maps)]
