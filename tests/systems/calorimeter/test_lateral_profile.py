"""Shares of the templates against numerical integrals and symmetries."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from jaxgen.systems.calorimeter.cells import CELL
from jaxgen.systems.calorimeter.models import lateral_profile

ORIGIN = jnp.zeros((1, 2))


def shares(
    impact: tuple[float, float], slope: tuple[float, float], depth: float, radius: float
) -> np.ndarray:
    found = lateral_profile.shares(
        jnp.array([impact]), jnp.array([slope]), depth=jnp.array([depth]), radius=jnp.array([radius])
    )
    return np.asarray(found[0])


def test_a_cell_has_the_integral_over_it():
    radius = 15.0

    def density(y: float, x: float) -> float:
        return radius**2 / (np.pi * (x * x + y * y + radius**2) ** 2)

    wanted, _ = integrate.dblquad(density, CELL - 3.0, 2 * CELL - 3.0, -4.0, CELL - 4.0)
    assert shares((3.0, 4.0), (0.0, 0.0), 0.0, radius)[16, 15] == pytest.approx(wanted, rel=1e-4)


def test_far_cells_have_it_too():
    radius = 5.0

    def density(y: float, x: float) -> float:
        return radius**2 / (np.pi * (x * x + y * y + radius**2) ** 2)

    wanted, _ = integrate.dblquad(density, 10 * CELL, 11 * CELL, 0.0, CELL)
    assert shares((0.0, 0.0), (0.0, 0.0), 0.0, radius)[25, 15] == pytest.approx(wanted, rel=1e-3)


def test_nearly_all_energy_is_inside():
    assert shares((0.0, 0.0), (0.0, 0.0), 0.0, 5.0).sum() == pytest.approx(1.0, abs=1e-3)


def test_a_leaning_axis_is_an_impact_further_on():
    leaning = shares((1.0, -2.0), (0.1, 0.2), 50.0, 10.0)
    np.testing.assert_allclose(leaning, shares((6.0, 8.0), (0.0, 0.0), 0.0, 10.0), rtol=1e-4)


def test_numbers_are_of_order_one_and_mirror_with_the_shower():
    impact, slope = jnp.array([[5.0, 2.0]]), jnp.array([[0.1, -0.05]])
    numbers = lateral_profile.cell_numbers(impact, slope, jnp.zeros(1), jnp.zeros(1)).reshape(30, 30, -1)
    mirrored = lateral_profile.cell_numbers(
        impact * jnp.array([-1.0, 1.0]), slope * jnp.array([-1.0, 1.0]), jnp.zeros(1), jnp.zeros(1)
    ).reshape(30, 30, -1)
    np.testing.assert_allclose(mirrored, numbers[::-1], atol=1e-3)
    assert np.abs(numbers).max() < 20


def test_showers_may_lie_deeper_and_be_wider():
    slope = jnp.array([[0.2, 0.0]])
    plain, deeper, wider = (
        lateral_profile.cell_numbers(ORIGIN, slope, jnp.array([deep]), jnp.array([wide]))
        for deep, wide in ((0.0, 0.0), (40.0, 0.0), (0.0, 0.5))
    )
    right, middle = 15 + 30 * 17, 15 + 30 * 15
    assert deeper[0, right, 2] > plain[0, right, 2]
    assert wider[0, middle, 2] < plain[0, middle, 2]
