from functools import partial

import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.metrics import distances


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
def test_bootstrap_error_is_the_deviation_between_samples(distance):
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


def test_nothing_is_infinitely_far(key):
    assert distances.with_bootstrap(key, np.ones(4), np.zeros(0)).value == np.inf
    assert np.isnan(distances.with_bootstrap(key, np.zeros(0), np.ones(4)).error)


def test_binning_is_a_keyword():
    coarse = partial(distances.separation_power, edges=2)
    assert coarse(np.array([0.0, 1.0]), np.array([0.2, 0.3])) == 0


def test_wasserstein_of_counts_is_that_of_repeated_events():
    rng = np.random.default_rng(1)
    ours, theirs = rng.normal(size=(60, 2)), rng.normal(1.0, size=(40, 2))
    ours[3, 0] = np.nan
    counts = rng.integers(0, 4, 60), rng.integers(0, 4, 40)
    drawn = [np.repeat(x, n, axis=0).ravel() for x, n in zip((ours, theirs), counts, strict=True)]
    expected = distances.wasserstein(*(x[~np.isnan(x)] for x in drawn))
    found = distances.wasserstein_by_counts(ours, theirs)(*(n.astype(float) for n in counts))
    assert found == pytest.approx(expected)


def test_wasserstein_without_values_is_infinite():
    distance = distances.wasserstein_by_counts(np.ones(3), np.full(2, np.nan))
    assert distance(np.ones(3), np.ones(2)) == np.inf


def test_separation_of_counts_is_that_of_histograms():
    """Equal bins of the central real values, one more on each side, and one for what has no value."""
    rng = np.random.default_rng(2)
    ours, theirs = rng.normal(size=800), rng.normal(0.3, 1.2, size=500)
    theirs[:20] = np.nan
    counts = rng.integers(0, 3, 800).astype(float), rng.integers(0, 3, 500).astype(float)
    low, high = np.quantile(ours, [0.001, 0.999])
    edges = [-np.inf, *np.linspace(low, np.nextafter(high, np.inf), 11), np.inf]
    shares = []
    for values, weights in ((ours, counts[0]), (theirs, counts[1])):
        known = ~np.isnan(values)
        inside = np.histogram(values[known], edges, weights=weights[known])[0]
        shares.append(np.append(inside, weights[~known].sum()) / weights.sum())
    p, q = shares
    filled = p + q > 0
    expected = 0.5 * np.sum((p - q)[filled] ** 2 / (p + q)[filled])
    assert distances.separation_by_counts(ours, theirs, bins=10)(*counts) == pytest.approx(expected)


def test_separation_does_not_depend_on_how_far_an_outlier_is():
    real, fake = np.linspace(0, 1, 200), np.linspace(0, 1, 200)
    ones = np.ones(200)
    near, far = fake.copy(), fake.copy()
    near[0], far[0] = 2.0, 2e9
    found = [distances.separation_by_counts(real, side)(ones, ones) for side in (near, far)]
    assert found[0] == found[1] > 0
    assert np.isnan(distances.separation_by_counts(np.full(3, np.nan), real)(np.ones(3), ones))
