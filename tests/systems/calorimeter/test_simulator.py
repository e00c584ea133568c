"""The built-in calorimeter simulator against its own rules and against showers of Geant4."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.systems.calorimeter import SYSTEM
from jaxgen.systems.calorimeter.cells import CELL, CENTRES, RINGS
from jaxgen.systems.calorimeter.data import COLUMNS
from jaxgen.systems.calorimeter.simulator import dataset, draw_conditions, simulate
from jaxgen.systems.calorimeter.simulator.constants import DEFAULT, Constants
from jaxgen.systems.calorimeter.simulator.deposits import compound_poisson, gamma

NUMBER = 600
compiled = jax.jit(simulate)


def showers(*, energy=20.0, x=0.0, y=0.0, theta=0.0, phi=0.0, photon=0.0) -> np.ndarray:
    """As many equal conditions as all tests compile the simulator for."""
    return np.tile(np.array([energy, x, y, theta, phi, photon], np.float32), (NUMBER, 1))


def run(key, condition, **changes) -> np.ndarray:
    images = compiled(key, condition, constants=dataclasses.replace(DEFAULT, **changes))
    return np.asarray(images, np.float64)


def barycentre(images: np.ndarray) -> np.ndarray:
    """Centre of energy of each shower, [N, 2] in mm."""
    total = images.sum((1, 2))
    return np.stack([images.sum(axis=axis) @ CENTRES / total for axis in (2, 1)], axis=-1)


def test_same_key_gives_same_showers_and_another_key_others(key):
    condition = np.asarray(draw_conditions(key, NUMBER))
    first = run(key, condition)
    np.testing.assert_array_equal(first, run(key, condition))
    assert not np.array_equal(first, run(jax.random.key(1), condition))


def test_shower_depends_on_its_row_only(key):
    condition = np.asarray(draw_conditions(key, NUMBER))
    changed = condition.copy()
    changed[5:] = showers()[5:]
    np.testing.assert_array_equal(run(key, condition)[:5], run(key, changed)[:5])


def test_is_not_traced_again_for_other_values(key):
    condition = np.asarray(draw_conditions(key, NUMBER))
    run(key, condition)
    number = compiled._cache_size()
    run(jax.random.key(2), condition[::-1].copy(), spot=0.7)
    assert compiled._cache_size() == number


@pytest.mark.parametrize("energy", [2.0, 20.0])
def test_seen_energy_has_the_fraction_and_the_resolution_of_the_constants(key, energy):
    sure = {"start": 1e-3, "depth_spread": 0.0, "constant": 0.0}
    total = run(key, showers(energy=energy), fraction=0.2, fraction_slope=0.0, **sure).sum((1, 2)) / energy
    width = DEFAULT.sampling / np.sqrt(energy)
    assert total.mean() == pytest.approx(200.0, rel=4 * width / np.sqrt(NUMBER) + 3e-3)
    assert total.std() / total.mean() == pytest.approx(width, rel=4 / np.sqrt(2 * NUMBER))


def test_deep_showers_leak(key):
    near, far = (run(key, showers(energy=80.0), start=start).sum((1, 2)).mean() for start in (10.0, 120.0))
    assert 0.75 < far / near < 0.98


def test_cells_are_empty_or_above_zero_and_more_are_hit_at_high_energy(key):
    hit = []
    for energy in (2.0, 50.0):
        images = run(key, showers(energy=energy))
        assert images.min() == 0.0
        assert np.isfinite(images).all()
        hit.append((images > 0).sum((1, 2)).mean())
    assert 20 < hit[0] < 80
    assert 180 < hit[1] < 280


def test_mean_does_not_depend_on_spots_and_clusters(key):
    coarse = {"spot": 3.0, "cluster": 8.0, "clustered": 0.8, "clump": 20.0}
    fine = {"spot": 0.3, "cluster": 0.5, "clustered": 0.1, "clump": 0.5}
    means, errors = [], []
    for i, changes in enumerate((coarse, fine)):
        images = run(jax.random.key(i), showers(energy=5.0, theta=0.2, phi=0.5), **changes)
        means.append(images.mean(axis=0))
        errors.append(images.std(axis=0) / np.sqrt(NUMBER))
    seen = means[1] > 0.3
    deviation = (means[0] - means[1])[seen] / np.hypot(*errors)[seen]
    assert seen.sum() > 30
    assert np.abs(deviation).mean() < 1.1  # 0.8 for normal ones
    assert abs(deviation.mean()) < 0.5


def test_neighbours_share_clusters(key):
    correlation = []
    for clustered in (0.0, 0.9):
        cells = run(key, showers(), clustered=clustered)[:, 10:20, 19:22]
        away = (cells - cells.mean(axis=0)) / cells.std(axis=0)
        correlation.append(np.mean(away[:, 1:] * away[:, :-1]))
    assert correlation[1] > correlation[0] + 0.03, correlation


def impacts() -> dict[str, np.ndarray]:
    """Impact points all over a cell, for the place in it changes how the cells share the energy."""
    x, y = np.random.RandomState(0).uniform(-CELL / 2, CELL / 2, (2, NUMBER))
    return {"x": x, "y": y}


def shifts(key, **at) -> tuple[np.ndarray, float]:
    """Mean of barycentre less impact point along x and y, and the larger of their errors, in mm."""
    condition, where = showers(**at), impacts()
    condition[:, 1], condition[:, 2] = where["x"], where["y"]
    away = barycentre(run(key, condition)) - condition[:, 1:3]
    return away.mean(axis=0), away.std(axis=0).max() / np.sqrt(NUMBER)


@pytest.mark.parametrize("phi", [0.0, 2.0, -2.5])
def test_axis_follows_impact_point_and_angle(key, phi):
    straight, error = shifts(key)
    tilted, other = shifts(key, theta=0.2, phi=phi)
    np.testing.assert_allclose(straight, 0.0, atol=4 * error)
    along, across = np.array([[np.cos(phi), np.sin(phi)], [-np.sin(phi), np.cos(phi)]]) @ tilted
    assert 120 < along / np.tan(0.2) < 160
    assert abs(across) < 4 * other


def test_photons_start_later(key):
    depth = [shifts(key, theta=0.2, photon=p)[0][0] / np.tan(0.2) for p in (0.0, 1.0)]
    assert 6 < depth[1] - depth[0] < 25


def rings(images: np.ndarray) -> np.ndarray:
    """Mean ring energies and their errors, [2, 3]."""
    energies = np.stack([images[:, ring].sum(axis=1) for ring in RINGS])
    return np.stack([energies.mean(axis=1), energies.std(axis=1) / np.sqrt(len(images))])


@pytest.mark.parametrize(
    ("mirrored", "turn"),
    [
        ({"x": -6.0, "y": 4.0, "phi": np.pi - 0.4}, lambda image: image[::-1]),
        ({"x": -4.0, "y": 6.0, "phi": 0.4 + np.pi / 2}, lambda image: np.rot90(image)),
    ],
)
def test_mirrored_and_turned_showers_are_alike(key, mirrored, turn):
    plain = run(key, showers(x=6.0, y=4.0, theta=0.2, phi=0.4))
    other = run(jax.random.key(3), showers(theta=0.2, **mirrored))
    expected, got = turn(plain.mean(axis=0)), other.mean(axis=0)
    error = np.hypot(turn(plain.std(axis=0)), other.std(axis=0)) / np.sqrt(NUMBER)
    seen = expected > 0.5
    deviation = (got - expected)[seen] / error[seen]
    assert seen.sum() > 50
    assert np.sqrt(np.mean(deviation**2)) < 1.6
    a, b = rings(plain), rings(other)
    np.testing.assert_array_less(np.abs(a[0] - b[0]), 5 * np.hypot(a[1], b[1]))


def test_gradients_are_finite_and_right(key):
    condition = draw_conditions(key, 20)

    def total(constants):
        return jnp.mean(simulate(key, condition, constants=constants).sum((1, 2)) / condition[:, 0])

    value, slope = jax.jit(jax.value_and_grad(total))(DEFAULT)
    for leaf in jax.tree.leaves(slope):
        assert np.isfinite(leaf).all()
    assert float(slope.fraction * DEFAULT.fraction) == pytest.approx(float(value), rel=0.02)
    assert slope.depth < 0 < slope.fraction
    assert slope.start < 0


def test_gradient_of_cell_energies_has_the_right_expectation(key):
    draws = jax.random.uniform(key, (3, 50_000), minval=1e-7)

    @jax.jit
    @jax.vmap
    def both(number):
        return jax.value_and_grad(lambda n: compound_poisson(jnp.full(50_000, n), draws, shape=0.85).mean())(
            number
        )

    number = jnp.array([0.05, 0.8, 4.0, 7.0, 60.0])
    mean, slope = both(number)
    np.testing.assert_allclose(mean, number, rtol=0.08)
    np.testing.assert_allclose(slope, 1.0, rtol=0.08)


def test_compound_poisson_and_gamma_have_known_moments(key):
    draws = jax.random.uniform(key, (3, 50_000), minval=1e-7)
    for number in (0.3, 3.0, 20.0):
        total = np.asarray(compound_poisson(jnp.full(50_000, number), draws, shape=0.5))
        assert total.var() == pytest.approx(number * 3.0, rel=0.08)
        assert np.mean(total == 0) == pytest.approx(np.exp(-number), abs=0.009)
    for shape in (0.3, 2.0):
        drawn = np.asarray(gamma(jnp.full(50_000, shape), *draws[:2]))
        assert drawn.mean() == pytest.approx(shape, rel=0.03)
        assert drawn.var() == pytest.approx(shape, rel=0.06)
        assert (drawn**3).mean() == pytest.approx(shape * (shape + 1) * (shape + 2), rel=0.15)


def test_noise_and_threshold(key):
    condition = showers(energy=5.0)
    quiet = run(key, condition)
    seen = np.asarray(jax.jit(partial(simulate, noise=0.5, threshold=2.0))(key, condition), np.float64)
    assert seen[seen != 0].min() >= 2.0
    assert (seen - quiet)[quiet > 10.0].std() == pytest.approx(0.5, rel=0.05)
    assert (seen > 0).sum() < (quiet > 0).sum()


def test_data_set_is_split_and_reproducible(key):
    data = dataset(key, 12, condition="impact", chunk=8)
    assert data.train.data.shape == (9, 30, 30)
    assert data.test.condition.shape == (3, 3)
    assert data.spec.shape == (30, 30)
    assert len(np.unique(data.train.condition[:, 0])) == 9
    again = dataset(0, 12, condition="impact", chunk=8, validation=0.34)
    np.testing.assert_array_equal(data.train.data[:6], again.train.data)
    np.testing.assert_array_equal(data.train.data[6:], again.validation.data)


def test_a_data_set_knows_how_it_was_simulated(key):
    data = SYSTEM.simulate(3, 8, condition="energy", validation=0.5)
    assert data.source == {"simulate": 3, "number": 8, "condition": "energy", "validation": 0.5}
    again = SYSTEM.again(data.source)
    np.testing.assert_array_equal(again.train.data, data.train.data)
    unlike = (dataset(key, 8), dataset(0, 8, chunk=4), dataset(0, 8, constants=Constants(spot=0.7)))
    assert not any(one.source for one in unlike)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (0, 0.0, "energies above zero"),
        (1, np.nan, "finite values"),
        (3, -0.1, "theta from 0"),
        (3, 1.6, "theta from 0"),
        (5, 22.0, "1 for a photon"),
    ],
)
def test_wrong_values_are_named(key, column, value, expected):
    condition = showers()[:3].copy()
    condition[1, column] = value
    with pytest.raises(ValueError, match=rf"Expected {expected}.*row 1"):
        simulate(key, condition)


def test_wrong_shapes_and_numbers_are_named(key):
    with pytest.raises(ValueError, match=r"Expected condition of shape \(any, 6\); got \(3, 4\)"):
        simulate(key, jnp.zeros((3, 4)))
    with pytest.raises(ValueError, match="Expected the condition to be one of"):
        dataset(key, number=8, condition="angle")
    with pytest.raises(ValueError, match="Expected a whole number from 1 on as number"):
        dataset(key, number=0)


def test_conditions_have_the_ranges_of_the_showers_of_geant4(key):
    drawn = np.asarray(draw_conditions(key, 5000))
    for column, values in zip(COLUMNS, drawn.T, strict=True):
        assert column.low - 1e-3 <= values.min()
        assert values.max() <= column.high + 1e-3
        assert values.mean() == pytest.approx(
            (column.low + column.high) / 2, abs=0.03 * (column.high - column.low)
        )
    assert set(np.unique(drawn[:, 5])) == {0.0, 1.0}
