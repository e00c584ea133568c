import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.systems.tpc_pads import observables as pads


def gaussian_images(mean, covariance, scale, shape=(40, 60)):
    """Analytic Gaussians on a grid wide enough that nothing is cut off."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    apart = grid - np.asarray(mean)
    power = np.einsum("ijk,kl,ijl->ij", apart, np.linalg.inv(covariance), apart)
    density = np.exp(-power / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
    return scale * density[None]


@pytest.mark.parametrize("tilt", [-1.5, 0.0, 2.0])
def test_moments_recover_analytic_gaussians(tilt):
    images = gaussian_images((18.3, 30.7), np.array([[4.0, tilt], [tilt, 9.0]]), 650.0)
    np.testing.assert_allclose(
        pads.moments(images)[0], [18.3, 30.7, 4.0, 9.0, tilt, 650.0], rtol=1e-5, atol=1e-5
    )


def test_moments_are_those_of_the_published_code(golden):
    reference = np.load(golden / "tpc_real_reference.npz")
    result = pads.moments(reference["first10_images"])
    np.testing.assert_allclose(result, reference["moments"][:10], rtol=1e-6, atol=1e-6)


def test_moments_of_all_real_events(golden, real_events):
    reference = np.load(golden / "tpc_real_reference.npz")["moments"]
    result = np.asarray(jax.jit(pads.moments)(real_events.data))
    np.testing.assert_allclose(result, reference, rtol=1e-6, atol=1e-6)


def test_negative_amplitudes_count_as_zero():
    image = jnp.zeros((1, 8, 16)).at[0, 2, 5].set(3.0)
    np.testing.assert_array_equal(pads.moments(image.at[0, 7, 15].set(-50.0)), pads.moments(image))


def test_empty_image_has_no_moments_but_a_sum():
    images = jnp.zeros((2, 8, 16)).at[1, 1, 1].set(1.0)
    result = np.asarray(pads.moments(images))
    assert np.isnan(result[0, :5]).all()
    assert result[0, 5] == 0
    assert np.isfinite(result[1]).all()
    np.testing.assert_array_equal(pads.is_empty(images), [True, False])


def test_trend_features_need_four_columns():
    with pytest.raises(ValueError, match="4 or more"):
        pads.trend_features(np.zeros((3, 2)))


def test_fraction_of_a_negative_coordinate_is_positive():
    features = pads.trend_features(np.array([[0.0, 0.0, -0.25, -1.75]]))
    np.testing.assert_allclose(features[0, 3:], [0.75, 0.25])


def test_moments_reject_a_single_image():
    with pytest.raises(ValueError, match="images of shape"):
        pads.moments(np.zeros((8, 16)))
