"""Words for quantities: axis labels with units, numbers with errors, and what each metric says."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from jaxgen.base import Estimate
from jaxgen.systems.tpc_pads import observables as pads

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
    """What the arrays of a data set mean; `jaxgen.data.dataset.Spec` is one."""

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


ROUNDING = 1e-7
"""Share of a value below which an error is none."""


def estimate(value: Estimate | None) -> str:
    """A value with its error, rounded to two digits of the error.

    >>> estimate(Estimate(1104.62, 35.21)), estimate(Estimate(1.4321, 0.0832))
    ('1105 ± 35', '1.432 ± 0.083')
    >>> estimate(Estimate(3.21e-5, 4e-6)), estimate(Estimate(2.0, float("nan"))), estimate(None)
    ('(3.21 ± 0.40)×10⁻⁵', '2', '–')
    >>> estimate(Estimate(1.0, 0.0)), estimate(Estimate(0.0, 0.5)), estimate(Estimate(-3e7, 1e5))
    ('1 ± 0', '0.00 ± 0.50', '(−3.000 ± 0.010)×10⁷')
    >>> estimate(Estimate(0.6931471805, 1e-12))
    '0.6931 ± 0'
    """
    if value is None:
        return "–"
    if not (math.isfinite(value.error) and math.isfinite(value.value)):
        return number(value.value)
    if value.error <= ROUNDING * abs(value.value):
        return f"{number(value.value)} ± 0"
    largest = max(abs(value.value), value.error)
    power = 0
    if largest and not 1e-2 <= largest < 1e6:
        power = math.floor(math.log10(largest))
    main, error = value.value / 10**power, value.error / 10**power
    decimals = min(max(0, 1 - math.floor(math.log10(error))), 9)
    text = f"{main:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")
    return f"({text})×10{str(power).translate(SUPERSCRIPTS)}" if power else text
