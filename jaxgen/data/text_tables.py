"""Text files of numbers, read so that whatever is wrong is named with its line."""

import re
from os import PathLike
from pathlib import Path
from typing import NoReturn

import numpy as np

_UNPRINTABLE = re.compile(rb"[^\t\n\r\x20-\x7e]|\r(?!\n)")
_FOREIGN = re.compile(r"[^0-9eE+\-.\s]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_lines(path: str | PathLike) -> list[str]:
    """Lines of a text file without their ends.

    Raises:
      ValueError: for a file with nothing in it or with other than printable ASCII.
    """
    data = Path(path).read_bytes().removeprefix(b"\xef\xbb\xbf")
    if odd := _UNPRINTABLE.search(data):
        line = data.count(b"\n", 0, odd.start()) + 1
        fail(path, line, f"Expected printable ASCII text; got the byte 0x{data[odd.start()]:02x}")
    lines = data.decode("ascii").split("\n")
    if not any(map(str.strip, lines)):
        fail(path, 1, "Expected events; got an empty file")
    return lines[:-1] if lines[-1] == "" else lines


def is_csv(lines: list[str]) -> bool:
    """Whether these are the lines of a CSV file."""
    return "," in lines[0]


def csv_rows(path: str | PathLike, lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """Names of the columns and the fields of each row below.

    Raises:
      ValueError: where a row has another number of fields than the header, or there is none.
    """
    names = [name.strip() for name in lines[0].split(",")]
    rows = [line.split(",") for line in lines[1:]]
    if not rows:
        fail(path, 1, "Expected rows below the header; got none")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            fail(path, number, f"Expected {len(names)} fields as in the header; got {len(row)}")
    return names, rows


def numbers(path: str | PathLike, rows: list[list[str]], lines: np.ndarray) -> np.ndarray:
    """All fields of all rows as finite float64, one after the other.

    Args:
      path: of the file, for messages.
      rows: fields of each row.
      lines: where each row stands in the file.

    Raises:
      ValueError: naming the first field that is not a finite decimal number, and its line.
    """
    fields = [field for row in rows for field in row]
    try:
        values = np.array([float(field) for field in fields])
    except ValueError:
        values = None
    if values is not None and not _FOREIGN.search(" ".join(fields)) and np.isfinite(values).all():
        return values
    line, field = next(
        (line, field.strip())
        for row, line in zip(rows, lines, strict=True)
        for field in row
        if not _NUMBER.fullmatch(field.strip()) or not np.isfinite(float(field))
    )
    fail(path, line, f"Expected a finite decimal number; got {field[:40]!r}")


def fail(path: str | PathLike, line: int | np.integer, sentence: str) -> NoReturn:
    """Raises a ValueError that begins with the file and the line."""
    raise ValueError(f"{path}, line {line}: {sentence}.")
