"""Which trends carry the excess of the chi2, in words."""

import numpy as np
import pytest

from jaxgen.metrics import worst_trends
from jaxgen.metrics.binned import Binned
from jaxgen.metrics.table import Label
from jaxgen.metrics.trends import TrendTerms

FEATURES = [Label("crossing angle", "deg"), Label("dip angle", "deg")]
VALUES = [Label("barycentre", "pad", "Mean0"), Label("width", "pad²", "Sigma0²"), Label("tilt", "", "Cov01")]


def make_terms(deviation: np.ndarray) -> TrendTerms:
    features, bins, values, _ = deviation.shape
    nothing = Binned(*(np.zeros((features, bins)) for _ in range(4)))
    number = np.full((features, values), 2 * bins)
    edges = np.tile(np.linspace(-20, 20, bins + 1), (features, 1))
    chi2 = np.sum(deviation**2, axis=(1, 3))
    return TrendTerms(chi2, number, number, deviation, nothing, nothing, edges)


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 20, 3, 2))


def test_noise_falls_short_nowhere(noise):
    assert worst_trends.shortfalls(make_terms(noise), make_terms(noise[::-1])) == []


def test_a_shifted_mean_is_found_and_named(noise):
    noise[1, 5, 2] = [-6.0, -6.0]
    noise[0, :, 1] *= 1.6
    floor = make_terms(np.ones_like(noise))
    first, second = worst_trends.shortfalls(make_terms(noise), floor)
    assert {(s.feature, s.value) for s in (first, second)} == {(1, 2), (0, 1)}
    worst = next(s for s in (first, second) if s.feature == 1)
    assert (worst.low, worst.high) == (-10.0, -8.0)
    assert worst.mean_shift == pytest.approx(-6.0)
    assert worst.std_shift == pytest.approx(0.0)
    assert worst.excess == pytest.approx(np.sum(noise[1, :, 2] ** 2) - 40)
    text = worst_trends.describe(worst, FEATURES, VALUES)
    assert text.startswith("Cov01 versus dip angle contributes ")
    assert "between −10 and −8 deg, where its mean is 6.0 errors too low." in text


def test_shares_refer_to_all_excess(noise):
    noise[0, :, 0] = 3.0
    found = worst_trends.shortfalls(make_terms(noise), number=1)
    above = np.maximum(worst_trends.excess(make_terms(noise)), 0)
    assert found[0].share == pytest.approx(above[0, 0] / above.sum())


def test_deviation_and_mean_come_apart():
    deviation = np.zeros((1, 1, 1, 2))
    deviation[..., 0], deviation[..., 1] = 5.0, -1.0
    mean, std = worst_trends.shifts(make_terms(deviation))
    assert (mean.item(), std.item()) == (2.0, 3.0)


def test_terms_without_any_use_fall_short_nowhere():
    nothing = make_terms(np.zeros((2, 4, 3, 2)))
    nothing = nothing._replace(terms=0 * nothing.terms)
    assert worst_trends.shortfalls(nothing, nothing) == []
    assert worst_trends.floor_per_term(nothing) == worst_trends.floor_per_term(None) == 1.0
