"""Numbers and estimates in words."""

import math

from jaxgen.base import Estimate

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 4) -> str:
    """A number without an error.

    >>> number(950.0), number(0.12345), number(5126.1, 2), number(99.7, 2), number(1.5e-7), number(math.nan)
    ('950', '0.1235', '5126', '100', '1.5×10⁻⁷', 'not known')
    """
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{float(mantissa):g}×10{str(int(exponent)).translate(SUPERSCRIPTS)}".replace("-", "−")
    text = f"{value:.{digits}g}"
    text = f"{value:.0f}" if "e" in text else text
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


def percent(share: float) -> str:
    """A share in per cent.

    >>> percent(0.123), percent(0.00012)
    ('12 %', '0.012 %')
    """
    return f"{number(100 * float(share), 2)} %"


def count(many: int, noun: str = "event") -> str:
    """A number with its noun.

    >>> count(1000), count(1)
    ('1,000 events', '1 event')
    """
    return f"{many:,} {noun}{'' if many == 1 else 's'}"
