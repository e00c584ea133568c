import jax
import numpy as np
import pytest

from jaxgen.metrics import binned, trends
from jaxgen.metrics.binned import Profiled


def published_chi2(real, fake, *, edges=20, resamples=100, seed=0):
    """The definition, term by term, for tables without empty bins."""
    rng = np.random.default_rng(seed)
    terms = np.zeros((real.features.shape[1], real.values.shape[1]))
    for f, m in np.ndindex(terms.shape):
        both = np.concatenate([real.features[:, f], fake.features[:, f]])
        borders = np.linspace(both.min(), both.max(), edges)
        sides = []
        for table in (real, fake):
            bins = (table.features[:, f, None] < borders[None, 1:]).argmax(axis=1)
            inside = [table.values[bins == b, m] for b in range(edges - 1)]
            deviation = [rng.choice(y, (resamples, len(y))).std(axis=1).std() for y in inside]
            mean, std = (np.array([function(y) for y in inside]) for function in (np.mean, np.std))
            count = np.array([len(y) for y in inside])
            sides.append((mean, std, std**2 / (count - 1) + np.square(deviation)))
        (mean, std, error2), (other_mean, other_std, other_error2) = sides
        upper, lower = mean + std - other_mean - other_std, mean - std - other_mean + other_std
        terms[f, m] = np.sum((upper**2 + lower**2) / (error2 + other_error2))
    return terms


