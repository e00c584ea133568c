import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.calorimeter.observables import occupancy as shower_occupancy
from tests.systems.calorimeter import toy_showers

REAL, FAKE = toy_showers.make(0, 120), toy_showers.make(1, 150, width=26.0)


def compared(key, real, fake, **options):
    return shower_occupancy.shower_occupancy(key, *map(toy_showers.table, (real, fake)), **options)


def test_numbers_are_those_of_plain_histograms(key):
    found = compared(key, REAL, FAKE, resamples=5)
    ours, theirs = (np.asarray(side.data, np.float64) for side in (REAL, FAKE))
    active, other = ((side >= 0.1).mean(axis=0).ravel() for side in (ours, theirs))
    assert found["occupancy_correlation"].value == pytest.approx(np.corrcoef(active, other)[0, 1])
    assert found["occupancy_difference"].value == pytest.approx(np.abs(active - other).max())
    mean, other_mean = ours.mean(axis=0), theirs.mean(axis=0)
    expected = np.abs(mean - other_mean).sum() / mean.sum()
    assert found["mean_shower_difference"].value == pytest.approx(expected)
    edges = np.concatenate([[-1.0], shower_occupancy.SPECTRUM_EDGES])
    powers = []
    for cell in np.flatnonzero(active >= 0.05):
        p, q = (np.histogram(side.reshape(-1, 900)[:, cell], edges)[0] / len(side) for side in (ours, theirs))
        filled = p + q > 0
        powers.append(0.5 * np.sum((p - q)[filled] ** 2 / (p + q)[filled]))
    assert found["cell_separation"].value == pytest.approx(np.mean(powers))
    assert all(estimate.error > 0 for estimate in found.values())


def test_equal_showers_are_equal(key):
    found = compared(key, REAL, REAL, resamples=0)
    assert [round(x.value, 12) for x in found.values()] == [1.0, 0.0, 0.0, 0.0]


def test_lost_showers_are_left_out_unless_all_are(key):
    data = np.concatenate([FAKE.data, np.full((3, 30, 30), np.nan, np.float32)])
    some = Batch(data, np.zeros((len(data), 0)))
    found = (compared(key, REAL, side, resamples=0) for side in (FAKE, some))
    one, other = ([estimate.value for estimate in side.values()] for side in found)
    assert one == other
    lost = Batch(data[-3:], np.zeros((3, 0)))
    values = [estimate.value for estimate in compared(key, REAL, lost).values()]
    assert values == [0.0, 1.0, np.inf, 1.0]


def test_maps_have_means_and_errors():
    kept = shower_occupancy.finite_only(toy_showers.table(REAL))
    mean, error = shower_occupancy.mean_map(kept)
    np.testing.assert_allclose(mean, np.asarray(REAL.data, np.float64).mean(axis=0))
    np.testing.assert_array_equal(shower_occupancy.occupancy_map(kept), (REAL.data >= 0.1).mean(axis=0))
    assert np.isnan([*shower_occupancy.mean_map(kept[:0]), shower_occupancy.occupancy_map(kept[:0])]).all()
    np.testing.assert_allclose(error[15, 15], np.std(REAL.data[:, 15, 15], dtype=np.float64) / np.sqrt(120))
