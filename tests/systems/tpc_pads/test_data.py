"""The data set of pad responses: read from files, made of arrays, and written again."""

import warnings

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.systems.tpc_pads import data as tpc_pads
from jaxgen.systems.tpc_pads.data import COLUMNS, digits


def tracks(number, *, parameters=6):
    draw = np.random.default_rng(2)
    low, high = (-20, -60, 35, 20, 0, 0.1), (20, 60, 290, 80, 52, 2.5)
    rows = draw.uniform(low, high, (number, 6))
    rows[:, 4] = np.floor(rows[:, 4])
    return rows[:, :parameters]


def written(folder, parameters=6, number=8):
    rows = tracks(number, parameters=parameters)
    shape = digits.window_of(parameters).shape
    images = np.ones((number, *shape)) * np.arange(1, number + 1)[:, None, None]
    digits.write_digits(folder / "a.dat", images, rows)
    return folder / "a.dat", images, rows


@pytest.mark.parametrize("parameters", [0, 2, 3, 4, 6])
def test_read_splits_every_format(tmp_path, parameters):
    path, images, rows = written(tmp_path, parameters)
    data = tpc_pads.read(path)
    assert data.spec.shape == images.shape[1:] == data.train.data.shape[1:]
    assert data.spec.condition == COLUMNS[:parameters]
    assert (len(data.train.data), len(data.test.data)) == (6, 2)
    for batch in (data.train, data.test):
        assert batch.data.dtype == batch.condition.dtype == np.float32
        events = batch.data[:, 0, 0].astype(int) - 1
        np.testing.assert_allclose(batch.condition, rows[events], rtol=1e-6)


def test_read_keeps_events_for_validation_and_says_how_it_was_made(tmp_path, monkeypatch):
    path, _, _ = written(tmp_path)
    whole = tpc_pads.read(path)
    monkeypatch.chdir(tmp_path)
    data = tpc_pads.read("a.dat", validation=0.5)
    assert (len(data.train.data), len(data.validation.data)) == (3, 3)
    assert data.train.data.tobytes() == whole.train.data[:3].tobytes()
    np.testing.assert_array_equal(data.test.data, whole.test.data)
    assert data.source == {"read": str(path), "strict": True, "validation": 0.5}


def test_read_says_what_it_cuts(tmp_path):
    path = tmp_path / "a.dat"
    path.write_text("params: 1 2 40.5 30.5\n30 40 5 90 40 6\n" * 4)
    with pytest.raises(ValueError, match="line 2"):
        tpc_pads.read(path)
    with pytest.warns(UserWarning, match="4 of 8 hits"):
        assert tpc_pads.read(path, strict=False).train.data.sum() == 15


def test_arrays_are_a_data_set_with_the_columns_they_have():
    images = np.arange(12.0)[:, None, None] * np.ones((12, 6, 10))
    angles = np.linspace(-10, 10, 12)
    data = tpc_pads.dataset(images, crossing_angle=angles, dip_angle=30.0, test_fraction=0.5)
    assert data.spec.shape == (6, 10)
    assert data.spec.condition == COLUMNS[:2]
    assert (len(data.train.data), len(data.test.data)) == (6, 6)
    for batch in (data.train, data.test):
        np.testing.assert_allclose(batch.condition[:, 0], angles[batch.data[:, 0, 0].astype(int)], rtol=1e-6)
        np.testing.assert_array_equal(batch.condition[:, 1], 30.0)
    table = np.stack([angles, np.full(12, 30.0)], axis=1)
    again = tpc_pads.dataset(images, table, test_fraction=0.5)
    np.testing.assert_array_equal(again.train.condition, data.train.condition)
    assert again.source == {}
    assert tpc_pads.dataset(images).spec.condition == ()


def test_missing_parameters_take_those_of_the_published_tracks():
    with pytest.warns(UserWarning, match=r"row = 23"):
        data = tpc_pads.dataset(
            np.ones((8, 8, 16)),
            crossing_angle=1.0,
            dip_angle=2.0,
            drift_length=99.5,
            pad_coordinate=3.5,
            pT=1.0,
        )
    np.testing.assert_allclose(data.train.condition[0], [1.0, 2.0, 99.5, 3.5, 23.0, 1.0])


@pytest.mark.parametrize(
    ("images", "condition", "sentence"),
    [
        (np.ones((8, 128)), None, r"Expected images of shape \(any, any, any\); got \(8, 128\)"),
        (np.full((8, 8, 16), np.nan), None, "Expected finite amplitudes; got NaN or infinity"),
        (np.ones((8, 8, 16)), np.ones((8, 5)), "number of parameters to be one of .*; got 5"),
        (np.ones((8, 8, 16)), np.ones((7, 4)), "Expected conditions of 8 events; got those of 7"),
        (np.ones((8, 8, 16)), {"momentum": 1.0}, "got momentum"),
        (np.ones((1, 8, 16)), None, "both splits"),
    ],
)
def test_arrays_that_cannot_be_are_refused(images, condition, sentence):
    with pytest.raises(ValueError, match=sentence):
        tpc_pads.dataset(images, condition)


def test_too_few_events_name_the_file(tmp_path):
    path, _, _ = written(tmp_path, parameters=4)
    path.write_text("\n".join(path.read_text().splitlines()[:2]) + "\n")
    with pytest.raises(ValueError, match=rf"got 1 events and a test share of 0\.25 in {path}\."):
        tpc_pads.read(path)


def test_conditions_are_read_by_name(tmp_path):
    path, _, rows = written(tmp_path, parameters=4)
    found = tpc_pads.read_conditions(path)
    assert list(found) == ["crossing_angle", "dip_angle", "drift_length", "pad_coordinate"]
    np.testing.assert_allclose(np.stack(list(found.values()), axis=1), rows, rtol=1e-6)


def test_other_files_have_no_conditions_of_their_own(tmp_path):
    (tmp_path / "tracks.csv").write_text("dip_angle,crossing_angle\n1,2\n")
    assert tpc_pads.read_conditions(tmp_path / "tracks.csv") is None


def test_what_is_written_can_be_read(tmp_path):
    draw = np.random.default_rng(0)
    images = draw.uniform(2, 9, (8, 8, 16)).round(2).astype(np.float32)
    batch = Batch(images, tracks(8).astype(np.float32))
    tpc_pads.write(tmp_path, batch)
    assert [path.name for path in tmp_path.iterdir()] == ["generated.dat"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = tpc_pads.read(tmp_path / "generated.dat")
    order = np.argsort(np.concatenate([data.train.condition[:, 0], data.test.condition[:, 0]]))
    found = np.concatenate([data.train.data, data.test.data])[order]
    np.testing.assert_allclose(found, images[np.argsort(batch.condition[:, 0])], rtol=1e-5)
