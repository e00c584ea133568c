"""What networks see of the conditions of a shower."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.systems.calorimeter.data import conditions
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
