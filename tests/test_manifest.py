"""A folder that differs from its manifest in any byte is found, in the folder and among bytes."""

import json
from pathlib import Path

import pytest

from jaxgen import manifest
from jaxgen.manifest import NAME, DamagedError

CONTENTS = {"step": 3, "names": ["a", "b"], "loss": 0.5}


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "kept"
    (made / "below").mkdir(parents=True)
    (made / "one.json").write_text('{"x": 1}')
    (made / "below" / "two.bin").write_bytes(bytes(range(64)))
    manifest.write(made, CONTENTS)
    return made


def read(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << place % 8
    return bytes(changed)


def test_what_was_written_comes_back(folder):
    assert manifest.read(folder) == manifest.verify(folder) == manifest.check(read(folder)) == CONTENTS
    assert sorted(read(folder)) == ["below/two.bin", NAME, "one.json"]


def test_every_flipped_byte_of_a_manifest_is_found(folder):
    files = read(folder)
    for place in range(len(files[NAME])):
        with pytest.raises(DamagedError, match=r"its manifest (was altered|cannot be read)"):
            manifest.check({**files, NAME: flipped(files[NAME], place)})


def test_every_flipped_byte_of_a_file_is_found(folder):
    files = read(folder)
    for name in ("one.json", "below/two.bin"):
        for place in range(len(files[name])):
            with pytest.raises(DamagedError, match=f"file {name} differs from its manifest"):
                manifest.check({**files, name: flipped(files[name], place)})


def test_a_missing_or_shorter_file_is_found(folder):
    files = read(folder)
    cases = {
        "its manifest is missing": {name: data for name, data in files.items() if name != NAME},
        "file one.json is missing": {name: data for name, data in files.items() if name != "one.json"},
        "file below/two.bin differs from its manifest": {
            **files,
            "below/two.bin": files["below/two.bin"][:-1],
        },
        "its manifest cannot be read": {**files, NAME: b"\xff\xfe"},
    }
    for words, damaged in cases.items():
        with pytest.raises(DamagedError) as error:
            manifest.check(damaged)
        assert str(error.value) == words


def test_damage_in_a_folder_is_found_where_it_is_looked_for(folder):
    """`read` looks at the manifest alone, which is quick; `verify` at everything."""
    (folder / "one.json").write_text('{"x": 2}')
    assert manifest.read(folder) == CONTENTS
    with pytest.raises(DamagedError, match=r"file one\.json differs"):
        manifest.verify(folder)
    (folder / "one.json").unlink()
    with pytest.raises(DamagedError, match=r"file one\.json is missing"):
        manifest.verify(folder)
    (folder / NAME).unlink()
    with pytest.raises(DamagedError, match="its manifest is missing"):
        manifest.read(folder)


@pytest.mark.parametrize(
    "body",
    [
        {"sum": "0" * 64, "contents": CONTENTS, "files": {}},
        {"sum": "", "contents": CONTENTS, "files": {}},
        {"sum": "0", "contents": [], "files": {}},
        {"contents": CONTENTS, "files": {}},
        [],
        "text",
    ],
)
def test_a_made_up_manifest_is_refused(body):
    with pytest.raises(DamagedError):
        manifest.check({NAME: json.dumps(body).encode()})


def test_further_files_are_no_damage(folder):
    (folder / "more.txt").write_text("later")
    assert manifest.verify(folder) == CONTENTS


def test_no_name_of_a_file_is_written_outside_of_the_manifest(folder):
    """Names are relative, with slashes, wherever the folder is."""
    body = json.loads((folder / NAME).read_text())
    assert list(body["files"]) == ["below/two.bin", "one.json"]
    assert all(len(sum_) == 64 for sum_ in body["files"].values())


def test_json_is_written_in_one_move(tmp_path):
    path = tmp_path / "x.json"
    manifest.write_json(path, {"a": [1, 2.5, None]})
    assert manifest.read_json(path) == {"a": [1, 2.5, None]}
    with pytest.raises(ValueError, match="JSON compliant"):
        manifest.write_json(path, {"a": float("nan")})
    with pytest.raises(TypeError):
        manifest.write_json(path, {"a": object()})
    assert manifest.read_json(path) == {"a": [1, 2.5, None]}
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("content", [b"{", b"", b"\xff"])
def test_what_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Expected JSON in .*x\.json; got "):
        manifest.read_json(path)
