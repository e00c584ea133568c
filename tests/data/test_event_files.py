"""Events in files of every ending, complete or absent, with the conditions that they are for."""

import h5py
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.data import condition_files, event_files
from jaxgen.data.advice import AdvisedError
from jaxgen.data.dataset import Column, Spec

CONDITION = (Column("position", "mm"), Column("particle", kind="label", labels=("pion", "electron")))
CELLS = (Column("charge", "fC"), Column("time", "ns"))
SPEC = Spec("strip", ("cell", "number"), (4, 2), CELLS, CONDITION)
FLAT = Spec("dots", ("dot",), (3,), (Column("brightness", "lm"),), CONDITION)
DRAW = np.random.default_rng(0)
KNOWN = np.array([[1.5, 1.0], [-0.1, 0.0]], np.float32)
BATCH = Batch(DRAW.normal(size=(2, 4, 2)).astype(np.float32), KNOWN)
DOTS = Batch(DRAW.normal(size=(2, 3)).astype(np.float32), KNOWN)


def own(folder, batch):
    for name in ("generated.txt", "generated.hdf5"):
        (folder / name).write_text(f"{len(batch.data)} events, {type(batch.data).__name__}")


@pytest.mark.parametrize("ending", ["npz", "npy", "h5", "hdf5"])
def test_columns_have_the_names_of_the_spec(tmp_path, ending):
    path = tmp_path / f"events.{ending}"
    assert event_files.write(path, BATCH, SPEC) == [path]
    assert list(tmp_path.iterdir()) == [path]
    found = h5py.File(path) if ending.startswith("h") else np.load(path)
    names = found.dtype.names if ending == "npy" else list(found)
    assert sorted(names) == ["charge", "particle", "position", "time"]
    for place, name in enumerate(("charge", "time")):
        np.testing.assert_array_equal(found[name], BATCH.data[..., place])
    if ending.startswith("h"):
        assert (found["time"].attrs["units"], found["position"].attrs["units"]) == ("ns", "mm")
        assert list(found["particle"].attrs["labels"]) == ["pion", "electron"]
        found.close()
    back = condition_files.read(CONDITION, path)
    np.testing.assert_array_equal(np.stack(list(back.columns.values()), axis=1), KNOWN)
    assert sorted(back.unused) == ["charge", "time"]


def test_rows_of_numbers_are_written_as_text_without_loss(tmp_path):
    path = tmp_path / "events.csv"
    event_files.write(path, DOTS, FLAT)
    lines = path.read_text().splitlines()
    assert lines[0] == "position,particle,brightness_0,brightness_1,brightness_2"
    assert lines[1].startswith("1.5,electron,")
    np.testing.assert_array_equal(np.array(lines[2].split(",")[2:], np.float32), DOTS.data[1])
    back = condition_files.read(CONDITION, path)
    np.testing.assert_array_equal(np.stack(list(back.columns.values()), axis=1).astype(np.float32), KNOWN)


def test_names_of_conditions_stay_theirs(tmp_path):
    spec = Spec("one", (), (), (Column("position", "mm"),), CONDITION)
    event_files.write(tmp_path / "a.npz", Batch(np.float32([3.0, 4.0]), KNOWN), spec)
    with np.load(tmp_path / "a.npz") as found:
        np.testing.assert_array_equal(found["event_position"], [3.0, 4.0])
        np.testing.assert_array_equal(found["position"], KNOWN[:, 0])


def test_masked_events_are_told(tmp_path):
    masked = Batch(np.ma.masked_array(DOTS.data, [[False] * 3, [True] * 3]), KNOWN)
    event_files.write(tmp_path / "a.csv", masked, FLAT)
    assert [line.split(",")[-1] for line in (tmp_path / "a.csv").read_text().splitlines()] == [
        "outside",
        "0",
        "1",
    ]
    files = event_files.write(tmp_path / "b.txt", masked, FLAT, own=own)
    assert [file.name for file in files] == ["b.txt", "b.outside.txt"]
    assert (tmp_path / "b.outside.txt").read_text() == "1\n"
    event_files.write(tmp_path / "b.txt", DOTS, FLAT, own=own, overwrite=True)
    assert not (tmp_path / "b.outside.txt").exists()


def test_a_detectors_own_files_are_taken_where_the_ending_is_theirs(tmp_path):
    for name in ("a.txt", "a.h5"):
        event_files.write(tmp_path / name, BATCH, SPEC, own=own)
        assert (tmp_path / name).read_text() == "2 events, ndarray"
    event_files.write(tmp_path / "a.npz", BATCH, SPEC, own=own)
    assert np.load(tmp_path / "a.npz")["charge"].shape == (2, 4)
    (tmp_path / "folder").mkdir()
    files = event_files.write(tmp_path / "folder", BATCH, SPEC, own=own)
    assert [file.name for file in files] == ["generated.hdf5", "generated.txt"]
    (tmp_path / "plain").mkdir()
    assert event_files.write(tmp_path / "plain", BATCH, SPEC) == [tmp_path / "plain" / "generated.npz"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.root", "Expected a file that ends in one of .npz, .npy, .csv, .h5, .hdf5, .txt; got a.root."),
        ("a", "Expected a file that ends in one of .npz, .npy, .csv, .h5, .hdf5, .txt; got a."),
        ("none/a.npz", "Expected a folder for a.npz; there is no folder FOLDER/none."),
        (
            "a.csv",
            "Expected events of one row of numbers for a .csv file; got events of shape (4, 2), which .npz, "
            ".npy and .h5 hold.",
        ),
        ("there.npz", "Expected a new file; FOLDER/there.npz is there. overwrite=True writes in its place."),
        (
            "full",
            "Expected a new file; FOLDER/full/generated.txt is there. overwrite=True writes in its place.",
        ),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path, name, sentence):
    (tmp_path / "there.npz").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "generated.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="Expected") as error:
        event_files.write(tmp_path / name, BATCH, SPEC, own=own)
    assert str(error.value) == sentence.replace("FOLDER", str(tmp_path))
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.npz").read_text() == "mine"


def test_a_file_that_is_there_is_replaced_on_request(tmp_path):
    path = tmp_path / "a.npz"
    path.write_text("old")
    with pytest.raises(AdvisedError) as error:
        event_files.check(path, BATCH.first(1), SPEC)
    assert error.value.setting == ("overwrite", True)
    event_files.write(path, BATCH, SPEC, overwrite=True)
    assert np.load(path)["time"].shape == (2, 4)


def test_a_failure_while_writing_leaves_no_file(tmp_path):
    def full(folder, batch):
        (folder / "generated.txt").write_text("half")
        if len(batch.data) > 1:
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        event_files.write(tmp_path / "a.txt", BATCH, SPEC, own=full)
    assert list(tmp_path.iterdir()) == []
