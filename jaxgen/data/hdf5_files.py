"""HDF5 files, opened such that every error names the file and the reason."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Any

from jaxgen import extras
from jaxgen.data import file_kinds

SUFFIXES = (".h5", ".hdf5")
"""File endings of HDF5."""


def available() -> bool:
    """Whether h5py is installed."""
    return extras.installed("h5py")


def package() -> Any:
    """The package h5py, with the filters of hdf5plugin if that is installed.

    Raises:
      ValueError: if h5py is not installed.
    """
    h5py = extras.load("h5py", "hdf5", "for HDF5 files")
    with suppress(ImportError):
        import hdf5plugin  # noqa: F401, importing it registers its filters
    return h5py


@contextmanager
def reading(path: str | PathLike) -> Iterator[Any]:
    """An open file.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if h5py is not installed, or for any error while the file is open, with the reason.
    """
    h5py = package()
    file_kinds.beginning(path, "an HDF5 file")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except ValueError:
        raise
    except Exception as error:  # h5py raises errors of any type for damaged files
        raise ValueError(f"Expected a complete HDF5 file; got {path}: {reason(error)}.") from error


def read(dataset: Any, path: str | PathLike) -> Any:
    """Reads a whole dataset of an open file.

    Raises:
      ValueError: if it cannot be read, with the reason.
    """
    try:
        return dataset[()]
    except Exception as error:  # as above
        name = str(dataset.name).strip("/")
        missing = _missing_filters(dataset)
        why = (
            f"it is compressed by {missing[0]}, a filter that is not installed (pip install hdf5plugin)"
            if missing
            else reason(error)
        )
        raise ValueError(f"Expected a dataset {name} that can be read; got {path}: {why}.") from error


def _missing_filters(dataset: Any) -> list[str]:
    h5z = package().h5z
    with suppress(Exception):  # the filter entries of a damaged file can be arbitrary
        made = dataset.id.get_create_plist()
        filters = [made.get_filter(i) for i in range(made.get_nfilters())]
        return [name.decode() for code, _, _, name in filters if not h5z.filter_avail(code)]
    return []


def reason(error: Exception) -> str:
    """Reason of an error of h5py, in plain words for frequent ones."""
    text = (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
    if "signature not found" in text:
        return "it is no HDF5 file"
    if "truncated" in text:
        return "its end is missing"
    if "lock file" in text or "already open for write" in text or "consistency flags" in text:
        return "another program has it open to write, or was stopped while it wrote"
    return text
