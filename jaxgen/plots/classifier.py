"""Regions in which a classifier distinguishes generated from real events."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from jaxgen.base import Estimate
from jaxgen.metrics.table import Label
from jaxgen.plots import style


def auc_by_feature(
    parts: Mapping[Label, tuple[np.ndarray, Sequence[Estimate]]], *, null: Estimate | None = None
) -> Figure:
    """Area under the ROC curve in bins of each feature.

    Args:
      parts: edges [B + 1] and the area in each bin, from `metrics.classifier.auc_by_bin`, by feature.
      null: area for two halves of the real events.

    Returns:
      One axes per feature, with a dashed line at 0.5 and a band for the null. A bin without an area is
      omitted.
    """
    figure = style.figure(2.6)
    grid = figure.subplots(1, max(len(parts), 1), sharey=True, squeeze=False)[0]
    for i, (axes, (label, (edges, areas))) in enumerate(zip(grid, parts.items(), strict=False)):
        values, errors = np.array([tuple(area) for area in areas], np.float64).T
        known = np.isfinite(values)
        centre, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
        if null is not None:
            axes.axhspan(null.value - null.error, null.value + null.error, color=style.REAL, alpha=0.25)
        axes.axhline(0.5, color=style.REAL, linewidth=0.8, linestyle="--")
        axes.errorbar(
            centre[known],
            values[known],
            np.nan_to_num(errors[known]),
            half[known],
            fmt=".",
            color=style.FAKE,
            elinewidth=1.0,
        )
        style.dress(axes, x=label.text, y="classifier AUC" if i == 0 else "")
    return figure
