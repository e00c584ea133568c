"""All figures of pad responses, with their captions."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from jaxgen.data.dataset import Spec
from jaxgen.metrics import format, trends
from jaxgen.metrics.bands import trend_bands
from jaxgen.metrics.binned import Profiled
from jaxgen.metrics.table import Samples, Table
from jaxgen.plots import binning, chi2_figures, histograms, maps, style
from jaxgen.plots.histograms import Quantity
from jaxgen.plots.illustration import Illustration
from jaxgen.plots.image_pairs import Look, image_pairs
from jaxgen.plots.pulls import pulls
from jaxgen.plots.trends import trend_figure
from jaxgen.systems.tpc_pads.observables import (
    FEATURE_NAMES,
    MOMENT_NAMES,
    SUPPRESSED,
    THRESHOLD,
    TRACK,
    geometry,
)
from jaxgen.systems.tpc_pads.suites import shapes

BINS = 100
PAIRS = 20
VARIES = 0.05  # range relative to size from which a condition counts as varying
LOOK = Look(width=1.77, height=0.865, gap=0.1, x="time bin", title_size=style.SMALL - 0.7)


def draw(samples: Samples) -> list[Illustration]:
    """Contributions to the trend chi2, geometry, single responses, moments, amplitudes, maps and trends.

    Args:
      samples: samples in which the generated response i is for the track of test event i.
    """
    test, generated, _, train = samples
    key = jax.random.key(0)
    detail, floor = (
        trends.trend_terms(key, test.of(shapes), other.of(shapes)) for other in (generated, train)
    )
    features = [test.labels[name] for name in FEATURE_NAMES]
    values = [test.labels[name] for name in MOMENT_NAMES[: detail.chi2.shape[1]]]
    return [
        Illustration(
            "trends",
            "Which trends are off: 1 is as good as real events",
            "χ² of the mean and standard deviation of each moment (columns) in bins of each track parameter "
            "(rows), divided by what real training events in the place of generated ones give. Below it, the "
            "share of the summed excess. Mod 1 is the fraction of a time bin or of a pad.",
            chi2_figures.chi2_table(detail, features, values, floor=floor),
        ),
        Illustration(
            "trends_by_bin",
            "Where the trends are off: pale colours without pattern agree with real events",
            "Generated less real mean and standard deviation in each bin, in units of the combined error "
            "that the χ² uses; what is beyond ±5 has the colour of 5.",
            chi2_figures.deviation_map(detail, features, values),
        ),
        Illustration(
            "geometry",
            "Fitted geometry: bars within the gray band of ±3 errors agree with real events",
            "Means and standard deviations of the distance of the barycentre from the track and of the total "
            "amplitude, and coefficients of fits of squared widths and tilt against angles and drift length: "
            "generated less real over the combined error. Arrows are beyond ±10. At the right, both values.",
            pulls(geometry.compare(test, generated)),
        ),
        Illustration(
            "samples",
            "Real responses, each above one generated for the same track",
            "The first 20 events of the test split, each above one generated for the same track: not a "
            "selection. They should look alike in place, size, tilt and brightness, not be equal.",
            pairs(test, generated),
        ),
        *_moment_illustrations(test, generated),
        *_cell_illustrations(test, generated),
        *_trend_illustrations(test, generated),
    ]


def pairs(test: Table, generated: Table, *, smallest: float = THRESHOLD) -> Figure:
    """The first test events, each above the generated response for its track, all on one colour scale.

    Args:
      test: real events; the first ones are shown, without selection.
      generated: generated events; response i is for the track of test event i.
      smallest: amplitude at the lower end of the logarithmic scale; cells below it are gray.
    """
    number = min(PAIRS, test.number, generated.number)
    ours, theirs = (np.nan_to_num(np.asarray(side.batch.data[:number])) for side in (test, generated))
    norm = LogNorm(smallest, max(float(ours.max(initial=0.0)), 10 * smallest))
    tracks = np.asarray(test.batch.condition)[:number]
    look = replace(LOOK, label=f"amplitude [{test.spec.unit}]")
    titles = [track_title(track, test.spec) for track in tracks]
    return image_pairs(ours, theirs, titles, [norm] * number, look, scale=norm)


def track_title(track: np.ndarray, spec: Spec) -> str:
    """The first three numbers of a track, such as crossing, dip and drift, with short units."""
    units = {"deg": "°"}
    parts = []
    for value, column in zip(track[:3], spec.condition, strict=False):
        name = column.name.split("_")[0]
        parts.append(f"{name} {round(float(value))}{units.get(column.unit, '')}".replace("-", "−"))
    return ", ".join(parts)


def _moment_illustrations(test: Table, generated: Table) -> list[Illustration]:
    unit = test.spec.unit.removesuffix("s")
    return [
        Illustration(
            "moments",
            "Moments of single responses: the generated line should follow the real one",
            f"Shapes of single responses as generated. {histograms.EXPLAINED}",
            moment_histograms(test, generated, MOMENT_NAMES),
        ),
        Illustration(
            "moments_threshold",
            "The same moments after amplitudes below 1 are cut",
            f"The same after setting amplitudes below 1 {unit} to zero on both sides. {histograms.EXPLAINED}",
            moment_histograms(test, generated, [f"{SUPPRESSED}{name}" for name in MOMENT_NAMES]),
        ),
    ]


def moment_histograms(test: Table, generated: Table, names: Sequence[str]) -> Figure:
    """Histograms of six moments with the ratio of generated to real; that of the sum is logarithmic."""
    panels = []
    for name in names:
        label = test.labels[name]
        logarithmic = "x" if label.short == "Sum" else ""
        edges = binning.edges(test[name], generated[name], logarithmic=bool(logarithmic))
        panels.append(Quantity(label, test[name], [generated[name]], edges, logarithmic))
    figure = histograms.quantity_histograms(panels)
    empty = [int(np.isnan(side[names[0]]).sum()) for side in (test, generated)]
    counted = zip((test, generated), empty, strict=True)
    histograms.numbered_legend(
        figure, [f"{format.count(side.number)}, {without} empty" for side, without in counted]
    )
    return figure


def _cell_illustrations(test: Table, generated: Table) -> list[Illustration]:
    return [
        Illustration(
            "amplitudes",
            "Amplitudes of single cells, and those below the threshold of a detector",
            "All cells of all events. Entries between zero and the broken line are amplitudes below 1, "
            "which a detector with a threshold rarely gives.",
            log_amplitudes(test, generated),
        ),
        Illustration(
            "occupancy",
            "Occupancy: which cells are hit too often or too rarely",
            "Share of events in which a cell reaches an amplitude of 1.",
            occupancy(test, generated),
        ),
        Illustration(
            "mean_response",
            "Mean response: cells whose mean is off by more than 3 errors are not chance",
            "Mean amplitude of each cell; the right map is the difference in units of its statistical error, "
            "with colours up to ±10.",
            mean_response(test, generated),
        ),
    ]


def log_amplitudes(test: Table, generated: Table, *, bins: int = BINS) -> Figure:
    """Amplitudes of all cells as log10(1 + amplitude), on a logarithmic axis, and their ratio."""
    ours, theirs = (np.log10(1 + np.maximum(side.batch.data, 0.0)) for side in (test, generated))
    largest = max(float(side.max(initial=0.5)) for side in (ours, theirs))
    edges = np.linspace(0.0, largest, bins + 1)
    pair = [histograms.histogram([side.ravel()], edges) for side in (ours, theirs)]
    cells = int(np.prod(ours.shape[1:]))
    figure = style.figure(4.6, width=7.0)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    histograms.draw_pair(upper, *(side._replace(number=side.number / cells) for side in pair))
    histograms.draw_ratio(lower, *pair)
    upper.set_yscale("log", nonpositive="clip")
    upper.set_ylim(bottom=0.5 / max(len(ours), 1))
    upper.axvline(np.log10(2.0), color=style.ACCENTS[0], linewidth=0.8, linestyle="--", label="amplitude 1")
    style.dress(upper, y="cells an event and bin")
    style.dress(lower, x=f"log₁₀(1 + amplitude / {test.spec.unit})", y="gen. / real")
    style.legend(upper)
    return figure


def occupancy(test: Table, generated: Table, *, threshold: float = THRESHOLD) -> Figure:
    """Fraction of events with an amplitude at or above a threshold, cell by cell."""
    sides = [np.mean(np.asarray(side.batch.data) >= threshold, axis=0) for side in (test, generated)]
    return maps.difference_maps(
        sides,
        sides[1] - sides[0],
        axes=_axes(test.spec),
        norm=Normalize(0.0, max(float(side.max()) for side in sides) or 1.0),
        label=f"share of events ≥ {threshold:g}",
        difference_label="difference of shares",
        least=0.01,
    )


def mean_response(test: Table, generated: Table) -> Figure:
    """Mean amplitude of each cell, with negative means as zero, and the difference over its error."""
    images = [np.maximum(np.asarray(side.batch.data, np.float64), 0.0) for side in (test, generated)]
    sides = [x.mean(axis=0) for x in images]
    error = np.sqrt(sum(x.var(axis=0) / max(len(x), 1) for x in images))
    largest = max(float(side.max()) for side in sides) or 1.0
    return maps.difference_maps(
        sides,
        maps.over_error(sides[0], sides[1], error),
        axes=_axes(test.spec),
        norm=LogNorm(1e-4 * largest, largest),
        label=f"mean amplitude [{test.spec.unit}]",
        most=maps.MOST,
    )


def _axes(spec: Spec) -> tuple[str, str]:
    return spec.axes[0], spec.axes[1]


def _trend_illustrations(test: Table, generated: Table) -> list[Illustration]:
    """Trends of the six moments against the track parameters, and against further conditions that vary."""
    further = [column.name for column in test.spec.condition[TRACK:] if _varies(test[column.name])]
    names = (*FEATURE_NAMES, *further)
    profiled = (
        Profiled(*(np.stack([side[name] for name in group], axis=1) for group in (names, MOMENT_NAMES)))
        for side in (test, generated)
    )
    bands = trend_bands(*profiled)
    caption = (
        "Mean (full line) and mean ± standard deviation (broken lines) with their errors (shades) in a "
        "window of 20 of 99 bins that slides over each parameter; neighbouring points share "
        "most of their events. Lines far from the real ones are cut."
    )
    features = [test.labels[name] for name in names]
    shown = []
    for i, name in enumerate(MOMENT_NAMES):
        label = test.labels[name]
        title = f"{label.short}, {label.name}, against the track: lines should agree within their shades"
        low = -np.inf if name == "Cov01" else 0.0
        figure = trend_figure(*bands, features, label, index=i, low=low)
        shown.append(Illustration(f"trend_{name.replace('^', '')}", title, caption, figure))
    return shown


def _varies(values: np.ndarray) -> bool:
    return bool(np.ptp(values) > VARIES * np.abs(values).max())
