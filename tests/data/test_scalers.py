"""Scalers: the inverse undoes the forward, gradients are finite."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from jaxgen.data import scalers as scaling

AMPLITUDES = hnp.arrays(np.float32, (2, 4), elements=st.floats(0, 1e5, width=32))
POINTWISE = {
    "identity": scaling.identity(),
    "logarithmic": scaling.logarithmic(),
    "standardized": scaling.standardized(np.arange(4.0), np.array([0.5, 1, 2, 30])),
    "composed": scaling.compose(scaling.logarithmic(), scaling.standardized(0.7, 0.9)),
}
GAUSSIANS = np.array(
    [[3.4, 7.4, 0.9, 1.7, 0.2, 5.0], [4.1, 8.2, 0.6, 2.5, -0.3, 9.0], [3.0, 6.5, 1.0, 1.0, 0.0, 0.5]],
    np.float32,
)
INVERSES = [jax.jit(scaling.gaussian(correlation=correlation).inverse) for correlation in (False, True)]


@pytest.mark.parametrize("name", POINTWISE)
@settings(deadline=None)
@given(x=AMPLITUDES)
def test_inverse_undoes_forward(name, x):
    scaler = POINTWISE[name]
    np.testing.assert_allclose(scaler.inverse(scaler.forward(x)), x, rtol=5e-6, atol=1e-5)


@pytest.mark.parametrize("name", POINTWISE)
def test_forward_is_differentiable(name):
    slope = jax.grad(lambda x: POINTWISE[name].forward(x).sum())(jnp.array([0.0, 0.5, 3.0, 1e4]))
    assert bool((slope > 0).all())


def test_logarithmic_keeps_small_amplitudes():
    x = jnp.array([1e-7, 1e-5, 1e-3])
    y = scaling.logarithmic().forward(x)
    np.testing.assert_allclose(y, np.log10(1 + np.asarray(x, np.float64)), rtol=1e-6)
    np.testing.assert_allclose(scaling.logarithmic().inverse(y), x, rtol=1e-6)


def test_standardized_matches_its_definition():
    x = np.random.default_rng(0).normal(5, 3, (1000, 2)).astype(np.float32)
    y = scaling.standardized(x.mean(0), x.std(0)).forward(x)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-5)


@pytest.mark.parametrize("std", [0.0, -1.0, np.nan, np.inf])
def test_standardized_refuses_a_spread_that_cannot_be_undone(std):
    with pytest.raises(ValueError, match="above zero"):
        scaling.standardized(np.zeros(2), np.array([1.0, std]))


def test_compose_keeps_the_order():
    scaler = scaling.compose(scaling.logarithmic(), scaling.standardized(1.0, 0.5))
    np.testing.assert_allclose(scaler.forward(jnp.array(99.0)), 2.0, rtol=1e-6)
    assert scaling.compose().forward(3.0) == scaling.compose().inverse(3.0) == 3.0


@pytest.mark.parametrize("correlation", [False, True])
def test_gaussian_numbers_survive_their_image(correlation):
    scaler = scaling.gaussian(correlation=correlation)
    np.testing.assert_allclose(scaler.forward(scaler.inverse(GAUSSIANS)), GAUSSIANS, atol=0.01)


@pytest.mark.parametrize("correlation", [False, True])
def test_gaussian_image_is_the_density_at_the_cells(correlation):
    m0, m1, v0, v1, tilt, log_sum = GAUSSIANS[0].astype(np.float64)
    covariance = tilt * (np.sqrt(v0 * v1) if correlation else v0 * v1)
    cells = np.moveaxis(np.mgrid[:8, :16], 0, -1)
    density = stats.multivariate_normal([m0, m1], [[v0, covariance], [covariance, v1]]).pdf(cells)
    expected = density / density.sum() * np.expm1(log_sum)
    image = scaling.gaussian(correlation=correlation).inverse(GAUSSIANS[0])
    np.testing.assert_allclose(image, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("correlation", [False, True])
def test_gaussian_forward_gives_the_moments(correlation):
    image = np.random.default_rng(3).exponential(1.0, (8, 16))
    i, j = np.mgrid[:8, :16]
    p = image / image.sum()
    m0, m1 = (i * p).sum(), (j * p).sum()
    v0, v1 = ((i - m0) ** 2 * p).sum(), ((j - m1) ** 2 * p).sum()
    covariance = ((i - m0) * (j - m1) * p).sum()
    tilt = covariance / (np.sqrt(v0 * v1) if correlation else v0 * v1)
    got = scaling.gaussian(correlation=correlation).forward(jnp.asarray(image, jnp.float32))
    np.testing.assert_allclose(got, [m0, m1, v0, v1, tilt, np.log1p(image.sum())], rtol=2e-5)


@pytest.mark.parametrize("correlation", [False, True])
@settings(deadline=None)
@given(numbers=hnp.arrays(np.float32, 6, elements=st.floats(-30, 30, width=32)))
def test_any_six_numbers_give_a_finite_image_of_the_right_sum(correlation, numbers):
    numbers[5] = abs(numbers[5]) / 3  # the logarithm of one more than the sum
    image = INVERSES[correlation](numbers)
    assert bool(jnp.isfinite(image).all())
    assert float(image.min()) >= 0
    np.testing.assert_allclose(image.sum(), np.expm1(numbers[5]), rtol=2e-5, atol=1e-30)


def test_images_of_one_cell_and_of_none_stay_finite_with_their_gradients():
    images = jnp.zeros((2, 8, 16)).at[1, 3, 7].set(5.0)
    for correlation in (False, True):
        scaler = scaling.gaussian(correlation=correlation)
        numbers = scaler.forward(images)
        np.testing.assert_allclose(numbers, [[0] * 6, [3, 7, 0, 0, 0, np.log(6)]], atol=1e-6)
        assert float(scaler.inverse(numbers)[0].sum()) == 0
        slope = jax.jit(jax.grad(lambda x, scaler=scaler: scaler.forward(x).sum()))(images)
        assert bool(jnp.isfinite(slope).all())


def test_gaussian_refuses_another_shape():
    with pytest.raises(ValueError, match="shape of an image"):
        scaling.gaussian().forward(jnp.ones((3, 8, 15)))


@pytest.mark.parametrize("name", scaling.SCALERS)
def test_scalers_work_over_leading_axes(name):
    scaler = scaling.by_name(name)
    images = jnp.asarray(np.random.default_rng(4).exponential(3.0, (2, 3, 8, 16)), jnp.float32)
    scaled = scaler.forward(images)
    np.testing.assert_allclose(scaled[1, 2], scaler.forward(images[1, 2]), rtol=1e-5, atol=1e-6)
    assert scaler.inverse(scaled).shape == images.shape


def test_an_unknown_scaler_is_refused():
    with pytest.raises(ValueError, match=r"logarithmic, identity, gaussian.*'cubic'"):
        scaling.by_name("cubic")
