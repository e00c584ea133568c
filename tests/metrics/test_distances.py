from functools import partial

import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.base import Batch
from jaxgen.metrics import distances
from jaxgen.systems.tpc_pads import observables as pads


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    return rng.normal(size=700), rng.normal(0.5, 1.5, size=400)


def test_kolmogorov_smirnov_is_scipys(samples):
    assert distances.kolmogorov_smirnov(*samples) == pytest.approx(stats.ks_2samp(*samples).statistic)


def test_kolmogorov_smirnov_with_ties():
    real, fake = np.array([0, 0, 1, 1, 2.0]), np.array([0, 1, 1, 3.0])
    assert distances.kolmogorov_smirnov(real, fake) == pytest.approx(stats.ks_2samp(real, fake).statistic)


@pytest.mark.parametrize("decimals", [0, 12])
def test_wasserstein_is_scipys_with_and_without_ties(samples, decimals):
    real, fake = (x.round(decimals) for x in samples)
    assert distances.wasserstein(real, fake) == pytest.approx(stats.wasserstein_distance(real, fake))


def test_wasserstein_of_a_shift_is_the_shift(samples):
    assert distances.wasserstein(samples[0], samples[0] + 0.7) == pytest.approx(0.7)


def test_separation_power_of_histograms_by_hand():
    real, fake = np.array([0, 0, 0, 1.0]), np.array([0, 1, 1, 1.0])
    assert distances.separation_power(real, fake, edges=3) == pytest.approx(0.25)
    assert distances.separation_power(real, real) == 0


@pytest.mark.parametrize(
    "distance", [distances.wasserstein, distances.kolmogorov_smirnov, distances.separation_power]
)
def test_bootstrap_error_is_the_spread_between_samples(distance):
    rng = np.random.default_rng(1)
    found = [
        distances.with_bootstrap(
            jax.random.key(i), rng.normal(size=400), rng.normal(0.6, 1, size=500), distance=distance
        )
        for i in range(40)
    ]
    values, errors = np.array(found).T
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.35)


def test_same_key_same_error(key, samples):
    first = distances.with_bootstrap(key, *samples)
    assert first == distances.with_bootstrap(key, *samples)
    assert first.error != distances.with_bootstrap(jax.random.key(1), *samples).error


def test_constant_samples(key):
    ones = np.ones(30)
    for distance in (distances.wasserstein, distances.kolmogorov_smirnov, distances.separation_power):
        assert distances.with_bootstrap(key, ones, ones, distance=distance) == (0, 0)


def test_bad_values_are_named(key):
    with pytest.raises(ValueError, match="finite fake values; got 2"):
        distances.with_bootstrap(key, np.ones(3), np.array([1, np.nan, np.inf]))


def test_moment_distances_by_name(key):
    rng = np.random.default_rng(2)
    images = rng.exponential(size=(60, 8, 16))
    images[5] = 0
    real, fake = Batch(images, None), Batch(2 * images, None)
    result = distances.moment_distances(key, real, fake)
    assert tuple(result) == pads.MOMENT_NAMES
    assert result["Sum"].value == pytest.approx(images.sum() / 60, rel=1e-5)
    assert result["Mean0"].value == pytest.approx(0, abs=1e-5)


def test_generator_of_nothing_is_infinitely_far(key):
    real = Batch(np.ones((4, 8, 16)), None)
    result = distances.moment_distances(key, real, real._replace(data=np.zeros((4, 8, 16))))
    assert result["Mean0"].value == np.inf
    assert result["Sum"].value == 128


def test_binning_is_a_keyword():
    coarse = partial(distances.separation_power, edges=2)
    assert coarse(np.array([0.0, 1.0]), np.array([0.2, 0.3])) == 0
