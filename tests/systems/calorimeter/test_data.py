"""Files of calorimeter showers: what is read, what is refused, and that writing undoes reading."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.base import Batch
from jaxgen.data import hdf5_files
from jaxgen.systems.calorimeter import SYSTEM
from jaxgen.systems.calorimeter import data as calorimeter_showers
from jaxgen.systems.calorimeter.data import shower_files
from tests.systems.calorimeter.shower_batches import showers

KINDS = {"none": 0, "energy": 1, "impact": 3, "full": 6}


def test_geant4_showers_read_completely(real_data):
    data = calorimeter_showers.read(real_data / "calo30_geant4.npz", condition="full")
    assert data.train.data.shape == (6000, 30, 30)
    assert data.test.condition.shape == (2000, 6)
    assert data.train.data.dtype == data.train.condition.dtype == np.float32
    images, table = (np.concatenate(pair) for pair in zip(data.train, data.test, strict=True))
    ratio = images.sum((1, 2), dtype=np.float64) / (1000 * table[:, 0])
    np.testing.assert_allclose([ratio.mean(), table[:, 5].mean()], [0.1493, 0.5], atol=0.02)
    for column, values in zip(data.spec.condition, table.T, strict=True):
        assert column.low - 1e-5 <= values.min() < values.max() <= column.high + 1e-5


@pytest.mark.parametrize(("kind", "columns"), KINDS.items())
def test_written_showers_read_back_exactly(tmp_path, kind, columns):
    path = tmp_path / "showers"  # no suffix is added
    batch = showers(columns=columns)
    shower_files.write_showers(path, batch)
    for condition in (kind, None):
        back = shower_files.read_showers(path, condition=condition)
        np.testing.assert_array_equal(back.data, batch.data)
        np.testing.assert_array_equal(back.condition, batch.condition)
    fewer = shower_files.read_showers(path, condition="none")
    assert fewer.condition.shape == (8, 0)


def places(batch, part):
    """Where in the batch each shower of a part comes from."""
    return [np.flatnonzero((batch.data == image).all((1, 2)))[0] for image in part.data]


def test_the_split_keeps_images_and_conditions_together():
    batch = showers(40)
    data = calorimeter_showers.dataset(batch.data, batch.condition[:, :3], validation=0.2)
    assert [len(part.data) for part in (data.train, data.validation, data.test)] == [24, 6, 10]
    assert data.spec.condition == calorimeter_showers.COLUMNS[:3]
    for part in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(part.condition, batch.condition[places(batch, part), :3])
    other = calorimeter_showers.dataset(batch.data, seed=1, test_fraction=0.5)
    assert other.train.condition.shape == (20, 0)
    assert places(batch, other.test)[:10] != places(batch, data.test)


def test_columns_one_by_one_and_by_name_are_those_of_the_table():
    batch = showers(8)
    names = [column.name for column in calorimeter_showers.COLUMNS]
    by_name = dict(zip(names, batch.condition.T, strict=True))
    whole = calorimeter_showers.dataset(batch.data, batch.condition)
    for found in (
        calorimeter_showers.dataset(batch.data, by_name),
        calorimeter_showers.dataset(batch.data, **by_name),
    ):
        np.testing.assert_array_equal(found.train.condition, whole.train.condition)
        assert found.spec == whole.spec


def test_what_is_not_given_takes_its_default_and_that_is_said():
    batch = showers(8)
    with pytest.warns(UserWarning, match="taken to be y = 0 mm"):
        data = calorimeter_showers.dataset(batch.data, energy=batch.condition[:, 0], x=1.5)
    assert [column.name for column in data.spec.condition] == ["energy", "x", "y"]
    np.testing.assert_array_equal(data.train.condition[:, 1:], [[1.5, 0.0]] * 6)
    with pytest.warns(UserWarning, match="phi = 0 rad, photon = 1"):
        leaning = calorimeter_showers.dataset(batch.data, energy=50.0, theta=0.1)
    np.testing.assert_allclose(leaning.train.condition[0], [50, 0, 0, 0.1, 0, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("condition", "columns", "message"),
    [
        (np.ones((8, 2)), {}, r"3 columns, energy, x, y; got the shape \(8, 2\)"),
        (np.ones((8, 7)), {}, r"6 columns, .*; got the shape \(8, 7\)"),
        (np.ones((7, 1)), {}, "conditions of 8 events; got those of 7"),
        (None, {"x": 1.0}, r"all conditions without a default, energy; got no energy\."),
        (None, {"mass": 1.0}, "got mass"),
        (np.zeros((8, 1)), {}, "energy finite and above zero; got 0 for shower 0 in the conditions"),
        (np.full((8, 1), np.nan), {}, "finite conditions; got nan as energy 0"),
        (np.full((8, 6), 0.5), {}, r"photon to be 0 or 1; got 0\.5"),
        (np.tile([50, 0, 0, 1.6, 0, 1], (8, 1)), {}, "theta from 0 to below pi / 2; got 1.6 for shower 0"),
    ],
)
def test_wrong_conditions_are_refused(condition, columns, message):
    with pytest.raises(ValueError, match=message):
        calorimeter_showers.dataset(showers().data, condition, **columns)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.ones((8, 30, 29)), r"\(N, 30, 30\); got \(8, 30, 29\) in the showers"),
        (np.full((8, 30, 30), np.nan), "nan at shower 0"),
        (-np.ones((8, 30, 30)), "not below zero; got -1 at shower 0"),
    ],
)
def test_wrong_showers_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        calorimeter_showers.dataset(images)


@pytest.mark.parametrize("name", ["log.npy", "log.npz"])
def test_log_energies_are_seen_and_undone(tmp_path, name):
    energies = showers(4, columns=0).data
    with np.errstate(divide="ignore"):
        logarithms = np.log(energies.astype(np.float64))
    path = tmp_path / name
    (np.save if name.endswith("npy") else np.savez)(path, logarithms)
    for scale in ("auto", "log"):
        back = shower_files.read_showers(path, scale=scale).data
        np.testing.assert_allclose(back, energies, rtol=1e-6)
        np.testing.assert_array_equal(back == 0, energies == 0)
    with pytest.raises(ValueError, match=r"not below zero; got .* at shower 0, cell 0, 0 in .*log\.np"):
        shower_files.read_showers(path, scale="linear")


def test_linear_energies_alone_and_logarithms_on_request(tmp_path):
    energies = 1 + showers(3, columns=0).data % 80
    np.save(tmp_path / "images.npy", energies)
    np.testing.assert_array_equal(shower_files.read_showers(tmp_path / "images.npy").data, energies)
    logarithms = shower_files.read_showers(tmp_path / "images.npy", scale="log")
    np.testing.assert_allclose(logarithms.data, np.exp(energies), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c.update(images=c["images"][:, 1:]),
            r"shape \(N, 30, 30\); got \(8, 29, 30\) in .*bad\.npz",
        ),
        (lambda c: c.update(images=c["images"][:0]), r"got \(0, 30, 30\)"),
        (lambda c: c["images"].__setitem__((3, 4, 5), np.nan), "nan at shower 3, cell 4, 5 in"),
        (
            lambda c: c["images"].__setitem__((3, 4, 5), np.inf),
            "up to 3.4e38; got inf at shower 3, cell 4, 5",
        ),
        (lambda c: c["images"].__setitem__((7, 0, 5), -0.5), "below zero; got -0.5 at shower 7, cell 0, 5"),
        (lambda c: c.update(images=c["images"].astype(np.complex64)), "complex64"),
        (lambda c: c.update(images=c["images"].astype("U9")), "<U9"),
        (
            lambda c: c.pop("images"),
            r"an array images \[N, 30, 30\], and any of energy, x0, .*; got energy, .* in .*bad\.npz",
        ),
        (lambda c: c.pop("y0"), r"energy, x0, y0, .*'full'; got no y0 in .*bad\.npz"),
        (lambda c: c.update(energy=c["energy"][:5]), r"energy of shape \(8,\); got \(5,\)"),
        (lambda c: c["energy"].__setitem__(2, 0), "energy finite and above zero; got 0 for shower 2 in"),
        (lambda c: c["x0"].__setitem__(6, np.nan), "x0 finite; got nan for shower 6"),
        (lambda c: c["theta"].__setitem__(1, 1.6), "theta from 0 to below pi / 2; got 1.6 for shower 1"),
        (lambda c: c["pdg"].__setitem__(1, 13), "pdg 11, -11 or 22; got 13 for shower 1"),
        (lambda c: c.update(phi=c["phi"].astype("U9")), "numbers as phi"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, message):
    good = tmp_path / "good.npz"
    shower_files.write_showers(good, showers())
    columns = dict(np.load(good))
    change(columns)
    np.savez(tmp_path / "bad.npz", **columns)
    with pytest.raises(ValueError, match=message):
        calorimeter_showers.read(tmp_path / "bad.npz", condition="full")


def test_positrons_are_read_as_electrons(tmp_path):
    shower_files.write_showers(tmp_path / "good.npz", showers())
    columns = dict(np.load(tmp_path / "good.npz"))
    columns["pdg"][:] = -11
    np.savez(tmp_path / "positrons.npz", **columns)
    assert (shower_files.read_showers(tmp_path / "positrons.npz").condition[:, 5] == 0).all()


def test_too_few_showers_name_the_file(tmp_path):
    shower_files.write_showers(tmp_path / "one.npz", showers(1))
    with pytest.raises(
        ValueError, match=r"both splits; got 1 events and a test share of 0\.25 in .*one\.npz\."
    ):
        calorimeter_showers.read(tmp_path / "one.npz")


def test_energies_taken_for_logarithms_are_refused_with_a_hint(tmp_path):
    noisy = showers(2, columns=0).data.copy()
    noisy[0, 0, 0] = -1e-3
    np.save(tmp_path / "noisy.npy", noisy)
    with pytest.raises(ValueError, match=r"log-energies up to 88\.7; .*noisy\.npy\. scale='linear' takes"):
        shower_files.read_showers(tmp_path / "noisy.npy")


def test_a_scale_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(ValueError, match="auto, linear, log"):
        shower_files.read_showers(tmp_path / "any.npy", scale="square")
    with pytest.raises(FileNotFoundError):
        shower_files.read_showers(tmp_path / "any.npy")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"energies: 1 2 3\n", b"\x93NUMPY\x01\x00", b"PK\x03\x04" + bytes(200)]
)
def test_other_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"complete \.npy or \.npz file; got .*broken\.npz"):
        shower_files.read_showers(path)


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], object), allow_pickle=True)
    np.savez(tmp_path / "objects.npz", images=np.array([{"a": 1}], object), energy=np.ones(1))
    for name in ("objects.npy", "objects.npz"):
        with pytest.raises(ValueError, match=rf"got Python objects in .*{re.escape(name)}, .*numpy\.savez"):
            shower_files.read_showers(tmp_path / name)


@settings(deadline=None, max_examples=60)
@given(
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3),
    compressed=st.booleans(),
)
def test_damaged_files_are_read_or_refused(tmp_path_factory, cut, flips, compressed):
    path = tmp_path_factory.mktemp("damaged") / "showers.npz"
    batch = showers(2)
    if compressed:
        shower_files.write_showers(path, batch)
    else:
        with open(path, "wb") as file:
            np.save(file, batch.data)
    content = bytearray(path.read_bytes())
    for where, change in flips:
        content[int(where * len(content))] ^= change
    path.write_bytes(content[: int(cut * len(content))] if cut < 0.9 else content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            back, message = shower_files.read_showers(path).data, str(path)
        except ValueError as error:
            back, message = np.zeros(()), str(error)
    assert str(path) in message
    assert (np.isfinite(back) & (back >= 0)).all()


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (Batch(np.full((2, 30, 30), np.nan), np.zeros((2, 0))), "nan at shower 0"),
        (Batch(np.zeros((2, 30, 29)), np.zeros((2, 0))), "shape"),
        (Batch(np.zeros((2, 30, 30)), np.zeros((3, 0))), "conditions"),
        (Batch(np.zeros((2, 30, 30)), np.ones((2, 2))), "0, 1, 3, 6; got 2"),
        (Batch(np.zeros((2, 30, 30)), np.zeros((2, 1))), "above zero"),
        (Batch(np.zeros((2, 30, 30)), np.full((2, 6), 0.5)), "0 or 1 in the column photon; got 0.5"),
    ],
)
def test_showers_that_could_not_be_read_back_are_not_written(tmp_path, batch, message):
    path = tmp_path / "showers.npz"
    with pytest.raises(ValueError, match=message):
        shower_files.write_showers(path, batch)
    assert not path.exists()


def test_a_condition_needs_its_columns(tmp_path):
    shower_files.write_showers(tmp_path / "few.npz", showers(columns=1))
    with pytest.raises(ValueError, match=r"'full'; got no x0, y0, theta, phi, pdg in .*few\.npz"):
        calorimeter_showers.read(tmp_path / "few.npz", condition="full")
    with pytest.raises(ValueError, match="none, energy, impact, full; got 'mass'"):
        calorimeter_showers.read(tmp_path / "few.npz", condition="mass")


@pytest.mark.parametrize("scale", ["auto", "log"])
def test_a_data_set_knows_how_it_was_read(tmp_path, scale, monkeypatch):
    np.save(tmp_path / "logarithms.npy", np.log(1 + showers(8, columns=0).data))
    monkeypatch.chdir(tmp_path)
    data = calorimeter_showers.read("logarithms.npy", scale=scale, validation=0.5)
    expected = {"read": str(tmp_path / "logarithms.npy"), "condition": "none", "validation": 0.5}
    assert data.source == {**expected, **({} if scale == "auto" else {"scale": scale})}
    again = SYSTEM.again(data.source)
    np.testing.assert_array_equal(again.train.data, data.train.data)


def test_the_widest_condition_is_read_unless_told(tmp_path):
    shower_files.write_showers(tmp_path / "showers.npz", showers(columns=3))
    data = calorimeter_showers.read(tmp_path / "showers.npz")
    assert data.source["condition"] == "impact"
    assert data.train.condition.shape == (6, 3)
    assert calorimeter_showers.read(tmp_path / "showers.npz", condition="energy").spec.shape == (30, 30)


def test_a_folder_gets_both_files_and_conditions_come_back_by_name(tmp_path):
    batch = showers()
    calorimeter_showers.write(tmp_path, batch)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"generated.npz", *(["generated.hdf5"] if hdf5_files.available() else [])}
    for name in names:
        found = calorimeter_showers.read_conditions(tmp_path / name)
        assert list(found) == [column.name for column in calorimeter_showers.COLUMNS]
        np.testing.assert_array_equal(np.stack(list(found.values()), axis=1), batch.condition)


def test_without_energies_there_is_no_file_in_the_layout_of_the_challenge(tmp_path):
    calorimeter_showers.write(tmp_path, showers(columns=0))
    assert [path.name for path in tmp_path.iterdir()] == ["generated.npz"]
    assert calorimeter_showers.read_conditions(tmp_path / "generated.npz") == {}


def test_conditions_without_showers_have_the_same_names(tmp_path):
    names = [column.name for column in calorimeter_showers.COLUMNS]
    np.savez(tmp_path / "some.npz", energy=[5.0, 9.0], theta=[0.1, 0.2], pdg=[22, -11])
    (tmp_path / "some.csv").write_text("energy,theta,pdg\n5,0.1,22\n9,0.2,-11\n")
    for name in ("some.npz", "some.csv"):
        found = calorimeter_showers.read_conditions(tmp_path / name)
        assert {name: values.tolist() for name, values in found.items()} == {
            "energy": [5.0, 9.0],
            "theta": pytest.approx([0.1, 0.2]),
            "photon": [1.0, 0.0],
        }
    np.savez(tmp_path / "named.npz", **{name: np.ones(2) for name in names})
    assert calorimeter_showers.read_conditions(tmp_path / "named.npz") is None
    np.savez(tmp_path / "bad.npz", energy=[5.0, -9.0], pdg=[22, 22])
    with pytest.raises(ValueError, match=r"energy finite and above zero; got -9 for shower 1 in .*bad\.npz"):
        calorimeter_showers.read_conditions(tmp_path / "bad.npz")
