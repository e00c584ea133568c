import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.calorimeter.observables import energy_response as shower_response
from tests.systems.calorimeter import toy_showers

REAL = toy_showers.make(0, 600)


def response(real: Batch, fake: Batch) -> shower_response.Response:
    return shower_response.shower_response(toy_showers.table(real), toy_showers.table(fake))


def test_a_gain_is_the_linearity():
    fake = Batch(np.float32(1.03) * REAL.data, REAL.condition)
    found = response(REAL, fake)
    np.testing.assert_allclose(found.linearity, 1.03, rtol=1e-5)
    np.testing.assert_allclose(found.resolution, 1.0, rtol=1e-4)
    np.testing.assert_allclose(found.core, 1.0, rtol=1e-4)
    summary = shower_response.summary(found)
    assert summary["linearity_worst"].value == pytest.approx(0.03, rel=1e-3)
    assert 0 < summary["linearity_worst"].error < 0.01
    assert found.real.number.sum() == 600


def test_bins_hold_the_moments_of_their_showers():
    energies, values = np.array([1.5, 1.7, 3.0, 5.0, np.nan]), np.array([0.1, 0.2, 0.5, 0.7, 0.9])
    found = shower_response.moments(energies, values, np.array([1.0, 2.0, 5.0]))
    np.testing.assert_array_equal(found.number, [2, 2])
    np.testing.assert_allclose(found.mean, [0.15, 0.6])
    np.testing.assert_allclose(found.resolution, [np.sqrt(0.005) / 0.15, np.sqrt(0.02) / 0.6])


@pytest.mark.parametrize("law", ["normal", "laplace"])
def test_errors_are_the_spread_of_repeated_samples(law):
    rng = np.random.default_rng(0)
    samples = getattr(rng, law)(1.0, 0.1, (400, 200))
    rows = [shower_response.moments(np.ones(200), sample, np.array([0.5, 2.0])) for sample in samples]
    for name in ("mean", "resolution", "core")[: 3 if law == "normal" else 2]:
        values = np.array([getattr(row, name)[0] for row in rows])
        errors = np.array([getattr(row, f"{name}_error")[0] for row in rows])
        assert errors.mean() == pytest.approx(values.std(), rel=0.12), name
    if law == "normal":
        assert np.mean([row.core[0] for row in rows]) == pytest.approx(0.1, rel=0.02)


def test_few_showers_join_bins():
    rng = np.random.default_rng(0)
    edges = shower_response.energy_edges(rng.uniform(1, 100, 2000))
    assert edges.tolist() == [1, 5, 10, 20, 35, 50, 70, 100]
    assert shower_response.energy_edges(rng.uniform(1, 100, 20)).tolist() == [1, 100]
    others = shower_response.energy_edges(rng.uniform(100, 1000, 2000))
    assert len(others) == 9
    np.testing.assert_allclose(np.histogram(rng.uniform(100, 1000, 8000), others)[0], 1000, rtol=0.2)
    assert len(shower_response.energy_edges(np.full(5, np.nan))) == 1


def test_without_energies_nothing_is_given():
    found = response(*[toy_showers.without_condition(REAL)] * 2)
    assert len(found.linearity) == 0
    assert all(np.isnan(estimate.value) for estimate in shower_response.summary(found).values())


def test_dead_and_lost_showers_are_far_off():
    dead = Batch(np.zeros_like(REAL.data), REAL.condition)
    summary = shower_response.summary(response(REAL, dead))
    assert summary["linearity_worst"].value == 1.0
    assert summary["resolution_worst"].value == np.inf
    lost = Batch(np.full_like(REAL.data, np.nan), REAL.condition)
    summary = shower_response.summary(response(REAL, lost))
    assert np.isnan(summary["linearity_worst"].value)
