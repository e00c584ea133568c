import json

import jax
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.metrics import binned, trends
from jaxgen.metrics.binned import Table

SEEDS = 8


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
            spread = [rng.choice(y, (resamples, len(y))).std(axis=1).std() for y in inside]
            mean, std = (np.array([function(y) for y in inside]) for function in (np.mean, np.std))
            count = np.array([len(y) for y in inside])
            sides.append((mean, std, std**2 / (count - 1) + np.square(spread)))
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
    return Table(features, np.concatenate([first, second], axis=1) + shift)


def take(batch, rows):
    return Batch(*(x[rows] for x in batch))


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_terms_are_those_of_the_definition(shift):
    real, fake = toy(0, 600), toy(1, 900, shift=shift)
    expected = np.mean([published_chi2(real, fake, edges=9, seed=s) for s in range(4)], axis=0)
    result = [
        trends.trend_terms(jax.random.key(s), real, fake, edges=9, as_published=True).chi2 for s in range(4)
    ]
    np.testing.assert_allclose(np.mean(result, axis=0), expected, rtol=0.06)


@pytest.mark.parametrize(
    "name",
    [
        "real_test1000_vs_train3000",
        "real_first2000_vs_last2000",
        "shuffled_conditioning_test_perm_seed0",
    ],
)
def test_published_chi2_of_real_digits(golden, real_events, real_split, name):
    reference = json.loads((golden / "tpc_chi2_reference.json").read_text())[name]
    test, train = real_split
    order = np.random.RandomState(0).permutation(len(test.data))
    real, fake = {
        "real_test1000_vs_train3000": (test, train),
        "real_first2000_vs_last2000": (
            take(real_events, slice(None, 2000)),
            take(real_events, slice(2000, None)),
        ),
        "shuffled_conditioning_test_perm_seed0": (test, Batch(test.data, test.condition[order])),
    }[name]
    tables = trends.pad_table(real), trends.pad_table(fake)
    values = [
        trends.trend_terms(jax.random.key(s), *tables, as_published=True).chi2.sum() for s in range(SEEDS)
    ]
    assert abs(np.mean(values) - reference["mean"]) < 3 * reference["std"]


def test_chi2_is_symmetric_in_its_samples(key):
    real, fake = toy(0, 600), toy(1, 900, shift=0.1)
    forward = trends.trend_terms(key, real, fake, edges=9)
    backward = trends.trend_terms(key, fake, real, edges=9)
    np.testing.assert_allclose(forward.chi2, backward.chi2, rtol=0.1)


def test_largest_value_falls_into_the_first_bin_only_as_published():
    table = Table(np.array([[0.0], [0.5], [1.0]]), np.zeros((3, 1)))
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
def test_error_is_the_spread_between_samples(shift):
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
    holes = Table(
        np.concatenate([fake.features, fake.features[:50]]),
        np.concatenate([fake.values, np.full((50, 2), np.nan)]),
    )
    with_holes, without = (trends.trend_terms(key, real, table, edges=9) for table in (holes, fake))
    np.testing.assert_array_equal(with_holes.fake.number, without.fake.number)
    np.testing.assert_allclose(with_holes.chi2, without.chi2, rtol=0.1)
    assert trends.empty_fraction(holes).value == pytest.approx(50 / 950)


def pad_batch(seed, number):
    rng = np.random.default_rng(seed)
    low, high = np.array([[-20, -60, 35, 30], [20, 60, 290, 31]], np.float64)
    images = rng.exponential(size=(number, 8, 16)).astype(np.float32)
    return Batch(images, rng.uniform(low, high, size=(number, 4)))


def test_empty_images_are_left_out_and_said(key):
    real, fake = pad_batch(0, 300), pad_batch(1, 300)
    data = fake.data.copy()
    data[:30] = 0
    result = trends.trend_chi2(key, real, fake._replace(data=data))
    assert np.isfinite(result.estimate).all()
    assert result.empty_fake.value == pytest.approx(0.1)
    assert result.empty_real.value == 0
    assert result.empty_real.error > 0
    published = trends.trend_chi2(key, real, fake._replace(data=data), as_published=True)
    assert published.estimate.value == np.inf


def test_generator_of_nothing_is_infinitely_far(key):
    real, fake = pad_batch(0, 300), pad_batch(1, 300)
    assert trends.chi2(key, real, fake._replace(data=np.zeros_like(fake.data))).value == np.inf


def test_leaving_bins_empty_gains_nothing(key):
    real, fake = toy(0, 600), toy(1, 900)
    half = Table(fake.features * [0.5, 1], fake.values)
    result = trends.trend_chi2(key, 0, 1, describe={0: real, 1: half}.__getitem__, replicates=0)
    assert result.terms < result.possible
    assert np.isnan(result.estimate.error)
    whole = trends.trend_chi2(key, 0, 1, describe={0: real, 1: fake}.__getitem__, replicates=0)
    assert whole.terms == whole.possible == 2 * 2 * 2 * 19
    detail = result.detail.chi2.sum()
    assert result.estimate.value == pytest.approx(detail * result.possible / result.terms)


def test_constant_feature_and_value_give_no_nan(key):
    real, fake = toy(0, 600), toy(1, 900)
    flat = [Table(t.features * [1, 0], t.values * [1, 0]) for t in (real, fake)]
    terms = trends.trend_terms(key, *flat)
    assert np.isfinite(terms.chi2).all()
    np.testing.assert_array_equal(terms.chi2[:, 1], 0)
    np.testing.assert_array_equal(terms.terms[:, 1], 0)
    assert terms.terms[1, 0] == 2  # all events share one bin of the constant feature


def test_same_key_same_result(key):
    real, fake = pad_batch(0, 300), pad_batch(1, 300)
    first, second = trends.chi2(key, real, fake), trends.chi2(key, real, fake)
    assert first == second
    assert first != trends.chi2(jax.random.key(1), real, fake)


def test_broken_amplitude_is_named(key):
    real, fake = pad_batch(0, 20), pad_batch(1, 20)
    fake.data[7, 3, 3] = np.nan
    with pytest.raises(ValueError, match="1 of 20 events, first in event 7"):
        trends.chi2(key, real, fake)


def test_no_events_is_an_error(key):
    real = pad_batch(0, 20)
    with pytest.raises(ValueError, match="events in the fake sample"):
        trends.chi2(key, real, take(real, slice(0, 0)))
