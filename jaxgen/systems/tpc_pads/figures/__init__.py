"""All figures of pad responses, with their captions."""

from numpy.typing import ArrayLike

from jaxgen.base import Batch
from jaxgen.metrics.trends import TrendTerms
from jaxgen.plots import chi2_figures as terms
from jaxgen.plots import format as words
from jaxgen.plots import histograms, maps, trends
from jaxgen.plots.illustration import Illustration
from jaxgen.systems.tpc_pads.figures import samples

_EDGES = (
    "The bins cover the central 99.8 % of the real events and a quarter more on each side; the first and the "
    "last bin hold what lies beyond. Lower panels: generated over real, arrows are ratios above 2."
)


def pad_illustrations(
    real: Batch, fake: Batch, spec: words.SpecLike, *, member_images: ArrayLike | None = None
) -> list[Illustration]:
    """The published figures of real and generated pad responses.

    Args:
      real: images [N, pads, time bins] in ADC counts, conditions [N, C >= 4].
      fake: at least as many, event i for the track of real event i for i < N.
      spec: of the data set.
      member_images: images of each member of a run, [K, M, pads, time bins], for the histograms; those of
        `fake` where it is not given.

    Returns:
      Samples, moments (as generated, and without amplitudes below 1), amplitudes, occupancy, mean response,
      and the trends of each moment.
    """
    images = fake.data if member_images is None else member_images
    return [
        Illustration(
            "samples",
            "Real and generated responses",
            "The first 20 events of the test split, each above one generated for the same track: not a "
            "selection. They should look alike in place, size, tilt and brightness, not be equal.",
            samples.sample_pairs(real.data, fake.data, real.condition, spec),
        ),
        Illustration(
            "moments",
            "Moments of the response",
            f"Shapes of single responses as generated. {_EDGES}",
            histograms.moment_histograms(real.data, images, spec),
        ),
        Illustration(
            "moments_threshold",
            "Moments of the response, amplitudes below 1 cut",
            f"The same after setting amplitudes below 1 {spec.unit.removesuffix('s')} to zero on both sides. "
            f"{_EDGES}",
            histograms.moment_histograms(real.data, images, spec, threshold=1.0),
        ),
        *_cell_illustrations(real.data, fake.data, images, spec),
        *_trend_illustrations(real, fake, spec),
    ]


def _cell_illustrations(
    real: ArrayLike, fake: ArrayLike, images: ArrayLike, spec: words.SpecLike
) -> list[Illustration]:
    return [
        Illustration(
            "amplitudes",
            "Amplitudes of single cells",
            "All cells of all events. Entries between zero and the broken line are amplitudes below 1, "
            "which a detector with a threshold rarely gives.",
            histograms.log_amplitudes(real, images, spec),
        ),
        Illustration(
            "occupancy",
            "Occupancy",
            "Share of events in which a cell reaches an amplitude of 1.",
            maps.occupancy(real, fake, spec),
        ),
        Illustration(
            "mean_response",
            "Mean response",
            "Mean amplitude of each cell; the right map is the difference in units of its statistical error, "
            "so values beyond 3 are not chance.",
            maps.mean_response(real, fake, spec),
        ),
    ]


def _trend_illustrations(real: Batch, fake: Batch, spec: words.SpecLike) -> list[Illustration]:
    figures = trends.pad_trend_figures(real, fake, spec)
    caption = (
        "Mean (full line) and mean ± standard deviation (broken lines) with their errors (shades) in a "
        "window of 20 of 99 bins that slides over each parameter; neighbouring points share "
        "most of their events."
    )
    titles = zip(figures.items(), words.moment_labels(spec), strict=True)
    return [
        Illustration(f"trend_{name}", f"Trends of {label.short}: {label.name}", caption, figure)
        for (name, figure), label in titles
    ]


def chi2_illustrations(
    detail: TrendTerms, spec: words.SpecLike, *, floor: TrendTerms | None = None
) -> list[Illustration]:
    """Where the trend chi2 of pad responses comes from.

    Args:
      detail: of `metrics.trends.trend_chi2` for generated events.
      spec: of the data set.
      floor: the same for real events in their place.
    """
    features = words.trend_labels(spec)
    values = words.moment_labels(spec)[: detail.chi2.shape[1]]
    unit = "the floor" if floor is not None else "the number of terms"
    return [
        Illustration(
            "chi2_table",
            "χ² by trend",
            f"χ² of each moment (columns) against each track parameter (rows), divided by {unit}: 1 is as "
            "good as real events. Below it, the share of the summed excess.",
            terms.chi2_table(detail, features, values, floor=floor),
        ),
        Illustration(
            "chi2_bins",
            "χ² bin by bin",
            "Generated less real mean and standard deviation in each bin, in units of the combined error "
            "that the χ² uses. Noise alone gives pale colours without pattern.",
            terms.deviation_map(detail, features, values),
        ),
    ]
