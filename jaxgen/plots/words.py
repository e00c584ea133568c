"""Words for quantities: axis labels with units, numbers with errors, and what each metric says."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from jaxgen.base import Estimate
from jaxgen.metrics import pads

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ColumnLike(Protocol):
    """A number of a condition, as data sets describe it."""

    @property
    def name(self) -> str:
        """Such as crossing_angle."""

    @property
    def unit(self) -> str:
        """Such as deg; empty for a pure number."""


class SpecLike(Protocol):
    """What the arrays of a data set mean; `jaxgen.datasets.base.Spec` is one."""

    @property
    def axes(self) -> tuple[str, ...]:
        """One name for each axis of an event."""

    @property
    def unit(self) -> str:
        """Of the values of an event."""

    @property
    def condition(self) -> Sequence[ColumnLike]:
        """The columns of the condition, in order."""


class Label(NamedTuple):
    """A quantity as figures and sentences name it.

    Attributes:
      name: a few words.
      unit: empty for a pure number.
      short: a symbol or code name, where one is in use.
    """

    name: str
    unit: str = ""
    short: str = ""

    @property
    def text(self) -> str:
        """The name with its unit.

        >>> Label("drift length", "time bin").text
        'drift length [time bin]'
        """
        return f"{self.name} [{self.unit}]" if self.unit else self.name


class Meaning(NamedTuple):
    """A metric in plain words.

    Attributes:
      title: its usual name.
      says: what it measures.
      bad: when to worry.
      better: 1 where larger is better, -1 where smaller is, 0 where that depends or is not known.
    """

    title: str
    says: str
    bad: str
    better: int = 0


def label_of(column: ColumnLike) -> Label:
    """The label of a column of a condition."""
    return Label(column.name.replace("_", " "), column.unit)


def moment_labels(spec: SpecLike) -> tuple[Label, ...]:
    """Labels of the six moments, in the order of `metrics.pads.MOMENT_NAMES`."""
    pad, time = spec.axes
    named = (
        (f"barycentre over {pad}s", pad),
        (f"barycentre over {time}s", time),
        (f"squared width over {pad}s", f"{pad}²"),
        (f"squared width over {time}s", f"{time}²"),
        (f"tilt of {pad}s against {time}s", f"{pad} · {time}"),
        ("total amplitude", spec.unit),
    )
    short = (name.replace("^2", "²") for name in pads.MOMENT_NAMES)
    return tuple(Label(*pair, symbol) for pair, symbol in zip(named, short, strict=True))


def trend_labels(spec: SpecLike) -> tuple[Label, ...]:
    """Labels of the five track parameters, in the order of `metrics.pads.FEATURE_NAMES`."""
    crossing, dip, drift, pad = (label_of(column) for column in spec.condition[:4])
    fractions = (label._replace(name=f"{label.name.split()[0]} mod 1") for label in (drift, pad))
    return (crossing, dip, drift, *fractions)


def number(value: float, digits: int = 4) -> str:
    """A number without an error.

    >>> number(950.0), number(0.12345), number(5126.1, 2), number(float("nan")), number(1.5e-7)
    ('950', '0.1235', '5126', 'not known', '1.5×10⁻⁷')
    """
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{float(mantissa):g}×10{str(int(exponent)).translate(SUPERSCRIPTS)}".replace("-", "−")
    text = f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
    return text.replace("-", "−")


def estimate(value: Estimate | None) -> str:
    """A value with its error, rounded to two digits of the error.

    >>> estimate(Estimate(1104.62, 35.21)), estimate(Estimate(1.4321, 0.0832))
    ('1105 ± 35', '1.432 ± 0.083')
    >>> estimate(Estimate(3.21e-5, 4e-6)), estimate(Estimate(2.0, float("nan"))), estimate(None)
    ('(3.21 ± 0.40)×10⁻⁵', '2', '–')
    >>> estimate(Estimate(1.0, 0.0)), estimate(Estimate(0.0, 0.5)), estimate(Estimate(-3e7, 1e5))
    ('1 ± 0', '0.00 ± 0.50', '(−3.000 ± 0.010)×10⁷')
    """
    if value is None:
        return "–"
    if not (math.isfinite(value.error) and math.isfinite(value.value)):
        return number(value.value)
    if value.error == 0:
        return f"{number(value.value)} ± 0"
    largest = max(abs(value.value), value.error)
    power = 0
    if largest and not 1e-2 <= largest < 1e6:
        power = math.floor(math.log10(largest))
    main, error = value.value / 10**power, value.error / 10**power
    decimals = min(max(0, 1 - math.floor(math.log10(error))), 9)
    text = f"{main:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")
    return f"({text})×10{str(power).translate(SUPERSCRIPTS)}" if power else text


def meaning(name: str) -> Meaning:
    """A metric's plain words by the longest known beginning of its name; what follows goes into the title.

    >>> meaning("wasserstein_Mean0").title
    'Wasserstein distance: Mean0'
    >>> meaning("unheard_of").title
    'unheard of'
    """
    known = [key for key in METRICS if name == key or name.startswith((f"{key}_", f"{key}/", f"{key}."))]
    if not known:
        return Meaning(name.replace("_", " "), "", "")
    key = max(known, key=len)
    rest = name[len(key) + 1 :].replace("^2", "²").replace("_", " ")
    found = METRICS[key]
    return found._replace(title=f"{found.title}: {rest}") if rest else found


_ABOVE_FLOOR = "Bad when clearly above its floor, which is not zero for finite samples."
METRICS: dict[str, Meaning] = {
    "trend_chi2": Meaning(
        "Trend χ²",
        "Squared differences of mean ± spread of the response's moments in bins of the track parameters, "
        "in units of their errors. Sees wrong shapes, wrong fluctuations and wrong dependence on the track.",
        "Bad when several times its floor. Conditions drawn at random give more than ten times the floor.",
        better=-1,
    ),
    "trend_chi2_zero_suppressed": Meaning(
        "Trend χ², amplitudes below 1 cut",
        "The same after what a detector with a threshold would not have written is set to zero.",
        "Bad when several times its floor.",
        better=-1,
    ),
    "trend_chi2_as_published": Meaning(
        "Trend χ² as published",
        "The same with the quirks of the published code, to compare with published numbers.",
        "Infinite as soon as one event is empty.",
        better=-1,
    ),
    "wasserstein": Meaning(
        "Wasserstein distance",
        "How far one distribution must be moved, on average, to become the other; in units of the quantity.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "wasserstein_m4l": Meaning(
        "Four-lepton mass, Wasserstein distance",
        "How far the mass of all leptons must be moved, on average, to have the distribution of real events, "
        "in GeV. Events without a mass are left out.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "kullback_leibler": Meaning(
        "Kullback–Leibler divergence",
        "Mean log ratio of real to generated shares in 50 bins of equally many real events, in nats; half a "
        "count is added to every bin.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "jensen_shannon": Meaning(
        "Jensen–Shannon divergence",
        "Divergence of both shares from their mean in the same bins, 0 equal to 0.693 disjoint.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "bray_curtis": Meaning(
        "Bray–Curtis dissimilarity",
        "Summed differences over sums of the sorted values, 0 equal to 1 disjoint.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "nan_fraction": Meaning(
        "Share of events without a mass",
        "Generated events whose squared four-lepton mass is below zero, or that are not finite.",
        "Bad when above zero: momenta that no particles have.",
        better=-1,
    ),
    "nan_fraction_pairs": Meaning(
        "Share of events without a pair mass",
        "Generated events in which the squared mass of a lepton pair is below zero, or that are not finite.",
        "Bad when above zero: momenta that no particles have.",
        better=-1,
    ),
    "peak_fraction_ratio": Meaning(
        "Events at the peak",
        "Share of generated four-lepton masses within 1 GeV of the real peak, over the share of real ones.",
        "1 is right; below, the peak is too broad or elsewhere.",
    ),
    "frobenius": Meaning(
        "Distance of correlations",
        "Frobenius norm of the difference of the correlation matrices of all columns.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "frechet": Meaning(
        "Fréchet distance",
        "Squared distance of Gaussians with the means and covariances of the columns; in GeV² unless "
        "standardized.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "spread_ratio": Meaning(
        "Spread of generated over real",
        "Root-mean-square standard deviation of a component over all slots, generated over real.",
        "1 is right; far below, the generator hardly varies it.",
    ),
    "channel_difference": Meaning(
        "Largest difference of channel shares",
        "Share of events in each channel, generated less real; the largest one.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "channel_share": Meaning(
        "Share of channel",
        "Generated events in the channel.",
        "Bad when away from its floor, which is the share of real events, by several errors.",
    ),
    "kolmogorov_smirnov": Meaning(
        "Kolmogorov–Smirnov distance",
        "Largest difference of the two cumulative distributions, 0 to 1.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "separation_power": Meaning(
        "Separation power",
        "Half the squared difference of two histograms, 0 equal to 1 disjoint.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "fpd": Meaning(
        "Fréchet physics distance",
        "Distance of the means and covariances of moments or observables, extrapolated to infinite samples.",
        _ABOVE_FLOOR,
        better=-1,
    ),
    "kpd": Meaning(
        "Kernel physics distance",
        "Squared distance of all joint moments up to fourth order; unbiased, so it may be negative.",
        "Bad when above zero by several errors.",
        better=-1,
    ),
    "auc": Meaning(
        "Classifier AUC",
        "Chance that a network trained to tell them apart ranks a new generated event above a new real one.",
        "0.5 cannot be told apart, 1 always can. Bad when above its null by several errors.",
        better=-1,
    ),
    "log_loss": Meaning(
        "Classifier log-loss",
        "Cross-entropy of that network on events it has not seen.",
        "0.693 cannot be told apart. Bad when well below.",
        better=1,
    ),
    "geometry_rms_pull": Meaning(
        "Geometry, rms pull",
        "Barycentre residuals, width fits and tilt against the track: root mean square of their differences, "
        "in units of the errors.",
        "1 is as good as real events; bad when several times that.",
        better=-1,
    ),
    "manifold_precision": Meaning(
        "Precision",
        "Share of generated events that lie where real ones do.",
        "Bad when below its floor: the generator makes events that do not exist.",
        better=1,
    ),
    "manifold_recall": Meaning(
        "Recall",
        "Share of real events that lie where generated ones do.",
        "Bad when below its floor: kinds of events are missing.",
        better=1,
    ),
    "manifold_density": Meaning(
        "Density",
        "How thickly real events surround generated ones.",
        "Bad when below its floor; far above means that only the commonest kinds are made.",
        better=1,
    ),
    "manifold_coverage": Meaning(
        "Coverage",
        "Share of real events with a generated one close by.",
        "Bad when below its floor: kinds of events are missing.",
        better=1,
    ),
    "empty_fraction": Meaning(
        "Share of empty events",
        "Generated events without any amplitude.",
        "Bad when above the share among real events.",
        better=-1,
    ),
}
