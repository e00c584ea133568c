"""The data set of pad responses, its split and its features."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from jaxgen.base import Batch
from jaxgen.data import dataset as base
from jaxgen.systems.tpc_pads import data as tpc_pads
from jaxgen.systems.tpc_pads.data import digits as tpc_digits


def tracks(number, *, parameters=6):
    draw = np.random.default_rng(2)
    low, high = (-20, -60, 35, 20, 0, 0.1), (20, 60, 290, 80, 52, 2.5)
    rows = draw.uniform(low, high, (number, 6))
    rows[:, 4] = np.floor(rows[:, 4])
    return rows[:, :parameters]


@pytest.mark.parametrize("number", [4, 10, 101, 4000])
def test_the_split_is_that_of_scikit_learn(number):
    batch = Batch(np.arange(number), -np.arange(number))
    train, test = train_test_split(np.arange(number), test_size=0.25, random_state=42)
    data = base.split(batch, tpc_pads.SPEC)
    np.testing.assert_array_equal(data.train.data, train)
    np.testing.assert_array_equal(data.test.data, test)
    np.testing.assert_array_equal(data.test.condition, -test)


def test_too_few_events_to_split_are_refused():
    with pytest.raises(ValueError, match="both splits"):
        base.split(Batch(np.zeros(1), np.zeros(1)), tpc_pads.SPEC)


@pytest.mark.parametrize("parameters", [0, 2, 3, 4, 6])
def test_read_splits_every_format(tmp_path, parameters):
    rows = tracks(8, parameters=parameters)
    images = np.ones((8, *tpc_digits.window_of(parameters).shape)) * np.arange(1, 9)[:, None, None]
    tpc_digits.write_digits(tmp_path / "a.dat", images, rows)
    data = tpc_pads.read(tmp_path / "a.dat")
    assert data.spec.shape == images.shape[1:] == data.train.data.shape[1:]
    assert len(data.spec.condition) == parameters
    assert (len(data.train.data), len(data.test.data)) == (6, 2)
    for batch in (data.train, data.test):
        assert batch.data.dtype == batch.condition.dtype == np.float32
        events = batch.data[:, 0, 0].astype(int) - 1
        np.testing.assert_allclose(batch.condition, rows[events], rtol=1e-6)


def test_read_says_what_it_cuts(tmp_path):
    path = tmp_path / "a.dat"
    path.write_text("params: 1 2 40.5 30.5\n30 40 5 90 40 6\n" * 4)
    with pytest.raises(ValueError, match="line 2"):
        tpc_pads.read(path)
    with pytest.warns(UserWarning, match="4 of 8 hits"):
        assert tpc_pads.read(path, strict=False).train.data.sum() == 15


@pytest.mark.parametrize("value", [41 - 1e-9, 41.0, 280.9999999, -41 + 1e-9, 33.3])
def test_rounding_keeps_whole_parts(value):
    rounded = tpc_pads.as_float32(np.array([value]))
    assert rounded.dtype == np.float32
    assert int(rounded[0]) == int(value)
    np.testing.assert_allclose(rounded, value, rtol=2e-7)


@pytest.mark.parametrize("number", [5, 7])
def test_features_agree_with_the_reference(real_data, golden, number):
    condition = tpc_digits.read_digits(real_data / "tpc_digits.dat").parameters[:100]
    with np.load(golden / "tpc_real_reference.npz") as reference:
        expected = reference[f"features_preprocessed{number}"]
    np.testing.assert_allclose(tpc_pads.features(condition, number=number), expected, atol=1e-6)
    compiled = jax.jit(lambda x: tpc_pads.features(x, number=number))(tpc_pads.as_float32(condition))
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
    got = tpc_pads.features(jnp.asarray(condition).reshape(5, 10, 6), number=number)
    assert got.shape == (5, 10, number)
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got.reshape(50, number), np.stack(expected, -1), atol=1e-6)


def test_five_features_need_four_parameters_only():
    condition = tracks(3)
    np.testing.assert_array_equal(tpc_pads.features(condition[:, :4]), tpc_pads.features(condition))


def test_faulty_requests_for_features_are_refused():
    with pytest.raises(ValueError, match="number of features"):
        tpc_pads.features(tracks(2), number=6)
    with pytest.raises(ValueError, match="at least 4 parameters"):
        tpc_pads.features(tracks(2, parameters=3))
    with pytest.raises(ValueError, match="at least 6 parameters"):
        tpc_pads.features(tracks(2, parameters=4), number=7)
