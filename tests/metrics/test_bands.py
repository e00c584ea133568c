import numpy as np
import pytest

from jaxgen.metrics import bands, binned
from jaxgen.metrics.binned import Profiled


def line(seed, number):
    rng = np.random.default_rng(seed)
    features = rng.uniform(-5, 5, size=(number, 1))
    return Profiled(features, 100 + 3 * features + rng.normal(size=(number, 1)))


def test_windows_match_numpy():
    table = line(0, 3000)
    edges = binned.common_edges(table, table, 13)
    result = bands.sample_bands(table, edges, window=4)
    assert result.mean.shape == (1, 9, 1)
    for w in range(9):
        low, high = edges[0, w], edges[0, w + 4]
        below = table.features[:, 0] <= high if w == 8 else table.features[:, 0] < high
        inside = table.values[(table.features[:, 0] >= low) & below, 0]
        assert result.number[0, w] == len(inside)
        assert result.centre[0, w] == pytest.approx((low + high) / 2)
        assert result.mean[0, w, 0] == pytest.approx(inside.mean())
        assert result.std[0, w, 0] == pytest.approx(inside.std())
        assert result.mean_error[0, w, 0] == pytest.approx(inside.std() / np.sqrt(len(inside) - 1))


def test_error_of_the_standard_deviation_is_that_of_a_bootstrap():
    table = line(1, 4000)
    edges = binned.common_edges(table, table, 5)
    result = bands.sample_bands(table, edges, window=4)
    rng = np.random.default_rng(2)
    resampled = rng.choice(table.values[:, 0], (400, 4000)).std(axis=1).std()
    assert result.std_error[0, 0, 0] == pytest.approx(resampled, rel=0.15)


def test_published_plots_have_eighty_points():
    """Of all features and values in common windows; an event without values is left out."""
    draw = np.random.default_rng(0)
    features, values = draw.uniform(size=(500, 5)), draw.exponential(size=(500, 6))
    values[3] = np.nan
    real, fake = bands.trend_bands(Profiled(features, values), Profiled(features[::2], values[::2]))
    assert real.mean.shape == fake.mean.shape == (5, 80, 6)
    np.testing.assert_array_equal(real.centre, fake.centre)
    assert np.isfinite(real.mean).all()
    everywhere = np.arange(500) != 3
    windows = bands.sample_bands(
        Profiled(features[everywhere], values[everywhere]),
        binned.common_edges(*[Profiled(features, values)] * 2, 100),
    )
    np.testing.assert_allclose(real.mean, windows.mean, rtol=1e-9)


def test_empty_window_is_nan_and_not_zero():
    table = Profiled(np.array([[0.0], [0.1], [10.0]]), np.array([[1.0], [3.0], [5.0]]))
    result = bands.sample_bands(table, np.linspace([0.0], [10.0], 6, axis=1), window=1)
    np.testing.assert_array_equal(result.mean[0, :, 0], [2, np.nan, np.nan, np.nan, 5])
    assert np.isnan(result.mean_error[0, 4, 0])


def test_window_must_fit():
    table = line(0, 10)
    with pytest.raises(ValueError, match="1 to 4 bins; got 5"):
        bands.sample_bands(table, binned.common_edges(table, table, 5), window=5)
