"""Fitted resolutions against what was put in."""

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.calorimeter.observables import resolution_fit
from jaxgen.systems.calorimeter.observables.energy_response import Response, shower_response
from tests.systems.calorimeter import toy_showers


def showers(seed: int, number: int, *, stochastic: float, constant: float) -> Batch:
    draw = np.random.default_rng(seed)
    energy = draw.uniform(1, 100, number)
    width = np.sqrt(stochastic**2 / energy + constant**2)
    images = np.zeros((number, 30, 30))
    images[:, 15, 15] = 100 * energy * (1 + width * draw.normal(size=number))
    return Batch(images, energy[:, None])


def response(real: Batch, fake: Batch) -> Response:
    return shower_response(toy_showers.table(real), toy_showers.table(fake))


def largest(real: Batch, fake: Batch):
    return resolution_fit.largest_difference(response(real, fake))


def test_terms_come_back_within_their_errors():
    real = showers(0, 20_000, stochastic=0.2, constant=0.03)
    found = response(real, real)
    fit = resolution_fit.fit(found.centre, found.real.core, found.real.core_error)
    errors = np.sqrt(np.diag(fit.covariance))
    pulls = (fit.terms - np.array([0.04, 0.0009])) / errors
    assert np.abs(pulls).max() < 3.5
    assert np.all(errors < 0.1 * fit.terms)


def test_alike_and_other_resolutions():
    real = showers(1, 4000, stochastic=0.2, constant=0.03)
    alike = largest(real, showers(2, 4000, stochastic=0.2, constant=0.03))
    assert alike.value < 3 * alike.error
    other = largest(real, showers(3, 4000, stochastic=0.3, constant=0.03))
    assert other.value == pytest.approx(0.5, abs=4 * other.error)
    assert other.error < 0.1


def test_terms_are_never_negative():
    energy = np.array([1.0, 10.0, 100.0])
    rising = resolution_fit.fit(energy, np.array([0.01, 0.05, 0.08]), np.full(3, 0.01))
    assert rising.terms[0] == 0
    assert rising.terms[1] > 0
    steep = resolution_fit.fit(energy, 0.3 / energy, np.full(3, 0.01))
    assert steep.terms[1] == 0
    assert steep.terms[0] > 0


def test_what_cannot_be_fitted_is_not_known():
    real = showers(4, 60, stochastic=0.2, constant=0.03)
    assert np.isnan(largest(real, real).value)
    lost = real._replace(data=np.zeros_like(real.data))
    many = showers(5, 2000, stochastic=0.2, constant=0.03)
    assert largest(many, lost).value == np.inf
    unknown = real._replace(condition=np.zeros((60, 0)))
    assert np.isnan(largest(unknown, unknown).value)
