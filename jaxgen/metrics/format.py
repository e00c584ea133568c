"""Formatting of numbers and estimates."""

import math
from collections.abc import Mapping
from typing import Any

from jaxgen.base import Estimate

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 4) -> str:
    """Formats a number without an error.

    >>> number(950.0), number(0.12345), number(5126.1, 2), number(99.7, 2), number(1.5e-7), number(math.nan)
    ('950', '0.1235', '5,126', '100', '1.5 × 10⁻⁷', 'not known')
    """
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return _power(f"{float(mantissa):g}", int(exponent))
    text = f"{value:.{digits}g}"
    if "e" in text or abs(value) >= 1000:
        decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if decimals else text
    return text.replace("-", "−")


def _power(mantissa: str, exponent: int) -> str:
    return f"{mantissa.replace('-', '−')} × 10{str(exponent).translate(SUPERSCRIPTS)}"


ROUNDING = 1e-7
"""Fraction of a value below which its error is omitted."""


def estimate(value: Estimate | None) -> str:
    """Formats a value with its error, rounded to two digits of the error.

    >>> estimate(Estimate(45107.2, 1531.0)), estimate(Estimate(1.4321, 0.0832))
    ('45,100 ± 1,500', '1.432 ± 0.083')
    >>> estimate(Estimate(3.21e-5, 4e-6)), estimate(Estimate(2.0, float("nan"))), estimate(None)
    ('(3.21 ± 0.40) × 10⁻⁵', '2', '–')
    >>> estimate(Estimate(1.0, 0.0)), estimate(Estimate(0.0, 0.5)), estimate(Estimate(-3e7, 1e5))
    ('1 ± 0', '0.00 ± 0.50', '(−3.000 ± 0.010) × 10⁷')
    >>> estimate(Estimate(0.6931471805, 1e-12)), estimate(Estimate(0.0, 9.99e-5))
    ('0.6931 ± 0', '(0.0 ± 1.0) × 10⁻⁴')
    """
    if value is None:
        return "–"
    if not (math.isfinite(value.error) and math.isfinite(value.value)):
        return number(value.value)
    if value.error <= ROUNDING * abs(value.value):
        return f"{number(value.value)} ± 0"
    error = float(f"{value.error:.1e}")
    largest = max(abs(value.value), error)
    power = 0 if 1e-3 <= largest < 1e6 else math.floor(math.log10(largest))
    main, error = value.value / 10**power, error / 10**power
    digits = min(1 - math.floor(math.log10(error) + 1e-9), 9)
    decimals = max(digits, 0)
    text = f"{round(main, digits):,.{decimals}f} ± {error:,.{decimals}f}".replace("-", "−")
    return _power(f"({text})", power) if power else text


def percent(share: float) -> str:
    """Formats a fraction in per cent.

    >>> percent(0.123), percent(0.00012)
    ('12 %', '0.012 %')
    """
    return f"{number(100 * float(share), 2)} %"


def count(many: int, noun: str = "event") -> str:
    """Formats a count with its noun.

    >>> count(1000), count(1)
    ('1,000 events', '1 event')
    """
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def plain(item: Any) -> str:
    """Formats the value of a setting.

    >>> plain(None), plain(True), plain(1.2e-4), plain(120_000), plain(["adam", 0.5]), plain({"a": 1})
    ('none', 'yes', '1.2 × 10⁻⁴', '120,000', 'adam, 0.5', 'a: 1')
    """
    if item is None:
        return "none"
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, int):
        return f"{item:,}".replace("-", "−")
    if isinstance(item, float):
        return number(item, 8)
    if isinstance(item, Mapping):
        return ", ".join(f"{key}: {plain(value)}" for key, value in item.items())
    if isinstance(item, list | tuple):
        return ", ".join(map(plain, item))
    return str(item)
