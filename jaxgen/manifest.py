"""Files that are whole or not there: JSON written in one move, and folders listed with their SHA-256 sums."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "manifest.json"
PARTIAL = ".partial"
_NO_SUM = "0" * 64


class DamagedError(ValueError):
    """A folder that differs from its manifest; the message is the reason, without a full stop."""


def write_json(path: Path, content: Any) -> None:
    """Writes JSON so that a reader sees the old or the new file, never a part of one."""
    partial = path.with_suffix(PARTIAL)
    partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
      ValueError: where it is none.
    """
    return parse_json(path.read_bytes(), path)


def parse_json(data: bytes, path: Path) -> Any:
    """What the bytes of a JSON file hold.

    Raises:
      ValueError: where they are no JSON.
    """
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected JSON in {path}; got {error}.") from None


def write(folder: Path, contents: Mapping[str, Any]) -> None:
    """Writes the manifest of a folder, and has the disk confirm every file in it.

    Args:
      folder: with the files to list, at any depth.
      contents: what else to keep in the manifest, as JSON.
    """
    body = {"sum": _NO_SUM, "contents": dict(contents), "files": _sums(folder)}
    text = json.dumps(body, indent=1, allow_nan=False)
    text = text.replace(_NO_SUM, hashlib.sha256(text.encode()).hexdigest(), 1)
    temporary = folder / (NAME + PARTIAL)
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.replace(folder / NAME)
    for parent in {path.parent for path in _files(folder)} | {folder}:
        sync(parent)


def read(folder: Path) -> dict[str, Any]:
    """The contents given to `write`.

    Raises:
      DamagedError: where the manifest is missing or was altered; other files are not looked at.
    """
    return _body(folder)["contents"]


def verify(folder: Path) -> dict[str, Any]:
    """Checks every listed file, and returns the contents as `read` does.

    Raises:
      DamagedError: saying what differs first. Files that the manifest does not list are no damage.
    """
    body = _body(folder)
    for name, wanted in body["files"].items():
        try:
            found = _sum_of_file(folder / name)
        except FileNotFoundError:
            raise DamagedError(f"file {name} is missing") from None
        if found != wanted:
            raise DamagedError(f"file {name} differs from its manifest")
    return body["contents"]


def check(files: Mapping[str, bytes]) -> dict[str, Any]:
    """`verify` for files that were read, by name, the manifest among them.

    Raises:
      DamagedError: saying what differs first.
    """
    body = _parse(files.get(NAME))
    for name, wanted in body["files"].items():
        if name not in files:
            raise DamagedError(f"file {name} is missing")
        if hashlib.sha256(files[name]).hexdigest() != wanted:
            raise DamagedError(f"file {name} differs from its manifest")
    return body["contents"]


def listed(files: Mapping[str, bytes]) -> list[str]:
    """Names that the manifest among these files lists."""
    return list(_parse(files.get(NAME))["files"])


def sync(path: Path) -> None:
    """Returns once the disk holds what was written to a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _body(folder: Path) -> dict[str, Any]:
    path = folder / NAME
    return _parse(path.read_bytes() if path.is_file() else None)


def _parse(data: bytes | None) -> dict[str, Any]:
    """The manifest, whose own sum is that of its text with zeros in the place of the sum."""
    if data is None:
        raise DamagedError("its manifest is missing")
    try:
        body = json.loads(data)
        claimed = body["sum"].encode()
        whole = isinstance(body["contents"], dict) and isinstance(body["files"], dict)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise DamagedError("its manifest cannot be read") from None
    found = hashlib.sha256(data.replace(claimed, _NO_SUM.encode(), 1)).hexdigest().encode()
    if not whole or len(claimed) != len(_NO_SUM) or found != claimed:
        raise DamagedError("its manifest was altered")
    return body


def _sums(folder: Path) -> dict[str, str]:
    sums = {}
    for path in _files(folder):
        sync(path)
        sums[path.relative_to(folder).as_posix()] = _sum_of_file(path)
    return sums


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)


def _sum_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