def toy(seed, number, *, shift=0.0):
    """Two features on a grid without edge values, two values that follow them."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(size=(number, 2))
    common = rng.normal(size=(number, 1))
    first = features[:, :1] + 0.3 * (common + rng.normal(size=(number, 1)))
    second = np.exp(0.3 * common) * (1 + features[:, 1:])
    return Profiled(features, np.concatenate([first, second], axis=1) + shift)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_terms_are_those_of_the_definition(shift):
    real, fake = toy(0, 600), toy(1, 900, shift=shift)
    expected = np.mean([published_chi2(real, fake, edges=9, seed=s) for s in range(4)], axis=0)
    result = [
        trends.trend_terms(jax.random.key(s), real, fake, edges=9, as_published=True).chi2 for s in range(4)
    ]
    np.testing.assert_allclose(np.mean(result, axis=0), expected, rtol=0.06)


def test_chi2_is_symmetric_in_its_samples(key):
    real, fake = toy(0, 600), toy(1, 900, shift=0.1)
    forward = trends.trend_terms(key, real, fake, edges=9)
    backward = trends.trend_terms(key, fake, real, edges=9)
    np.testing.assert_allclose(forward.chi2, backward.chi2, rtol=0.1)


def test_largest_value_falls_into_the_first_bin_only_as_published():
    table = Profiled(np.array([[0.0], [0.5], [1.0]]), np.zeros((3, 1)))
    edges = np.linspace([0.0], [1.0], 5, axis=1)
    np.testing.assert_array_equal(binned.bin_index(table, edges), [[0, 2, 3]])
    np.testing.assert_array_equal(binned.bin_index(table, edges, largest_in_first=True), [[0, 2, 0]])


def test_statistics_match_numpy(key):
    table = toy(3, 4000)
    edges = binned.common_edges(table, table, 6)
    index = binned.bin_index(table, edges)
    result = binned.statistics(key, index, table.values, bins=5, resamples=400)
    for f, b in np.ndindex(index.shape[0], 5):
        inside = table.values[index[f] == b]
        assert result.number[f, b] == len(inside)
        np.testing.assert_allclose(result.mean[f, b], inside.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(result.std[f, b], inside.std(axis=0), rtol=1e-5)
        fourth = np.mean((inside - inside.mean(axis=0)) ** 4, axis=0)
        variance = inside.var(axis=0)
        limit = variance / (len(inside) - 1) + (fourth - variance**2) / (4 * variance * len(inside))
        np.testing.assert_allclose(result.error2[f, b], limit, rtol=0.15)


@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_error_is_the_deviation_between_samples(shift):
    values, errors = [], []
    for i in range(30):
        real, fake = toy(2 * i, 600), toy(2 * i + 1, 900, shift=shift)
        terms = trends.trend_terms(jax.random.key(i), real, fake)
        values.append(terms.chi2.sum())
        if i < 6:
            errors.append(trends.sampling_error(jax.random.key(100 + i), real, fake, terms))
    assert 0.6 < np.mean(errors) / np.std(values) < 1.6


def test_events_without_values_change_nothing_but_their_count(key):
    real, fake = toy(0, 600), toy(1, 900)
    holes = Profiled(
        np.concatenate([fake.features, fake.features[:50]]),
        np.concatenate([fake.values, np.full((50, 2), np.nan)]),
    )
    with_holes, without = (trends.trend_terms(key, real, table, edges=9) for table in (holes, fake))
    np.testing.assert_array_equal(with_holes.fake.number, without.fake.number)
    np.testing.assert_allclose(with_holes.chi2, without.chi2, rtol=0.1)
    assert trends.empty_fraction(holes).value == pytest.approx(50 / 950)


def without_values(table, number):
    return Profiled(
        table.features, np.where(np.arange(len(table.values))[:, None] < number, np.nan, table.values)
    )


def test_events_without_values_are_counted(key):
    real, fake = toy(0, 300), toy(1, 300)
    holes = without_values(fake, 30)
    result = trends.trend_chi2(key, real, holes)
    assert np.isfinite(result.estimate).all()
    assert result.empty_fake.value == pytest.approx(0.1)
    assert result.empty_real.value == 0
    assert result.empty_real.error > 0
    published = trends.trend_chi2(key, real, holes, as_published=True)
    assert published.estimate.value == np.inf


def test_generator_of_nothing_is_infinitely_far(key):
    real, fake = toy(0, 300), toy(1, 300)
    assert trends.trend_chi2(key, real, without_values(fake, 300)).estimate.value == np.inf


def test_leaving_bins_empty_gains_nothing(key):
    real, fake = toy(0, 600), toy(1, 900)
    half = Profiled(fake.features * [0.5, 1], fake.values)
    result = trends.trend_chi2(key, real, half, replicates=0)
    assert result.terms < result.possible
    assert np.isnan(result.estimate.error)
    whole = trends.trend_chi2(key, real, fake, replicates=0)
    assert whole.terms == whole.possible == 2 * 2 * 2 * 19
    detail = result.detail.chi2.sum()
    assert result.estimate.value == pytest.approx(detail * result.possible / result.terms)


def test_constant_feature_and_value_give_no_nan(key):
    real, fake = toy(0, 600), toy(1, 900)
    flat = [Profiled(t.features * [1, 0], t.values * [1, 0]) for t in (real, fake)]
    terms = trends.trend_terms(key, *flat)
    assert np.isfinite(terms.chi2).all()
    np.testing.assert_array_equal(terms.chi2[:, 1], 0)
    np.testing.assert_array_equal(terms.terms[:, 1], 0)
    assert terms.terms[1, 0] == 2  # all events share one bin of the constant feature


def test_same_key_same_result(key):
    real, fake = toy(0, 300), toy(1, 300)
    first, second = (trends.trend_chi2(key, real, fake).estimate for _ in range(2))
    assert first == second
    assert first != trends.trend_chi2(jax.random.key(1), real, fake).estimate


def test_tables_that_do_not_fit_are_refused(key):
    real = toy(0, 20)
    with pytest.raises(ValueError, match="Expected events in the fake sample; got none"):
        trends.trend_terms(key, real, Profiled(real.features[:0], real.values[:0]))
    with pytest.raises(ValueError, match="values of the fake sample of shape"):
        trends.trend_terms(key, real, Profiled(real.features, real.values[:, :1]))
    with pytest.raises(ValueError, match="Expected finite features in the real sample; got NaN or infinity"):
        trends.trend_terms(key, Profiled(real.features * np.nan, real.values), real)
