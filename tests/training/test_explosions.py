"""Sudden changes of generated images are found at their block, slow ones are not."""

import numpy as np
import pytest

from jaxgen.training.explosions import block_statistics, cosines, explosions

BLOCKS = 40
DRAW = np.random.default_rng(0)


def shower(peak, blocks=BLOCKS):
    """Mean images whose peak lies at the given places, with 5 % of noise, and their variances."""
    grid = np.arange(12.0)
    places = np.broadcast_to(peak, (blocks,))
    profile = np.exp(-0.5 * (grid - places[:, None]) ** 2)
    images = profile[:, :, None] * np.exp(-0.5 * (grid - 6) ** 2)
    return images * (1 + 0.05 * DRAW.normal(size=images.shape)), DRAW.lognormal(sigma=0.3, size=blocks)


def test_healthy_training_is_left_in_peace():
    """The mean image wanders from one end to the other and the variance grows tenfold."""
    means, variances = shower(np.linspace(2, 9, BLOCKS))
    assert not explosions(means, variances * np.linspace(1, 10, BLOCKS)).any()


def test_another_image_is_found_at_its_block():
    means, variances = shower(np.where(np.arange(BLOCKS) < 25, 4.0, 8.0))
    np.testing.assert_array_equal(np.nonzero(explosions(means, variances))[0], [25])


def test_a_collapse_of_the_variance_is_found_at_its_block():
    means, variances = shower(6.0)
    variances[30:] *= 0.01
    np.testing.assert_array_equal(np.nonzero(explosions(means, variances))[0], [30])
    assert not explosions(means, variances, drop=0.001).any()


def test_images_without_any_energy_are_judged_by_their_variance():
    means, variances = np.zeros((3, 4, 4)), np.array([1.0, 0.0, 0.0])
    np.testing.assert_array_equal(explosions(means, variances), [False, True, False])
    np.testing.assert_array_equal(cosines(means), 1.0)


def test_statistics_of_a_block_are_those_of_its_images():
    images = DRAW.normal(size=(50, 3, 3))
    mean, variance = block_statistics(images)
    np.testing.assert_allclose(mean, images.mean(0))
    np.testing.assert_allclose(variance, images.var(0).mean())


def test_misuse_is_named():
    with pytest.raises(ValueError, match="variances of shape"):
        explosions(np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="drop"):
        explosions(np.zeros((3, 2)), np.zeros(3), drop=0.0)
    assert explosions(np.zeros((0, 2)), np.zeros(0)).shape == (0,)
