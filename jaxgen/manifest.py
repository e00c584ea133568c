"""Complete-or-absent files: JSON written atomically, and folders with a manifest of SHA-256 sums."""

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
    """A folder that differs from its manifest; the message states the reason, without a full stop."""


def write_json(path: Path, content: Any) -> None:
    """Writes JSON atomically: a reader sees the old or the new file, never a partial one."""
    partial = path.with_suffix(PARTIAL)
    partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises:
      ValueError: if the file is not JSON.
    """
    return parse_json(path.read_bytes(), path)


def parse_json(data: bytes, path: Path) -> Any:
    """Content of the bytes of a JSON file.

    Raises:
      ValueError: if the bytes are not JSON.
    """
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected JSON in {path}; got {error}.") from None


def write(folder: Path, contents: Mapping[str, Any]) -> None:
    """Writes the manifest of a folder after flushing all its files to disk.

    Args:
      folder: folder with the files to list, at any depth.
      contents: further JSON content of the manifest.
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
    """The contents that were given to `write`.

    Raises:
      DamagedError: if the manifest is missing or was altered; other files are not checked.
    """
    return _body(folder)["contents"]


def verify(folder: Path) -> dict[str, Any]:
    """Checks every listed file and returns the contents, as `read` does.

    Raises:
      DamagedError: with the first difference. Files that the manifest does not list are ignored.
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
    """As `verify`, for files already in memory, by name and including the manifest.

    Raises:
      DamagedError: with the first difference.
    """
    body = _parse(files.get(NAME))
    for name, wanted in body["files"].items():
        if name not in files:
            raise DamagedError(f"file {name} is missing")
        if hashlib.sha256(files[name]).hexdigest() != wanted:
            raise DamagedError(f"file {name} differs from its manifest")
    return body["contents"]


def listed(files: Mapping[str, bytes]) -> list[str]:
    """File names listed by the manifest among these files."""
    return list(_parse(files.get(NAME))["files"])


def sync(path: Path) -> None:
    """Flushes a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _body(folder: Path) -> dict[str, Any]:
    path = folder / NAME
    return _parse(path.read_bytes() if path.is_file() else None)


def _parse(data: bytes | None) -> dict[str, Any]:
    """The parsed manifest; its own checksum is that of its text with zeros in place of the checksum."""
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
