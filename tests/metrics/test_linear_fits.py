"""Fits and simple statistics: values of NumPy, errors that cover."""

import numpy as np
import pytest

from jaxgen.base import Estimate
from jaxgen.metrics import linear_fits


def test_a_fit_is_that_of_least_squares_and_its_errors_cover():
    rng = np.random.default_rng(0)
    pulls = []
    for _ in range(300):
        x = rng.uniform(size=200)
        y = 1 + 2 * x + x * rng.normal(size=200)
        fit = linear_fits.linear_fit(y, {"offset": np.ones(200), "slope": x})
        slope = fit.coefficients["slope"]
        pulls.append((slope.value - 2) / slope.error)
    np.testing.assert_allclose([c.value for c in fit.coefficients.values()], np.polyfit(x, y, 1)[::-1])
    assert np.std(pulls) == pytest.approx(1, abs=0.15)
    assert fit.explained == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


def test_errors_of_mean_and_standard_deviation_cover():
    rng = np.random.default_rng(1)
    found = [linear_fits.mean_and_std(rng.exponential(size=500)) for _ in range(300)]
    for part in range(2):
        values, errors = np.array([estimate[part] for estimate in found]).T
        assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)
    values = rng.normal(3.0, 2.0, 50)
    mean, std = linear_fits.mean_and_std(values)
    assert (mean.value, std.value) == (pytest.approx(values.mean()), pytest.approx(values.std()))
    assert mean.error == pytest.approx(values.std(ddof=1) / np.sqrt(50))


def test_too_few_events_give_no_number():
    fit = linear_fits.linear_fit(np.ones(2), {"offset": np.ones(2), "slope": np.arange(2.0)})
    assert all(np.isnan(estimate).all() for estimate in fit.coefficients.values())
    assert np.isnan(fit.explained)
    for values in (np.zeros(0), np.ones(1)):
        assert np.isnan(np.array(linear_fits.mean_and_std(values))).all()


def test_a_constant_target_has_no_error_and_no_pull():
    fit = linear_fits.linear_fit(np.full(5, 2.0), {"constant": np.ones(5)})
    assert fit.coefficients["constant"].value == pytest.approx(2)
    assert np.isnan(fit.explained)
    assert linear_fits.mean_and_std(np.full(5, 2.0))[1] == Estimate(0.0, 0.0)
    found = linear_fits.compared({"x": Estimate(2, 0)}, {"x": Estimate(2, 0)})
    assert np.isnan(found["x"].pull)


def test_numbers_of_two_samples_are_compared_by_name():
    real = {"a": Estimate(1.0, 3.0), "b": Estimate(0.0, 1.0)}
    fake = {"b": Estimate(-2.0, 0.0), "a": Estimate(11.0, 4.0)}
    found = linear_fits.compared(real, fake)
    assert {name: one.pull for name, one in found.items()} == {"a": 2.0, "b": -2.0}
    assert found["a"].real == real["a"]
    assert found["a"].fake == fake["a"]
