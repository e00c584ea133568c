"""Moments of pad responses, and the table of all that is measured of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.tpc_pads import observables as pads
from jaxgen.systems.tpc_pads.data import make_spec
from jaxgen.systems.tpc_pads.observables import features
from tests.systems.tpc_pads.conftest import make_events, observed


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
    result = np.asarray(jax.jit(pads.moments)(real_events.batch.data))
    np.testing.assert_allclose(result, reference, rtol=1e-6, atol=1e-6)
    columns = np.stack([real_events[name] for name in pads.MOMENT_NAMES], axis=1)
    np.testing.assert_allclose(columns, reference, rtol=1e-6, atol=1e-6)


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
    found = pads.trend_features(np.array([[0.0, 0.0, -0.25, -1.75]]))
    np.testing.assert_allclose(found[0, 3:], [0.75, 0.25])


def test_moments_reject_a_single_image():
    with pytest.raises(ValueError, match="images of shape"):
        pads.moments(np.zeros((8, 16)))


def test_the_table_has_moments_tracks_and_further_conditions():
    batch = make_events(0, 30)
    batch.data[4] = 0
    batch.data[5] = np.where(np.arange(16) < 8, 0.5, 0.0)
    table = observed(batch)
    cut = [f"{pads.SUPPRESSED}{name}" for name in pads.MOMENT_NAMES]
    assert list(table) == [*pads.MOMENT_NAMES, *cut, "empty", *pads.FEATURE_NAMES, "row", "pT"]
    for names, images in ((pads.MOMENT_NAMES, batch.data), (cut, pads.suppressed(batch.data))):
        columns = np.stack([table[name] for name in names], axis=1)
        np.testing.assert_allclose(columns, pads.moments(images), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(table["empty"]), [4])
    assert np.isnan(table["suppressed_Mean0"][[4, 5]]).all()
    track = np.stack([table[name] for name in pads.FEATURE_NAMES], axis=1)
    np.testing.assert_array_equal(track, pads.trend_features(batch.condition))
    np.testing.assert_array_equal(table["pT"], batch.condition[:, 5].astype(np.float64))
    assert set(table.labels) == set(table)
    assert table.batch is batch


def test_labels_have_the_words_and_units_of_the_data_set():
    labels = pads.labels(make_spec())
    assert labels["Mean0"].text == "barycentre over pads [pad]"
    assert labels["Sigma1^2"].text == "squared width over time bins [time bin²]"
    assert labels["Sigma1^2"].short == "Sigma1²"
    assert labels["Sum"].text == "total amplitude [ADC counts]"
    assert labels["suppressed_Sum"] == labels["Sum"]
    assert [labels[name].text for name in pads.FEATURE_NAMES] == [
        "crossing angle [deg]",
        "dip angle [deg]",
        "drift length [time bin]",
        "drift mod 1 [time bin]",
        "pad mod 1 [pad]",
    ]
    assert labels["pT"].text == "pT [GeV]"
    assert "pT" not in pads.labels(make_spec(number=4))


def test_a_broken_amplitude_is_named():
    batch = make_events(1, 20)
    batch.data[7, 3, 3] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity in 1 of 20 events, first in event 7"):
        observed(batch)


def test_events_without_tracks_are_refused():
    batch = make_events(1, 5)
    with pytest.raises(ValueError, match="4 or more"):
        pads.observe(Batch(batch.data, batch.condition[:, :2]), make_spec(number=2))


def test_features_for_classifiers():
    images = np.zeros((2, 8, 16), np.float32)
    images[1, 0, :3] = [0.5, 2.0, 9.0]
    condition = np.tile(np.float32([10.0, -20.0, 100.25, 30.75]), (2, 1))
    table = observed(Batch(images, condition))
    track = [10.0, -20.0, 100.25, 0.25, 0.75]
    np.testing.assert_allclose(features.track_features(table), [track] * 2)
    described = features.response_features(table)
    np.testing.assert_array_equal(described[0], [0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(described[1, 5:], [np.log10(12.5), 0], rtol=1e-6)
    np.testing.assert_allclose(features.condition_features(table), [track] * 2)
    further = observed(
        Batch(images, np.column_stack([condition, [23.0, 22.0], [0.4, 0.5]]).astype(np.float32))
    )
    assert features.condition_features(further)[:, 5].tolist() == [23.0, 22.0]
    cells = features.pixel_features(table)
    assert cells.shape == (2, 128)
    np.testing.assert_allclose(cells[1, :4], np.log10([1, 3, 10, 1]))
    np.testing.assert_array_equal(features.moments_of(table), features.moments_of(table, kept=False)[1:])
