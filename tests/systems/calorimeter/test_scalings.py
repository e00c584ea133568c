"""Transforms of showers: the inverse undoes the forward, and what does not survive is reported."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jaxgen.systems.calorimeter import cells as calorimeter
from jaxgen.systems.calorimeter.representation import scalings
from tests.systems.calorimeter.shower_batches import showers

EXACT = ("softplus", "standardized", "log1p", "normalized")
SMALLEST = 2.0**-60


def images_up_to(largest):
    """Energies over all orders of magnitude that float32 does not flush to zero, and zeros."""
    elements = st.just(0.0) | st.floats(SMALLEST, largest, width=32)
    return hnp.arrays(np.float32, (2, 30, 30), elements=elements, fill=st.just(np.float32(0)))


def make(name, images, **options):
    """A transform with the statistics of images."""
    return scalings.by_name(name, scalings.statistics(name, images, **options))


@functools.cache
def made(name):
    """A transform of showers in MeV, with its forward and inverse compiled."""
    scaler = make(name, showers(50, columns=0, seed=1).data)
    return jax.jit(scaler.forward), jax.jit(scaler.inverse)


@pytest.mark.parametrize("name", EXACT)
@settings(deadline=None, max_examples=40)
@given(images=images_up_to(1e4))
def test_inverse_undoes_forward(name, images):
    forward, inverse = made(name)
    back = np.asarray(inverse(forward(images)))
    if name == "normalized":  # what is below the smallest share is lost by intent
        total = images.sum((1, 2), keepdims=True)
        limit = scalings.SMALLEST_SHARE * total
        assert (back[images < 0.99 * limit] == 0).all()
        np.testing.assert_allclose(back.sum((1, 2)), total[:, 0, 0], rtol=2e-5)
        kept = images > 1.01 * limit
        np.testing.assert_allclose(back[kept], images[kept], rtol=1e-3)
    else:
        lost = {"softplus": 1e-7, "log1p": 1e-8, "standardized": 2e-3}[name]
        np.testing.assert_allclose(back, images, rtol=2e-6, atol=lost)
    np.testing.assert_array_equal(back[images == 0], 0)


@settings(deadline=None, max_examples=20)
@given(images=images_up_to(3.0))
def test_tanh_comes_back_below_saturation(images):
    forward, inverse = made("tanh")
    np.testing.assert_allclose(inverse(forward(images)), images, rtol=2e-5)


@pytest.mark.parametrize("name", scalings.TRANSFORMS)
def test_any_numbers_give_energies_and_zeros_stay(name):
    forward, inverse = made(name)
    shape = forward(np.zeros((3, 30, 30), np.float32)).shape
    numbers = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for size in (1.0, 1e30):
        energies = np.asarray(inverse(np.float32(size) * numbers))
        assert energies.shape == (3, 30, 30)
        assert energies.dtype == np.float32
        assert (np.isfinite(energies) & (energies >= 0)).all()
        assert np.isfinite(energies.sum((1, 2))).all()
        assert (energies[:, :, 3] == 0).any()
    empty = np.zeros((3, 30, 30), np.float32)
    np.testing.assert_array_equal(inverse(forward(empty)), empty)


@pytest.mark.parametrize("name", scalings.TRANSFORMS)
def test_gradients_are_finite_at_empty_showers_too(name):
    forward, inverse = made(name)
    images = showers(3, columns=0).data
    images[1] = 0
    slope = jax.jit(jax.grad(lambda x: forward(x).sum()))(images)
    back = jax.jit(jax.grad(lambda y: inverse(y).sum()))(forward(images))
    assert np.isfinite(slope).all()
    assert np.isfinite(back).all()
    assert (np.asarray(slope)[0] > 0).any()


def test_transforms_are_the_published_ones_of_log_energies():
    energies = 8 * np.random.default_rng(0).random((40, 30, 30)).astype(np.float32)
    energies[:, 0] = 0
    with np.errstate(divide="ignore"):
        x = np.log(energies.astype(np.float64))
    mean, std = np.exp(x).mean(0), np.exp(x).std(0)
    published = {
        "softplus": np.log(1 + np.exp(x)),
        "standardized": (np.exp(x) - mean) / np.where(std > 0, std, 1),
        "tanh": np.tanh(np.exp(x)),
    }
    for name, expected in published.items():
        got = make(name, energies).forward(energies)
        np.testing.assert_allclose(got, expected, atol=2e-6)


def test_log1p_starts_at_its_threshold_and_ends_at_one():
    images = showers(20, columns=0).data
    scaler = make("log1p", images, threshold=0.5)
    largest = images.max()
    at = np.log(2) / np.log1p(largest / 0.5)
    np.testing.assert_allclose(scaler.forward(jnp.array([0, 0.5, largest])), [0, at, 1], rtol=1e-5)


def test_normalized_gives_shares_and_the_total_asked_for():
    images = showers(200, columns=0).data
    scaler = scalings.Scaler(*map(jax.jit, make("normalized", images)))
    numbers = np.array(scaler.forward(images))
    assert numbers.shape == (200, 901)
    assert 0 <= numbers[:, :900].min() < numbers[:, :900].max() <= 1
    np.testing.assert_allclose([numbers[:, 900].mean(), numbers[:, 900].std()], [0, 1], atol=1e-4)
    assert (np.argmax(numbers[:, :900], 1) == np.argmax(images.reshape(200, -1), 1)).all()
    doubled = scaler.forward(2 * images)
    np.testing.assert_allclose(doubled[:, :900], numbers[:, :900], atol=1e-5)
    noisy = numbers + np.random.default_rng(1).normal(0, 0.01, numbers.shape).astype(np.float32)
    noisy[:, 900] = numbers[:, 900]
    back = np.asarray(scaler.inverse(noisy))
    np.testing.assert_allclose(back.sum((1, 2)), images.sum((1, 2)), rtol=1e-5)
    share = back / back.sum((1, 2), keepdims=True)
    assert (share[share > 0] > 0.99 * scalings.SMALLEST_SHARE).all()
    assert (back == 0).mean() > 0.3


def test_active_logarithms_keep_the_visible_energy_and_the_cells_above_the_threshold():
    images = showers(20, columns=0).data
    images[3] = 0
    scaler = scalings.Scaler(*map(jax.jit, scalings.active_logarithms(threshold=0.1)))
    numbers = np.asarray(scaler.forward(images))
    assert numbers.shape == (20, 901)
    np.testing.assert_array_equal(numbers[:, :900] > 0, (images > 0.1).reshape(20, -1))
    np.testing.assert_array_equal(numbers[3], 0)
    back = np.asarray(scaler.inverse(numbers))
    np.testing.assert_allclose(back.sum((1, 2)), images.sum((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(back[images > 0.1], images[images > 0.1], rtol=1e-3)
    assert (back[images <= 0.1] == 0).all()
    assert np.isfinite(scaler.inverse(np.full((1, 901), 1e30, np.float32))).all()


def test_statistics_are_arrays_and_another_transform_has_none():
    images = showers(20, columns=0).data
    for name in scalings.TRANSFORMS:
        found = scalings.statistics(name, images)
        assert all(value.dtype == np.float64 for value in found.values())
    with pytest.raises(ValueError, match="the transform to be one of softplus"):
        scalings.by_name("cubic", {})


def test_cells_that_never_vary_do_not_divide_by_zero():
    images = showers(20, columns=0).data
    images[:, 0], images[:, 1] = 0, 7
    scaler = make("standardized", images)
    numbers = np.asarray(scaler.forward(images))
    np.testing.assert_array_equal(numbers[:, :2], 0)
    np.testing.assert_allclose(scaler.inverse(numbers), images, rtol=1e-6, atol=1e-2)
    ones = np.ones((5, 30, 30), np.float32)
    constant = make("normalized", ones)
    back = jax.jit(lambda x: constant.inverse(constant.forward(x)))(ones)
    np.testing.assert_allclose(back, 1, rtol=1e-4)


@pytest.mark.parametrize("unit", ["MeV", "expected energy"])
def test_saturation_of_geant4_showers(real_data, unit):
    with np.load(real_data / "calo30_geant4.npz") as file:
        images, energy = file["images"][:400], file["energy"][:400]
    images = images if unit == "MeV" else images / (149.3 * energy[:, None, None])
    threshold = 0.1 if unit == "MeV" else 1e-4
    reports = {name: scalings.saturation(name, images, threshold=threshold) for name in scalings.TRANSFORMS}
    tanh = reports.pop("tanh")
    assert 8 < tanh.largest < 9
    if unit == "MeV":
        assert tanh.energy > 0.9
        assert 0.15 < tanh.cells < 0.2
        central = np.where(calorimeter.RINGS.e0, images, 0)
        assert scalings.saturation("tanh", central).cells > 0.94
        assert reports["softplus"].highest_target > 8
    else:
        assert tanh.energy < 1e-6
        assert reports["softplus"].highest_target < 1
    for name, report in reports.items():
        assert report.energy < 1e-5
        assert report.cells < (0.02 if name == "normalized" else 0.002)
        assert report.largest == np.inf


def test_a_report_counts_what_is_lost():
    images = np.zeros((1, 30, 30))
    images[0, 0, :4] = 1.0, 1.0, 2.0, 100.0
    report = scalings.saturation("tanh", images)
    assert report.cells == 0.25
    np.testing.assert_allclose(report.energy, (100 - report.largest) / 104, rtol=1e-4)
    np.testing.assert_allclose([report.lowest_target, report.highest_target], [0, 1])


@pytest.mark.parametrize(
    ("name", "images", "message"),
    [
        ("cubic", np.ones((2, 30, 30)), r"softplus, standardized, tanh, log1p, normalized; got 'cubic'"),
        ("tanh", np.ones((2, 900)), "shape"),
        ("tanh", np.ones((0, 30, 30)), "above zero"),
        ("log1p", np.zeros((2, 30, 30)), "some above"),
        ("log1p", -np.ones((2, 30, 30)), "not below zero"),
        ("standardized", np.full((2, 30, 30), np.nan), "finite"),
    ],
)
def test_bad_arguments_are_refused(name, images, message):
    with pytest.raises(ValueError, match=message):
        make(name, images)
    with pytest.raises(ValueError, match="threshold above zero"):
        make("log1p", np.ones((2, 30, 30)), threshold=0.0)
