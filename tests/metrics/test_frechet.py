"""Frechet distances of Gaussians against closed forms, and moments of events that occur a number of times."""

import numpy as np
import pytest
from scipy import linalg

from jaxgen.metrics import frechet

DRAW = np.random.default_rng(0)


def test_the_distance_matches_the_matrix_root():
    a, b = (x @ x.T for x in DRAW.normal(size=(2, 5, 5)))
    mean, other = DRAW.normal(size=(2, 5))
    expected = np.sum((mean - other) ** 2) + np.trace(a + b - 2 * linalg.sqrtm(a @ b).real)
    assert frechet.frechet(mean, a, other, b) == pytest.approx(expected)
    moments = frechet.Moments(mean, a), frechet.Moments(other, b)
    assert frechet.distance(*moments) == frechet.frechet(mean, a, other, b)


def test_singular_covariances_have_a_distance():
    flat = np.diag([1.0, 0.0])
    assert frechet.frechet(np.zeros(2), flat, np.zeros(2), flat) == pytest.approx(0, abs=1e-12)
    assert frechet.frechet(np.zeros(2), flat, np.zeros(2), flat[::-1, ::-1]) == pytest.approx(2)


def test_moments_are_those_of_repeated_rows():
    values, counts = DRAW.normal(3.0, 2.0, (50, 4)), DRAW.integers(0, 4, 50)
    found = frechet.moments(values, counts.astype(float))
    repeated = np.repeat(values, counts, axis=0)
    np.testing.assert_allclose(found.mean, repeated.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(repeated.T), rtol=1e-10)


def test_samples_have_the_distance_of_their_moments():
    real, fake = DRAW.normal(size=(60, 3)), DRAW.normal(0.5, 1.5, (80, 3))
    moments = (frechet.moments(x, np.ones(len(x))) for x in (real, fake))
    assert frechet.frechet_of_samples(real, fake) == pytest.approx(frechet.distance(*moments))
    single = frechet.frechet_of_samples(real[:, :1], fake[:, :1])
    means, deviations = (
        np.array([f(x[:, 0]) for x in (real, fake)]) for f in (np.mean, lambda x: x.std(ddof=1))
    )
    assert single == pytest.approx(np.diff(means)[0] ** 2 + np.diff(deviations)[0] ** 2)


def test_scales_and_parts_of_moments():
    values, scale = DRAW.normal(size=(50, 4)), np.array([1.0, 2.0, 0.5, 10.0])
    found = frechet.moments(values, np.ones(50))
    scaled, expected = frechet.scaled(found, scale), frechet.moments(values / scale, np.ones(50))
    np.testing.assert_allclose(scaled.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(scaled.covariance, expected.covariance, rtol=1e-10)
    part, expected = frechet.part(found, slice(1, 3)), frechet.moments(values[:, 1:3], np.ones(50))
    np.testing.assert_allclose(part.covariance, expected.covariance, rtol=1e-10)
