"""Showers in the HDF5 layout: what is read, what is refused, and that writing undoes reading."""

import sys

import numpy as np
import pytest

from jaxgen import extras
from jaxgen.base import Batch
from jaxgen.data import hdf5_files
from jaxgen.systems.calorimeter import data as calorimeter_showers
from jaxgen.systems.calorimeter.data import calochallenge, shower_files
from tests.systems.calorimeter.shower_batches import showers

h5py = pytest.importorskip("h5py")


@pytest.mark.parametrize("columns", [1, 3, 6])
def test_written_showers_read_back_exactly(tmp_path, columns):
    path = tmp_path / "showers.h5"
    batch = showers(columns=columns)
    calochallenge.write_showers(path, batch)
    for back in (calochallenge.read_showers(path), shower_files.read_showers(path)):
        np.testing.assert_array_equal(back.data, batch.data)
        np.testing.assert_array_equal(back.condition, batch.condition)
        assert back.data.dtype == back.condition.dtype == np.float32
    data = calorimeter_showers.read(path, condition="energy")
    assert data.train.condition.shape == (6, 1)


def test_the_layout_is_that_of_the_challenge(tmp_path):
    batch = showers(5)
    calochallenge.write_showers(tmp_path / "showers.h5", batch)
    with h5py.File(tmp_path / "showers.h5") as file:
        np.testing.assert_allclose(file["incident_energies"][:, 0], 1000 * batch.condition[:, 0], rtol=1e-7)
        assert file["showers"].shape == (5, 900)
        np.testing.assert_array_equal(file["showers"][:, 30 * 14 + 3], batch.data[:, 14, 3])
        np.testing.assert_array_equal(file["pdg"][:, 0], np.where(batch.condition[:, 5] == 1, 22, 11))


def test_files_of_others_read_with_their_own_shape(tmp_path):
    cells = np.arange(2 * 6480.0).reshape(2, 6480)
    with h5py.File(tmp_path / "other.hdf5", "w") as file:
        file["incident_energies"] = np.array([[1000.0], [2500.0]])
        file["showers"] = cells
    back = calochallenge.read_showers(tmp_path / "other.hdf5", shape=(45, 16, 9))
    np.testing.assert_array_equal(back.condition, [[1.0], [2.5]])
    assert back.data[1, 2, 3, 4] == cells[1, (2 * 16 + 3) * 9 + 4]
    calochallenge.write_showers(tmp_path / "again.hdf5", back)
    again = calochallenge.read_showers(tmp_path / "again.hdf5", shape=(45, 16, 9))
    np.testing.assert_array_equal(again.data, back.data)
    with pytest.raises(ValueError, match=r"showers of shape \(N, 900\); got \(2, 6480\) in .*other"):
        calochallenge.read_showers(tmp_path / "other.hdf5")
    with pytest.raises(ValueError, match=r"'impact'; got no x0, y0 in .*other"):
        calochallenge.read_showers(tmp_path / "other.hdf5", condition="impact", shape=(6480,))


def replaced(name, change):
    def apply(file):
        values = file[name][()]
        del file[name]
        if (values := change(values)) is not None:
            file[name] = values

    return apply


def put(index, value):
    def change(values):
        values[index] = value
        return values

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            replaced("showers", lambda x: None),
            "datasets showers and incident_energies; got no showers but incident_energies, pdg, phi",
        ),
        (replaced("incident_energies", lambda x: None), "got no incident_energies but pdg, phi, showers"),
        (replaced("incident_energies", lambda x: x[:3]), r"incident_energies of shape \(8,\); got \(3, 1\)"),
        (
            replaced("incident_energies", put((2, 0), -5.0)),
            "incident_energies .*above zero; got -0.005 for shower 2",
        ),
        (replaced("showers", put((2, 45), -1.0)), "below zero; got -1 at shower 2, cell 45 in showers of"),
        (replaced("showers", put((2, 45), np.nan)), "nan at shower 2, cell 45 in showers of"),
        (replaced("showers", lambda x: x[:0]), r"\(0, 900\)"),
        (replaced("showers", lambda x: x.astype("S8")), "numbers as showers"),
        (replaced("theta", put((4, 0), np.inf)), "theta .*inf for shower 4"),
        (
            lambda file: [file.pop("showers"), file.create_group("showers")],
            "got no showers but incident_energies, .*showers,",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path, change, message):
    path = tmp_path / "showers.h5"
    calochallenge.write_showers(path, showers())
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(ValueError, match=message) as error:
        calochallenge.read_showers(path, condition="full")
    assert str(path) in str(error.value)


def test_damaged_files_are_refused_by_name(tmp_path):
    path = tmp_path / "showers.h5"
    calochallenge.write_showers(path, showers(40))
    whole = path.read_bytes()
    for content, why in ((b"", "it is no"), (b"text", "it is no"), (whole[: len(whole) // 2], "its end is")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"complete HDF5 file; got .*showers\.h5: {why}"):
            calochallenge.read_showers(path)
    with pytest.raises(FileNotFoundError):
        calochallenge.read_showers(tmp_path / "none.h5")


def test_flipped_bytes_are_read_or_refused(tmp_path):
    path = tmp_path / "showers.h5"
    calochallenge.write_showers(path, showers(8))
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    messages = []
    for where in np.concatenate([np.arange(0, 4000, 40), rng.integers(0, len(whole), 100)]):
        content = bytearray(whole)
        content[where] ^= 1 << rng.integers(8)
        path.write_bytes(content)
        try:
            back = calochallenge.read_showers(path)
            assert np.isfinite(back.data).all()
        except ValueError as error:
            messages.append(str(error))
    assert len(messages) > 50
    assert all(str(path) in message for message in messages)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (showers(columns=0), "incident energy"),
        (Batch(-np.ones((2, 30, 30)), np.ones((2, 1))), "below zero"),
        (Batch(np.ones((2, 30, 30)), np.ones((3, 1))), "conditions"),
    ],
)
def test_showers_that_could_not_be_read_back_are_not_written(tmp_path, batch, message):
    with pytest.raises(ValueError, match=message):
        calochallenge.write_showers(tmp_path / "showers.h5", batch)
    assert not (tmp_path / "showers.h5").exists()


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    assert hdf5_files.available()
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ValueError, match=r"jaxgen\[hdf5\]"):
        calochallenge.write_showers(tmp_path / "showers.h5", showers())
    with pytest.raises(ValueError, match=r"jaxgen\[hdf5\]"):
        shower_files.read_showers(tmp_path / "showers.h5")


def test_a_missing_package_is_known_beforehand(monkeypatch):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    assert not hdf5_files.available()
