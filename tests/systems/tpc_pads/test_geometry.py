import numpy as np
import pytest

from jaxgen.base import Batch, Estimate
from jaxgen.systems.tpc_pads.observables import geometry

PUBLISHED = {
    "pad_residual_mean": -0.002,
    "pad_residual_spread": 0.079,
    "time_residual_mean": -0.006,
    "time_residual_spread": 0.233,
    "Sigma0^2_constant": 0.148,
    "Sigma0^2_drift": 0.073,
    "Sigma0^2_crossing": 0.656,
    "Sigma1^2_constant": 0.609,
    "Sigma1^2_drift": 0.215,
    "Sigma1^2_crossing": 0.458,
    "Sigma1^2_dip": 0.554,
    "Cov01_tilt": -0.605,
    "log10_sum_mean": 2.590,
    "log10_sum_spread": 0.304,
}


def test_real_events_follow_their_tracks_as_measured(real_events):
    """The numbers were measured on 5,000 events, of which these are the first 4,000."""
    result = geometry.summary(real_events)
    assert result.keys() == PUBLISHED.keys()
    for name, expected in PUBLISHED.items():
        assert abs(result[name].value - expected) < result[name].error + 0.0005, name
    fits = geometry.fits(real_events)
    assert fits["Sigma0^2"].explained == pytest.approx(0.73, abs=0.02)
    assert fits["Sigma1^2"].explained == pytest.approx(0.82, abs=0.02)


def test_fit_matches_least_squares_and_its_errors_cover():
    rng = np.random.default_rng(0)
    pulls = []
    for _ in range(300):
        x = rng.uniform(size=200)
        y = 1 + 2 * x + x * rng.normal(size=200)
        fit = geometry.linear_fit(y, {"offset": np.ones(200), "slope": x})
        slope = fit.coefficients["slope"]
        pulls.append((slope.value - 2) / slope.error)
    np.testing.assert_allclose([c.value for c in fit.coefficients.values()], np.polyfit(x, y, 1)[::-1])
    assert np.std(pulls) == pytest.approx(1, abs=0.15)
    assert fit.explained == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


def test_errors_of_mean_and_spread_cover():
    rng = np.random.default_rng(1)
    found = [geometry.mean_and_spread(rng.exponential(size=500)) for _ in range(300)]
    for part in range(2):
        values, errors = np.array([estimate[part] for estimate in found]).T
        assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_a_shift_by_one_pad_is_seen(real_events):
    half = len(real_events.data) // 2
    real, other = (Batch(*(x[rows] for x in real_events)) for rows in (slice(half), slice(half, None)))
    same = geometry.compare(real, other)
    assert max(abs(c.pull) for c in same.values()) < 4
    moved = geometry.compare(real, other._replace(data=np.roll(other.data, 1, axis=1)))
    assert moved["pad_residual_mean"].pull > 100
    assert moved["Cov01_tilt"].pull == pytest.approx(same["Cov01_tilt"].pull, abs=0.5)


def test_a_flipped_tilt_is_seen(real_events):
    flipped = real_events._replace(data=real_events.data[:, ::-1])
    compared = geometry.compare(real_events, flipped)["Cov01_tilt"]
    assert compared.fake.value == pytest.approx(-compared.real.value, rel=1e-4)
    assert compared.pull > 50


def test_empty_images_are_left_out(real_events):
    some = Batch(*(x[:50] for x in real_events))
    holes = Batch(np.concatenate([some.data, 0 * some.data]), np.concatenate([some.condition] * 2))
    assert geometry.summary(holes) == geometry.summary(some)


def test_too_few_events_give_no_number():
    fake = Batch(np.zeros((3, 8, 16)), np.ones((3, 4)))
    result = geometry.summary(fake)
    assert all(np.isnan(estimate.value) for estimate in result.values())


def test_constant_target_has_no_error_and_no_pull():
    fit = geometry.linear_fit(np.full(5, 2.0), {"constant": np.ones(5)})
    assert fit.coefficients["constant"].value == pytest.approx(2)
    assert np.isnan(fit.explained)
    assert np.isnan(geometry.pull(Estimate(2, 0), Estimate(2, 0)))
