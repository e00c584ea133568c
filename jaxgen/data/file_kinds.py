"""Detection of file formats from the first bytes."""

from os import PathLike
from pathlib import Path

NPY, NPZ, HDF5, GZIP, PICKLE = b"\x93NUMPY", b"PK", b"\x89HDF", b"\x1f\x8b", b"\x80"

KINDS = {
    NPY: "an NPY file",
    NPZ: "an NPZ or another ZIP file",
    HDF5: "an HDF5 file",
    GZIP: "a file packed by gzip",
    PICKLE: "a pickled object, which is not read as it could run code",
    b"PAR1": "a Parquet file",
    b"root": "a ROOT file",
    b"SQLi": "an SQLite file",
}
"""Descriptions of file formats by their first bytes."""


def beginning(path: str | PathLike, what: str) -> bytes:
    """The first 8 bytes of a file, or all bytes of a shorter one.

    Args:
      path: path of the file.
      what: expected kind of file, for the error message.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a folder.

    >>> beginning("/none.csv", "a file of events")
    Traceback (most recent call last):
    FileNotFoundError: Expected a file of events; there is no file /none.csv.
    """
    if Path(path).is_dir():
        raise ValueError(f"Expected {what}; {path} is a folder.")
    if not Path(path).is_file():
        raise FileNotFoundError(f"Expected {what}; there is no file {path}.")
    with open(path, "rb") as file:
        return file.read(8)


def words(begin: bytes) -> str:
    """Description of a file with these first bytes.

    >>> words(b"PAR1"), words(b"energy,x"), words(b"")
    ('a Parquet file', 'another file', 'an empty file')
    """
    if not begin:
        return "an empty file"
    return next((words for start, words in KINDS.items() if begin.startswith(start)), "another file")
