"""What networks see of pad responses and tracks: published features, scalers that are undone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from jaxgen.data.conditions import as_float32
from jaxgen.systems.tpc_pads import representation
from jaxgen.systems.tpc_pads.data import digits
from tests.systems.tpc_pads.test_data import tracks

GAUSSIANS = np.array(
    [[3.4, 7.4, 0.9, 1.7, 0.2, 5.0], [4.1, 8.2, 0.6, 2.5, -0.3, 9.0], [3.0, 6.5, 1.0, 1.0, 0.0, 0.5]],
    np.float32,
)
INVERSES = [
    jax.jit(representation.gaussian(correlation=correlation).inverse) for correlation in (False, True)
]


@pytest.mark.parametrize("number", [5, 7])
def test_features_agree_with_the_reference(real_data, golden, number):
    condition = digits.read_digits(real_data / "tpc_digits.dat").parameters[:100]
    with np.load(golden / "tpc_real_reference.npz") as reference:
        expected = reference[f"features_preprocessed{number}"]
    np.testing.assert_allclose(representation.features(condition, number=number), expected, atol=1e-6)
    compiled = jax.jit(lambda x: representation.features(x, number=number))(as_float32(condition))
    np.testing.assert_allclose(compiled[:, :-2], expected[:, :-2], atol=1e-6)
    half_a_digit = np.spacing(np.float32(condition[:, 2:4])) / 2  # of drift length and pad in float32
    assert (np.abs(compiled[:, -2:] - expected[:, -2:]) <= half_a_digit + 1e-9).all()


@pytest.mark.parametrize("number", [5, 7])
def test_features_follow_their_formulas(number):
    condition = tracks(50).astype(np.float32)
    crossing, dip, drift, pad, row, momentum = condition.T.astype(np.float64)
    expected = [crossing / 20, dip / 60, (drift - 162.5) / 127.5]
    expected += [row >= 27, momentum / 2.5] if number == 7 else []
    expected += [drift % 1, pad % 1]
    got = representation.features(jnp.asarray(condition).reshape(5, 10, 6), number=number)
    assert got.shape == (5, 10, number)
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got.reshape(50, number), np.stack(expected, -1), atol=1e-6)


def test_five_features_need_four_parameters_only():
    condition = tracks(3)
    np.testing.assert_array_equal(
        representation.features(condition[:, :4]), representation.features(condition)
    )


def test_faulty_requests_for_features_are_refused():
    with pytest.raises(ValueError, match="number of features"):
        representation.features(tracks(2), number=6)
    with pytest.raises(ValueError, match="at least 4 parameters"):
        representation.features(tracks(2, parameters=3))
    with pytest.raises(ValueError, match="at least 6 parameters"):
        representation.features(tracks(2, parameters=4), number=7)


def test_logarithmic_keeps_small_amplitudes():
    x = jnp.array([1e-7, 1e-5, 1e-3])
    y = representation.logarithmic().forward(x)
    np.testing.assert_allclose(y, np.log10(1 + np.asarray(x, np.float64)), rtol=1e-6)
    np.testing.assert_allclose(representation.logarithmic().inverse(y), x, rtol=1e-6)


@settings(deadline=None)
@given(x=hnp.arrays(np.float32, (2, 4), elements=st.floats(0, 1e5, width=32)))
def test_logarithmic_inverse_undoes_forward(x):
    scaler = representation.logarithmic()
    np.testing.assert_allclose(scaler.inverse(scaler.forward(x)), x, rtol=5e-6, atol=1e-5)


def test_logarithmic_is_differentiable():
    slope = jax.grad(lambda x: representation.logarithmic().forward(x).sum())
    assert bool((slope(jnp.array([0.0, 0.5, 3.0, 1e4])) > 0).all())


@pytest.mark.parametrize("correlation", [False, True])
def test_gaussian_numbers_survive_their_image(correlation):
    scaler = representation.gaussian(correlation=correlation)
    np.testing.assert_allclose(scaler.forward(scaler.inverse(GAUSSIANS)), GAUSSIANS, atol=0.01)


@pytest.mark.parametrize("correlation", [False, True])
def test_gaussian_image_is_the_density_at_the_cells(correlation):
    m0, m1, v0, v1, tilt, log_sum = GAUSSIANS[0].astype(np.float64)
    covariance = tilt * (np.sqrt(v0 * v1) if correlation else v0 * v1)
    cells = np.moveaxis(np.mgrid[:8, :16], 0, -1)
    density = stats.multivariate_normal([m0, m1], [[v0, covariance], [covariance, v1]]).pdf(cells)
    expected = density / density.sum() * np.expm1(log_sum)
    image = representation.gaussian(correlation=correlation).inverse(GAUSSIANS[0])
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
    got = representation.gaussian(correlation=correlation).forward(jnp.asarray(image, jnp.float32))
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
        scaler = representation.gaussian(correlation=correlation)
        numbers = scaler.forward(images)
        np.testing.assert_allclose(numbers, [[0] * 6, [3, 7, 0, 0, 0, np.log(6)]], atol=1e-6)
        assert float(scaler.inverse(numbers)[0].sum()) == 0
        slope = jax.jit(jax.grad(lambda x, scaler=scaler: scaler.forward(x).sum()))(images)
        assert bool(jnp.isfinite(slope).all())


def test_gaussian_refuses_another_shape():
    with pytest.raises(ValueError, match="shape of an image"):
        representation.gaussian().forward(jnp.ones((3, 8, 15)))


@pytest.mark.parametrize("name", representation.SCALERS)
def test_scalers_work_over_leading_axes(name):
    scaler = representation.by_name(name)
    images = jnp.asarray(np.random.default_rng(4).exponential(3.0, (2, 3, 8, 16)), jnp.float32)
    scaled = scaler.forward(images)
    np.testing.assert_allclose(scaled[1, 2], scaler.forward(images[1, 2]), rtol=1e-5, atol=1e-6)
    assert scaler.inverse(scaled).shape == images.shape


def test_an_unknown_scaler_is_refused():
    with pytest.raises(ValueError, match=r"logarithmic, identity, gaussian.*'cubic'"):
        representation.by_name("cubic")
