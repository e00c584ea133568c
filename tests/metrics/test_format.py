"""Numbers and estimates as people read them."""

import math

import pytest

from jaxgen.base import Estimate
from jaxgen.metrics import format


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.5, "−0.5"),
        (123456.0, "123,456"),
        (1234567.0, "1.235 × 10⁶"),
        (-2e-7, "−2 × 10⁻⁷"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not known"),
    ],
)
def test_numbers(value, text):
    assert format.number(value) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-1.234, 0.05, "−1.234 ± 0.050"),
        (1e7, 1e5, "(1.000 ± 0.010) × 10⁷"),
        (2.0, math.inf, "2"),
        (math.inf, 0.1, "∞"),
        (0.0, 0.0, "0 ± 0"),
        (100.0, 250.0, "100 ± 250"),
    ],
)
def test_estimates(value, error, text):
    assert format.estimate(Estimate(value, error)) == text


def test_shares_and_counts():
    assert format.percent(1.0) == "100 %"
    assert format.count(1, "shower") == "1 shower"
    assert format.count(0) == "0 events"
