import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from jaxgen.metrics import distances, divergences


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    return rng.exponential(size=700), rng.exponential(1.5, size=400)


def scipy_shares(real, fake, bins, added):
    edges = np.concatenate([[-np.inf], np.quantile(real, np.linspace(0, 1, bins + 1)), [np.inf]])
    counts = [np.histogram(x, edges)[0] + added for x in (real, fake)]
    counts[0][-1] -= 1  # NumPy counts the largest real value above the bins
    counts[0][-2] += 1
    return counts


def test_kullback_leibler_is_scipys(samples):
    p, q = scipy_shares(*samples, 20, 0.5)
    assert divergences.kullback_leibler(*samples, bins=20) == pytest.approx(stats.entropy(p, q))


def test_jensen_shannon_is_scipys_squared(samples):
    p, q = scipy_shares(*samples, 20, 0)
    found = divergences.jensen_shannon(*samples, bins=20)
    assert found == pytest.approx(distance.jensenshannon(p, q) ** 2)


def test_disjoint_samples_are_as_far_apart_as_can_be():
    real, fake = np.linspace(0, 1, 100), np.linspace(5, 6, 300)
    assert divergences.jensen_shannon(real, fake) == pytest.approx(np.log(2))
    assert np.isfinite(divergences.kullback_leibler(real, fake))


def test_kullback_leibler_of_one_law_is_near_its_expectation():
    rng = np.random.default_rng(1)
    found = [divergences.kullback_leibler(*rng.normal(size=(2, 2000))) for _ in range(40)]
    assert np.mean(found) == pytest.approx(49 / 2 * (2 / 2000), rel=0.15)


def test_ties_make_fewer_bins():
    real = np.repeat([0.0, 1.0, 2.0], [80, 10, 10])
    p, q = divergences.shares(real, real[::-1], bins=10)
    np.testing.assert_array_equal(p, q)
    np.testing.assert_allclose(p.sum(), 1.0)


def test_bray_curtis_of_equal_sizes_is_scipys_of_sorted_values(samples):
    u, v = np.sort(samples[0][:400]), np.sort(samples[1])
    found = divergences.bray_curtis(samples[0][:400], samples[1])
    assert found == pytest.approx(distance.braycurtis(u, v))


def test_bray_curtis_of_unequal_sizes_compares_quantiles(samples):
    real = samples[0]
    assert divergences.bray_curtis(real, np.repeat(real, 3)) < 2e-3
    assert divergences.bray_curtis(real, 3 * np.repeat(real, 3)) == pytest.approx(0.5, abs=2e-3)
    assert divergences.bray_curtis(np.zeros(3), np.zeros(5)) == 0.0


@pytest.mark.parametrize("name", ["kullback_leibler", "jensen_shannon", "bray_curtis"])
def test_each_has_a_bootstrap_error(key, samples, name):
    found = distances.with_bootstrap(key, *samples, distance=getattr(divergences, name), resamples=10)
    assert found.value > 3 * found.error > 0
