"""What networks see of the conditions of a shower, and what is expected of it beforehand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.data.dataset import Spec
from jaxgen.systems.calorimeter import data as calorimeter_showers
from jaxgen.systems.calorimeter.cells import THRESHOLD
from jaxgen.systems.calorimeter.representation import conditions
from tests.systems.calorimeter.shower_batches import showers

SEEN = jax.jit(conditions.features)


@pytest.mark.parametrize("columns", [0, 1, 3, 6])
def test_features_are_of_order_one_for_every_condition(columns):
    seen = SEEN(showers(500, columns=columns).condition)
    assert seen.shape == (500, columns)
    assert seen.dtype == np.float32
    if columns:
        assert abs(float(seen[:, 0].mean())) < 0.15
        assert 0.8 < float(seen[:, 0].std()) < 1.2
        assert float(jnp.abs(seen[:, 1:]).max(initial=0)) <= 1.0001


def test_features_are_what_they_say():
    row = jnp.array([[np.e, 10.1, -5.05, np.radians(15), np.radians(120), 1.0]], jnp.float32)
    expected = [1.0, 1.0, -0.5, -0.5, np.sqrt(0.75), 1.0]
    np.testing.assert_allclose(SEEN(row, mean=0.0, std=1.0)[0], expected, rtol=1e-5)


def test_features_do_not_jump_with_the_azimuth():
    row = np.repeat(showers(1).condition, 2, axis=0)
    row[:, 4] = -np.pi, np.pi
    first, second = SEEN(row)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_statistics_standardize_and_constants_stay_finite():
    table = showers(100).condition
    mean, std = conditions.log_energy_statistics(table)
    seen = SEEN(table, mean=mean, std=std)[:, 0]
    np.testing.assert_allclose([seen.mean(), seen.std()], [0, 1], atol=1e-5)
    constant = conditions.log_energy_statistics(np.full((5, 1), 100.0))
    assert constant == (pytest.approx(np.log(100.0)), 1.0)
    assert conditions.log_energy_statistics(np.zeros((5, 0))) == (0.0, 1.0)


def test_the_default_statistics_are_those_of_uniform_energies():
    energies = np.linspace(1, 100, 1_000_001)[:, None]
    np.testing.assert_allclose(conditions.log_energy_statistics(energies), conditions.LOG_ENERGY, atol=1e-3)


def test_other_numbers_of_columns_are_refused():
    with pytest.raises(ValueError, match="0, 1, 3, 6; got 4"):
        conditions.features(jnp.ones((2, 4)))


@pytest.mark.parametrize("columns", [0, 1, 3, 6])
def test_the_expected_energy_is_a_share_of_the_incident_one(columns):
    batch = showers(40, columns=columns)
    data = calorimeter_showers.dataset(*batch)
    found = conditions.statistics(data)
    assert {value.dtype for value in found.values()} == {np.dtype(np.float64)}
    expected = conditions.expected_energy_by(found)(data.train.condition)
    visible = data.train.data.sum((1, 2), dtype=np.float64)
    np.testing.assert_allclose(expected.mean(), visible.mean(), rtol=1e-5)
    if columns:
        incident = data.train.condition[:, 0]
        np.testing.assert_allclose(expected / incident, visible.mean() / incident.mean(), rtol=1e-5)


@pytest.mark.parametrize("columns", [0, 1, 3, 6])
def test_the_axis_comes_back_from_the_features(columns):
    data = calorimeter_showers.dataset(*showers(40, columns=columns))
    found, table = conditions.statistics(data), data.test.condition
    axis = conditions.axis_by(found)(conditions.features_by(found)(table))
    expected = conditions.expected_energy_by(found)(table)
    np.testing.assert_allclose(axis.log_energy, np.log(expected / THRESHOLD), rtol=1e-5)
    np.testing.assert_allclose(axis.impact, table[:, 1:3] if columns > 1 else np.zeros((10, 2)), atol=1e-5)
    slope = np.zeros((10, 2))
    if columns == 6:
        tangent, phi = np.tan(table[:, 3]), table[:, 4]
        slope = np.stack([tangent * np.cos(phi), tangent * np.sin(phi)], axis=1)
    np.testing.assert_allclose(axis.slope, slope, atol=1e-5)


def test_other_showers_are_refused():
    spec = calorimeter_showers.make_spec()
    other = Spec("other", ("x cell", "y cell"), (45, 16), spec.columns)
    with pytest.raises(ValueError, match=r"showers of 30 x 30 cells; got the shape \(45, 16\)"):
        conditions.check(other)
    two = Spec("other", spec.axes, spec.shape, spec.columns, spec.condition[:2])
    with pytest.raises(ValueError, match="0, 1, 3, 6; got 2"):
        conditions.check(two)
    dark = calorimeter_showers.dataset(np.zeros((8, 30, 30)))
    with pytest.raises(ValueError, match="training showers with energy; got a mean of 0 MeV"):
        conditions.statistics(dark)
