"""A list of the files of a folder with their SHA-256 sums, to tell a whole folder from a damaged one."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "manifest.json"


class DamagedError(ValueError):
    """A folder that differs from its manifest; the message is the reason, without a full stop."""


def write(folder: Path, contents: Mapping[str, Any]) -> None:
    """Writes the manifest of a folder, and has the disk confirm every file in it.

    Args:
      folder: with the files to list, at any depth.
      contents: what else to keep in the manifest, as JSON.
    """
    body = {"contents": dict(contents), "files": _sums(folder)}
    text = json.dumps({"sum": _sum_of(body), **body}, indent=1, allow_nan=False)
    temporary = folder / (NAME + ".partial")
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


def sync(path: Path) -> None:
    """Returns once the disk holds what was written to a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _body(folder: Path) -> dict[str, Any]:
    try:
        body = json.loads((folder / NAME).read_text(encoding="utf-8"))
        found = body.pop("sum")
    except FileNotFoundError:
        raise DamagedError("its manifest is missing") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise DamagedError("its manifest cannot be read") from None
    if found != _sum_of(body):
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


def _sum_of(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _sum_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
