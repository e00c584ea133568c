"""Turned and mirrored showers still fit what they were made for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.calorimeter import cells as calorimeter
from jaxgen.systems.calorimeter.data.shower_files import read_showers
from jaxgen.systems.calorimeter.symmetries import turn_and_mirror
from tests.systems.calorimeter.shower_batches import showers

TURN = jax.jit(turn_and_mirror)
NUMBER = 64
SEEDS = jnp.arange(NUMBER, dtype=jnp.uint32) % 8


def barycentre(images):
    """Mean x and y of each shower in mm, weighted by energy, in float64, [N, 2]."""
    images = np.asarray(images, np.float64)
    share = images / images.sum((1, 2), keepdims=True)
    along_x, along_y = share.sum(2), share.sum(1)
    return np.stack([along_x @ calorimeter.CENTRES, along_y @ calorimeter.CENTRES], axis=1)


def pointing_showers():
    """Showers whose barycentre is the impact point, moved by a length along the azimuth in a second set."""
    table = showers(NUMBER).condition
    return [Batch(shared(table[:, 1:3] + shift), table) for shift in (0, 15 * direction(table))]


def direction(table):
    """Unit vectors across the front face, [N, 2]."""
    return np.stack([np.cos(table[:, 4]), np.sin(table[:, 4])], axis=1)


def shared(points):
    """Images that share 100 MeV between the two nearest cells along each axis, so the mean is the point."""
    weights = np.maximum(0, 1 - np.abs(points[..., None] - calorimeter.CENTRES) / calorimeter.CELL)
    return (100 * weights[:, 0, :, None] * weights[:, 1, None, :]).astype(np.float32)


def test_barycentres_follow_the_impact_point_and_the_azimuth():
    straight, slanted = pointing_showers()
    for batch, length in ((straight, 0), (slanted, 15)):
        after = TURN(SEEDS, batch)
        table = np.asarray(after.condition, np.float64)
        expected = table[:, 1:3] + length * direction(table)
        np.testing.assert_allclose(barycentre(after.data), expected, atol=1e-3)
    moved = np.abs(np.asarray(TURN(SEEDS, straight).condition) - straight.condition).max(0)
    assert (moved[[1, 2, 4]] > 1).all()
    np.testing.assert_array_equal(moved[[0, 3, 5]], 0)


def test_all_eight_forms_occur_and_differ():
    one = showers(1)
    batch = Batch(*(np.repeat(x, 8, axis=0) for x in one))
    after = TURN(SEEDS[:8], batch)
    assert len(np.unique(np.asarray(after.data).reshape(8, -1), axis=0)) == 8
    assert len(np.unique(np.asarray(after.condition)[:, [1, 2]], axis=0)) == 8
    expected = {
        np.rot90(image, turns).tobytes() for image in (one.data[0], one.data[0].T) for turns in range(4)
    }
    assert {image.tobytes() for image in np.asarray(after.data)} == expected


def test_the_first_form_is_the_shower_itself():
    batch = showers(NUMBER)
    batch.condition[:2, 4] = -np.pi, np.pi
    after = TURN(jnp.full(NUMBER, 8, jnp.uint32), batch)
    np.testing.assert_array_equal(after.data, batch.data)
    np.testing.assert_array_equal(after.condition, batch.condition)
    assert (np.abs(np.asarray(TURN(SEEDS, batch).condition)[:, 4]) <= np.float32(np.pi)).all()


@pytest.mark.parametrize("columns", [0, 1, 3])
def test_fewer_columns_are_turned_alike(columns):
    full, fewer = (TURN(SEEDS, showers(NUMBER, columns=number)) for number in (6, columns))
    np.testing.assert_array_equal(fewer.data, full.data)
    np.testing.assert_array_equal(fewer.condition, full.condition[:, :columns])


def test_another_number_of_columns_is_refused():
    with pytest.raises(ValueError, match="0, 1, 3, 6; got 2"):
        turn_and_mirror(SEEDS[:8], showers(8, columns=2))


def test_geant4_showers_lean_along_their_azimuth_in_every_form(real_data):
    batch = read_showers(real_data / "calo30_geant4.npz")
    batch = Batch(*(x[:2000] for x in batch))
    seeds = jax.random.bits(jax.random.key(0), (2000,), "uint32")
    slopes = []
    for showers_ in (batch, TURN(seeds, batch)):
        table = np.asarray(showers_.condition, np.float64)
        along, shift = direction(table), barycentre(showers_.data) - table[:, 1:3]
        lean = (shift * along).sum(1)
        across = shift[:, 1] * along[:, 0] - shift[:, 0] * along[:, 1]
        slopes.append(np.polyfit(np.tan(table[:, 3]), lean, 1)[0])
        assert abs(np.mean(across)) < 0.1
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-4)
    assert slopes[0] > 50
