"""A trained generator as files: JSON and arrays, in a folder or a ZIP file, each with its SHA-256 sum.

      generator.json   system, model, settings, description of the arrays, and the card
      arrays.npz       published parameters, statistics of the training data, conditions to draw from
      manifest.json    checksums of both files and of itself

Reading does not execute code from a file.
"""

import io
import lzma
import math
import os
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxgen import manifest
from jaxgen.base import PyTree

FORMAT = 1
DESCRIPTION, ARRAYS = "generator.json", "arrays.npz"
FILES = (DESCRIPTION, ARRAYS, manifest.NAME)
DATE = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # of all entries of a ZIP file, so that identical generators give identical files
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
FIELDS = {
    "system": str,
    "model": str,
    "settings": dict,
    "parts": dict,
    "spec": dict,
    "ranges": list,
    "died": list,
    "step": int,
    "default": int,
    "structure": dict,
    "card": dict,
}


class Artifact(NamedTuple):
    """Content of the files.

    Attributes:
      description: content of generator.json.
      params: published parameters of all members, [K, ...].
      statistics: arrays by name.
      conditions: conditions of some training events, [M, C].
    """

    description: dict[str, Any]
    params: PyTree
    statistics: dict[str, np.ndarray]
    conditions: np.ndarray


def write(folder: Path, artifact: Artifact) -> None:
    """Writes a folder atomically and replaces an older one.

    Raises:
      ValueError: for parameters that are not dictionaries and lists of arrays, or if the folder contains
        something else.
    """
    if folder.is_dir():
        others = sorted({path.name for path in folder.iterdir()} - set(FILES))
        if others:
            raise ValueError(f"Expected {folder} to hold a generator or nothing; got {others[0]}.")
    elif folder.exists():
        raise ValueError(f"Expected a folder for the generator; got the file {folder}.")
    partial, removed = folder.with_name(folder.name + ".partial"), folder.with_name(folder.name + ".removed")
    for left in (partial, removed):
        shutil.rmtree(left, ignore_errors=True)
    partial.mkdir(parents=True)
    arrays: dict[str, np.ndarray] = {}
    structure = _flatten(artifact.params, arrays)
    arrays |= {f"statistics/{name}": np.asarray(value) for name, value in artifact.statistics.items()}
    arrays["conditions"] = np.asarray(artifact.conditions)
    with (partial / ARRAYS).open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    manifest.write_json(
        partial / DESCRIPTION, {"format": FORMAT, **artifact.description, "structure": structure}
    )
    manifest.write(partial, {"format": FORMAT})
    if folder.exists():
        folder.rename(removed)
    partial.rename(folder)
    shutil.rmtree(removed, ignore_errors=True)


def pack(folder: Path, path: Path) -> None:
    """Writes a folder atomically as one ZIP file; identical folders give identical bytes."""
    if path.is_dir():
        raise ValueError(f"Expected the path of a file for the generator; got the folder {path}.")
    partial = path.with_name(path.name + ".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(partial, "w") as file:
        for name in FILES:
            entry = zipfile.ZipInfo(name, date_time=DATE)
            file.writestr(entry, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    os.replace(partial, path)


def read(path: Path) -> Artifact:
    """Reads a folder or ZIP file and verifies its checksums.

    Raises:
      FileNotFoundError: if there is no such file or folder.
      ValueError: if it is not a generator, is damaged, or has another format.
    """
    files = _files(path)
    try:
        contents = manifest.check(files)
    except manifest.DamagedError as damage:
        raise ValueError(f"Expected the generator {path} to be whole; {damage}.") from None
    if contents.get("format") != FORMAT:
        raise ValueError(
            f"Expected a generator of the format {FORMAT} in {path}; got {contents.get('format')!r}."
        )
    missing = [name for name in (DESCRIPTION, ARRAYS) if name not in manifest.listed(files)]
    if missing:
        raise ValueError(f"Expected the manifest of the generator {path} to list {missing[0]}; it does not.")
    description = manifest.parse_json(files[DESCRIPTION], path / DESCRIPTION)
    if not isinstance(description, dict) or not all(
        isinstance(description.get(name), kind) for name, kind in FIELDS.items()
    ):
        raise ValueError(f"Expected the description of a generator in {path / DESCRIPTION}; got other JSON.")
    arrays = _arrays(files[ARRAYS], path / ARRAYS)
    try:
        params = _build(description["structure"], arrays)
        conditions = arrays["conditions"]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"Expected all arrays of a generator in {path / ARRAYS}; got none for {error}."
        ) from None
    begin = "statistics/"
    statistics = {name[len(begin) :]: value for name, value in arrays.items() if name.startswith(begin)}
    return Artifact(description, params, statistics, conditions)


def _arrays(data: bytes, path: Path) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file, without executing code or allocating more memory than they need."""
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for entry in file.infolist():
                content = io.BytesIO(file.read(entry))
                shape, _, dtype = HEADERS[np.lib.format.read_magic(content)](content)
                if dtype.hasobject or math.prod(shape) * dtype.itemsize != entry.file_size - content.tell():
                    raise ValueError("an array of another size than its file")
                content.seek(0)
                name = entry.filename.removesuffix(".npy")
                arrays[name] = np.lib.format.read_array(content, allow_pickle=False)
    except Exception as error:  # any error of the two readers
        got = f"{type(error).__name__}: {error}".removesuffix(".")
        raise ValueError(f"Expected arrays of numbers in {path}; got {got}.") from None
    return arrays


def _files(path: Path) -> Mapping[str, bytes]:
    if path.is_dir():
        if not (path / manifest.NAME).is_file() and not (path / DESCRIPTION).is_file():
            raise FileNotFoundError(
                f"Expected a generator in {path}; found no {DESCRIPTION} there. A run folder has one after "
                "its first checkpoint."
            )
        return {name: (path / name).read_bytes() for name in FILES if (path / name).is_file()}
    if not path.is_file():
        raise FileNotFoundError(f"Expected a generator or a run folder; found nothing at {path}.")
    try:
        with zipfile.ZipFile(path) as file:
            return {name: file.read(name) for name in FILES if name in file.namelist()}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError) as error:
        raise ValueError(f"Expected a ZIP file of a generator in {path}; got {error}.") from None


def _flatten(tree: PyTree, arrays: dict[str, np.ndarray]) -> Any:
    """The tree with each array replaced by its name; the arrays are added to `arrays`."""
    if isinstance(tree, Mapping):
        return {"keys": {str(name): _flatten(tree[name], arrays) for name in sorted(tree)}}
    if isinstance(tree, list | tuple) and not hasattr(tree, "_fields"):
        return {"items": [_flatten(item, arrays) for item in tree]}
    if not hasattr(tree, "dtype") or np.asarray(tree).dtype.kind not in "fiub":
        raise ValueError(
            f"Expected dictionaries and lists of arrays to be published; got {type(tree).__name__}."
        )
    name = f"params/{sum(key.startswith('params/') for key in arrays)}"
    arrays[name] = np.asarray(tree)
    return {"array": name}


def _build(structure: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> PyTree:
    if "keys" in structure:
        return {name: _build(part, arrays) for name, part in structure["keys"].items()}
    if "items" in structure:
        return [_build(part, arrays) for part in structure["items"]]
    return arrays[structure["array"]]
