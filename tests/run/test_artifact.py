"""Generators as files: whole or refused, the same bytes for the same generator, no code inside."""

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jaxgen import manifest
from jaxgen.run import artifact
from jaxgen.run.artifact import Artifact
from jaxgen.run.fitting import fit
from jaxgen.run.loading import load
from tests.run.toys import SYSTEM, simulate


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """The folder of a generator, not to be changed."""
    folder = tmp_path_factory.mktemp("generator") / "generator"
    data = simulate()
    fit(SYSTEM.learner("mean", data), data, members=2, quiet=True).generator.write(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "generator"))


def test_the_files_of_a_generator(saved):
    assert {path.name for path in saved.iterdir()} == {"generator.json", "arrays.npz", "manifest.json"}
    told = json.loads((saved / "generator.json").read_text())
    assert told["format"] == 1
    assert (told["system"], told["model"], told["step"]) == ("dots", "mean", 12)
    assert [column["name"] for column in told["spec"]["condition"]] == ["position", "angle", "particle"]
    assert len(told["ranges"]) == 3
    assert set(told["card"]) >= {"trained", "data", "evaluation", "versions"}


@pytest.mark.parametrize("name", ["generator.json", "manifest.json"])
def test_every_changed_byte_of_json_is_found(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=r"Expected the generator .* to be whole"):
            artifact.read(folder)
    path.write_bytes(whole)
    artifact.read(folder)


def test_a_thousand_changed_bytes_of_the_arrays_are_found(folder):
    path = folder / "arrays.npz"
    whole = path.read_bytes()
    places = np.random.default_rng(0).choice(len(whole), 1000, replace=False)
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"file arrays\.npz differs from its manifest"):
            artifact.read(folder)


@pytest.mark.parametrize("name", artifact.FILES)
def test_a_missing_file_is_found(folder, name):
    (folder / name).unlink()
    with pytest.raises(ValueError, match="is missing"):
        artifact.read(folder)


def test_another_format_is_refused_by_its_number(folder):
    manifest.write(folder, {"format": 7})
    with pytest.raises(ValueError, match=r"Expected a generator of the format 1 in .*; got 7\."):
        artifact.read(folder)


def test_other_json_is_refused(folder):
    (folder / "generator.json").write_text("{}")
    manifest.write(folder, {"format": 1})
    with pytest.raises(ValueError, match="Expected the description of a generator"):
        artifact.read(folder)


def test_pickled_arrays_are_refused(folder):
    np.savez(folder / "arrays.npz", conditions=np.array([{"a": 1}], dtype=object))
    manifest.write(folder, {"format": 1})
    with pytest.raises(ValueError, match=r"Expected arrays of numbers in .*arrays\.npz; got ValueError"):
        artifact.read(folder)


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"\x80\x04N.", b"PK\x03\x04 cut off"],
    ids=["empty", "text", "pickle", "truncated"],
)
def test_what_are_no_arrays_is_said(folder, data):
    (folder / "arrays.npz").write_bytes(data)
    manifest.write(folder, {"format": 1})
    with pytest.raises(ValueError, match=r"Expected arrays of numbers in .*arrays\.npz; got "):
        load(folder)


def test_an_array_that_says_it_is_huge_takes_no_memory(folder):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        content, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    )
    with zipfile.ZipFile(folder / "arrays.npz", "w") as file:
        file.writestr("conditions.npy", content.getvalue())
    manifest.write(folder, {"format": 1})
    with pytest.raises(ValueError, match="an array of another size than its file"):
        load(folder)


def test_a_manifest_must_list_the_files(folder):
    contents = json.dumps({"sum": "0" * 64, "contents": {"format": 1}, "files": {}})
    sealed = contents.replace("0" * 64, hashlib.sha256(contents.encode()).hexdigest(), 1)
    (folder / "manifest.json").write_text(sealed)
    with pytest.raises(ValueError, match=r"Expected the manifest of .* to list generator\.json"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spec", {}),
        ("spec", {"name": "dots", "axes": ["dot"], "shape": [5], "columns": 3, "condition": []}),
        ("ranges", []),
        ("ranges", [[0, 1, 2]] * 3),
        ("died", []),
        ("died", ["a"]),
        ("died", [0, 0, 0]),
        ("default", 7),
    ],
)
def test_a_description_that_does_not_fit_is_refused(folder, name, value):
    told = json.loads((folder / "generator.json").read_text())
    (folder / "generator.json").write_text(json.dumps({**told, name: value}))
    manifest.write(folder, {"format": 1})
    with pytest.raises(ValueError, match=r"Expected a description in .* that fits its arrays"):
        load(folder)


def test_deep_nesting_is_refused(folder):
    told = json.loads((folder / "generator.json").read_text())
    deep = json.dumps({**told, "card": 0}).replace('"card": 0', '"card": ' + "[" * 10**5 + "]" * 10**5)
    (folder / "generator.json").write_text(deep)
    manifest.write(folder, {"format": 1})
    with pytest.raises(ValueError, match="Expected JSON in"):
        load(folder)


def test_nothing_but_a_generator_is_replaced(saved, tmp_path):
    generator = load(saved)
    generator.write(tmp_path / "dots")
    generator.write(tmp_path / "dots")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("years")
    with pytest.raises(ValueError, match=r"to hold a generator or nothing; got thesis\.txt"):
        generator.write(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "thesis.txt").read_text() == "years"


def test_equal_generators_give_equal_zip_files_that_give_equal_events(saved, tmp_path):
    for name in ("one.zip", "other.zip"):
        load(saved).save(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    events = [load(path).sample(3, num=7) for path in (saved, tmp_path / "one.zip")]
    np.testing.assert_array_equal(*events)
    assert set(zipfile.ZipFile(tmp_path / "one.zip").namelist()) == set(artifact.FILES)


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match="Expected a ZIP file of a generator"):
        load(tmp_path / "a.zip")
    with pytest.raises(FileNotFoundError, match="Expected a generator or a run folder; found nothing at"):
        load(tmp_path / "none")


def test_a_tree_comes_back_as_it_was(tmp_path):
    params = {"b": [np.arange(3), {"empty": {}}], "a": np.float32(2.5), "list": []}
    artifact_in = Artifact(_described(), params, {"x": np.eye(2)}, np.ones((2, 1), np.float32))
    artifact.write(tmp_path / "generator", artifact_in)
    found = artifact.read(tmp_path / "generator")
    assert found.params["b"][0].tolist() == [0, 1, 2]
    assert found.params["b"][1] == {"empty": {}}
    assert found.params["list"] == []
    assert found.params["a"] == 2.5
    assert found.statistics["x"].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("leaf", ["text", None, np.array(["text"])])
def test_what_is_no_array_is_refused(tmp_path, leaf):
    with pytest.raises(ValueError, match="Expected dictionaries and lists of arrays to be published"):
        artifact.write(tmp_path / "generator", Artifact(_described(), {"a": leaf}, {}, np.zeros((1, 0))))


def _described() -> dict:
    return {
        "system": "dots",
        "model": "mean",
        "settings": {},
        "parts": {},
        "spec": {},
        "ranges": [],
        "died": [0],
        "step": 1,
        "default": 0,
        "card": {},
    }
