"""Several models of four-lepton events side by side: their metrics, and their masses over each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from jaxgen.base import Estimate
from jaxgen.plots import format as words
from jaxgen.plots import histograms, style
from jaxgen.plots.comparison import Scored, compare_runs
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons.figures import MASSES, observable_edges
from jaxgen.systems.four_leptons.labels import OBSERVABLES

METRICS = (
    "wasserstein_m4l",
    "wasserstein_mz1",
    "wasserstein_lepton_pt",
    "frobenius_pearson",
    "frechet_raw",
    "fpd",
    "auc_momenta",
    "auc_observables",
    "nan_fraction",
)
"""What is compared unless told otherwise."""

BINS = 50
SHARE = 0.98  # of the real masses, around which the bins are laid
FEWEST = 10  # real events in a bin whose ratio is drawn


def model_illustrations(
    evaluations: Mapping[str, Mapping[str, Mapping[str, Any]]],
    real: ArrayLike,
    generated: Mapping[str, ArrayLike],
    *,
    metrics: Sequence[str] = METRICS,
) -> list[Illustration]:
    """The figures of a report on several models.

    Args:
      evaluations: by name of the model, the metrics of its `evaluation.json`.
      real: events [N, 8, 4].
      generated: by name of the model, events [K, 8, 4].
      metrics: which to compare, in order; those that no model has are left out.

    Returns:
      Metrics, and masses on a linear and a logarithmic scale.
    """
    masses = (
        "All leptons of an event together, and its two pairs; lower panels: generated over real, where a bin "
        "holds 10 real events or more. Events without a mass are counted and drawn at 0; the first and the "
        "last bin hold what lies beyond."
    )
    return [
        Illustration(
            "models",
            "Models side by side",
            "Points are means over the seeds with the statistical error of one, small circles single seeds, "
            "pale bars their standard deviation. Gray bands are real events in place of generated ones.",
            compare_models(evaluations, metrics=metrics),
        ),
        Illustration("model_masses", "Masses of all models", masses, mass_overlay(real, generated)),
        Illustration(
            "model_masses_logarithmic",
            "Masses of all models, logarithmic",
            masses,
            mass_overlay(real, generated, logarithmic=True),
        ),
    ]


def compare_models(
    evaluations: Mapping[str, Mapping[str, Mapping[str, Any]]], *, metrics: Sequence[str] = METRICS
) -> Figure:
    """One panel a metric, one point a model, as `comparison.compare_runs` draws them.

    Args:
      evaluations: by name of the model, the metrics of its `evaluation.json`.
      metrics: which to show, in order.

    Raises:
      ValueError: where no model has any of the metrics.
    """
    return compare_runs(
        {
            model: {name: score_of(rows[name]) for name in metrics if name in rows}
            for model, rows in evaluations.items()
        }
    )


def score_of(row: Mapping[str, Any]) -> Scored:
    """A metric as `evaluation.json` has it: value, error, floor and members, None for what is not known.

    >>> score_of({"value": 2.0, "error": None, "floor": {"value": 1.0, "error": 0.1}, "members": [2.0]})
    Scored(estimate=Estimate(value=2.0, error=nan), floor=Estimate(value=1.0, error=0.1), members=())
    """
    members = tuple(_number(value) for value in row.get("members") or ())
    floor = row.get("floor")
    return Scored(
        _estimate(row), None if floor is None else _estimate(floor), members if len(members) > 1 else ()
    )


def _estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate(_number(row["value"]), _number(row["error"]))


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def mass_overlay(
    real: ArrayLike, generated: Mapping[str, ArrayLike], *, logarithmic: bool = False, bins: int = BINS
) -> Figure:
    """The three masses of all models over those of real events.

    Args:
      real: events [N, 8, 4].
      generated: by name of the model, events [K, 8, 4]; events without a mass are drawn at 0.
      logarithmic: whether shares are.
      bins: of each histogram.

    Returns:
      Two axes a mass, the histograms and the ratios; the legend says how many events have no mass.
    """
    ours = measured.observables(real)
    theirs = {name: measured.observables(events) for name, events in generated.items()}
    figure = style.figure(4.6)
    grid = figure.subplots(2, len(MASSES), sharex="col", height_ratios=[3, 1.2], squeeze=False)
    for column, name in enumerate(MASSES):
        upper, lower = grid[:, column]
        edges = observable_edges(name, getattr(ours, name), bins=bins, share=SHARE)
        sides = {model: _histogram(getattr(side, name), edges) for model, side in theirs.items()}
        _draw_overlay(upper, lower, _histogram(getattr(ours, name), edges), sides, logarithmic=logarithmic)
        label = OBSERVABLES[name]
        style.dress(upper, y="" if column else "share of events", title=label.short)
        style.dress(lower, x=label.text, y="" if column else "gen. / real")
    handles, _ = grid[0, 0].get_legend_handles_labels()
    lost = [np.isnan(side.m4l) for side in theirs.values()]
    texts = [
        "real",
        *(
            f"{name} ({words.number(100 * x.mean(), 2)} % without mass)"
            for name, x in zip(theirs, lost, strict=True)
        ),
    ]
    style.legend(figure, handles=handles, labels=texts, loc="outside upper center", ncols=4)
    return figure


def _histogram(values: np.ndarray, edges: np.ndarray) -> histograms.Histogram:
    return histograms.histogram([np.nan_to_num(values, nan=0.0)], edges)


def _draw_overlay(
    upper: Axes,
    lower: Axes,
    real: histograms.Histogram,
    models: Mapping[str, histograms.Histogram],
    *,
    logarithmic: bool,
) -> None:
    upper.stairs(real.share, real.edges, fill=True, color=style.REAL, alpha=0.25, label="real")
    lower.axhline(1.0, color=style.REAL, linewidth=0.8)
    filled = real.counts[0] >= FEWEST
    for line, (name, fake) in enumerate(models.items()):
        colour = style.ACCENTS[line % len(style.ACCENTS)]
        upper.stairs(fake.share, fake.edges, color=colour, linewidth=1.1, label=name)
        ratio = np.where(filled, fake.share / np.where(filled, real.share, 1.0), np.nan)
        lower.stairs(ratio, real.edges, color=colour, linewidth=0.9, baseline=None)
    lower.set_ylim(0, 2)
    if logarithmic:
        upper.set_yscale("log", nonpositive="clip")
        upper.set_ylim(bottom=0.3 / max(int(h.number.max()) for h in (real, *models.values())))
        return
    inside = [h.share[1:-1].max(initial=0.0) for h in models.values()]
    upper.set_ylim(0, 1.15 * max(real.share.max(), *inside))
