"""Text files of numbers, read such that every error names the line."""

import csv
import gzip
import re
import warnings
import zlib
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from jaxgen.data import file_kinds

LONGEST = 100_000  # bytes read as first line, as a file in another format may have no line ends

_UNPRINTABLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_FOREIGN = re.compile(r"[^0-9eE+\-.\s]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BEFORE_UNIT = re.compile(r"\s+(?=[\[(])")


class Table(NamedTuple):
    """A text file split into columns.

    Attributes:
      names: names of the columns; empty if the file has none.
      rows: fields of each row, one per column.
      lines: line number of each row in the file, from 1.
    """

    names: list[str]
    rows: list[list[str]]
    lines: np.ndarray


def read_lines(path: str | PathLike) -> list[str]:
    """Lines of a text file, optionally compressed by gzip, without line ends.

    Raises:
      ValueError: for an empty file or one that is not UTF-8 text.
    """
    data = _content(path).removeprefix(b"\xef\xbb\xbf")
    if odd := _UNPRINTABLE.search(data):
        line = data.count(b"\n", 0, odd.start()) + 1
        fail(path, line, f"Expected printable text; got the byte 0x{data[odd.start()]:02x}")
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fail(path, line, f"Expected text in UTF-8; got the byte 0x{data[error.start]:02x}")
    if not any(map(str.strip, lines)):
        fail(path, 1, "Expected numbers; got an empty file")
    return [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def first_line(path: str | PathLike) -> str:
    """The first line of a text file, optionally compressed by gzip; empty for a file of another format."""
    begin = file_kinds.beginning(path, "a text file")
    try:
        with gzip.open(path) if begin.startswith(file_kinds.GZIP) else open(path, "rb") as file:
            return file.readline(LONGEST).decode("utf-8-sig").strip()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return ""


def _content(path: str | PathLike) -> bytes:
    begin = file_kinds.beginning(path, "a text file")
    if begin.startswith(tuple(kind for kind in file_kinds.KINDS if kind != file_kinds.GZIP)):
        fail(path, 1, f"Expected text; got {file_kinds.words(begin)}")
    data = Path(path).read_bytes()
    if not begin.startswith(file_kinds.GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}, line 1: Expected a complete file of gzip; got: {error}.") from None


def is_csv(lines: list[str]) -> bool:
    """Whether these are the lines of a CSV file."""
    return "," in lines[0]


def csv_rows(path: str | PathLike, lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """Column names and fields of all rows; trailing blank lines are ignored.

    Raises:
      ValueError: if a row has a different number of fields than the header, or there are no rows.
    """
    names = [name.strip() for name in _fields(lines[0], ",")]
    number = max(i for i, line in enumerate(lines, start=1) if line.strip())
    rows = [_fields(line, ",") for line in lines[1:number]]
    if not rows:
        fail(path, 1, "Expected rows below the header; got none")
    _check_widths(path, rows, range(2, number + 1), len(names))
    return names, rows


def places(path: str | PathLike, names: Sequence[str], known: Sequence[str]) -> dict[str, int]:
    """Positions of the columns of a file by name, in any case.

    Args:
      path: path of the file, for messages.
      names: names in its header.
      known: columns to find.

    Raises:
      ValueError: for a duplicate column.
    """
    plain = {name.lower(): name for name in known}
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        column = plain.get(name.lower())
        if column in found:
            times = [one.lower() for one in names].count(name.lower())
            fail(path, 1, f"Expected each column once; got {column} {times} times")
        if column is not None:
            found[column] = place
    return found


def warn_unused(path: str | PathLike, names: Sequence[str], found: Mapping[str, int]) -> None:
    """Warns about columns that are ignored, except unnamed ones such as the index of a pandas table."""
    unused = [name[:40] for place, name in enumerate(names) if name and place not in found.values()]
    if unused:
        warnings.warn(f"{path}: the columns {', '.join(unused)} are not used.", stacklevel=4)


def read_table(path: str | PathLike) -> Table:
    """Reads a table with fields separated by commas, semicolons, tabs or white space.

    Column names are in the first line, or in the last line that begins with `#` before the rows. A first line
    that contains a number is a row. Blank lines and lines that begin with `#` are not rows. Names and fields
    may be quoted.

    Raises:
      ValueError: for a row with a different number of fields than the header, or no rows.
    """
    numbered = [(i, line) for i, line in enumerate(read_lines(path), start=1) if line.strip()]
    kept = [(i, line) for i, line in numbered if not line.lstrip().startswith("#")]
    if not kept:
        fail(path, 1, "Expected rows of numbers; got comments alone")
    start, first = kept[0]
    above = [line.lstrip(" #\t") for i, line in numbered if i < start]
    delimiter = _delimiter(first, above[-1] if above else "")
    names: list[str] = []
    if not any(_NUMBER.fullmatch(field.strip()) for field in _fields(first, delimiter)):
        names, kept = _header(first, delimiter), kept[1:]
        if not kept:
            fail(path, start, "Expected rows below the header; got none")
    elif above and len(_header(above[-1], delimiter)) == len(_fields(first, delimiter)):
        names = _header(above[-1], delimiter)
    rows = [_fields(line, delimiter) for _, line in kept]
    lines = np.array([i for i, _ in kept])
    _check_widths(path, rows, lines, len(names or rows[0]))
    return Table(names, rows, lines)


def _delimiter(first: str, above: str) -> str | None:
    """The field separator; None for white space."""
    counts = {one: first.count(one) or above.count(one) for one in (",", ";", "\t")}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else None


def _header(line: str, delimiter: str | None) -> list[str]:
    joined = line if delimiter else _BEFORE_UNIT.sub("", line)
    return [name.strip() for name in _fields(joined, delimiter)]


def _fields(line: str, delimiter: str | None) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    text = line.strip() if delimiter is None else line
    try:
        return next(csv.reader([text], delimiter=delimiter or " ", skipinitialspace=True), [""])
    except csv.Error:  # a field longer than 131,072 characters
        return line.split(delimiter)


def _check_widths(path: str | PathLike, rows: list[list[str]], lines: Iterable[int], width: int) -> None:
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            fail(path, line, f"Expected {width} fields as in the first line; got {len(row)}")


def decimal(fields: Sequence[str]) -> tuple[np.ndarray, int | None]:
    """Fields as float64, and the position of the first that is not a finite decimal number.

    >>> decimal(["1.5", "1e1"])
    (array([ 1.5, 10. ]), None)
    >>> decimal(["1.5", "0x4"])[1]
    1
    """
    try:
        values = np.array([float(field) for field in fields])
    except ValueError:
        values = None
    if values is not None and not _FOREIGN.search(" ".join(fields)) and np.isfinite(values).all():
        return values, None
    wrong = (
        place
        for place, field in enumerate(fields)
        if not _NUMBER.fullmatch(field.strip()) or not np.isfinite(float(field))
    )
    return np.zeros(0), next(wrong)


def numbers(path: str | PathLike, rows: list[list[str]], lines: np.ndarray) -> np.ndarray:
    """All fields of all rows as a flat array of finite float64.

    Args:
      path: path of the file, for messages.
      rows: fields of each row.
      lines: line number of each row in the file.

    Raises:
      ValueError: with the first field that is not a finite decimal number, and its line.
    """
    fields = [field for row in rows for field in row]
    values, wrong = decimal(fields)
    if wrong is None:
        return values
    line = np.repeat(lines, [len(row) for row in rows])[wrong]
    fail(path, line, f"Expected a finite decimal number; got {fields[wrong].strip()[:40]!r}")


def fail(path: str | PathLike, line: int | np.integer, sentence: str) -> NoReturn:
    """Raises a ValueError that begins with the file and the line."""
    raise ValueError(f"{path}, line {line}: {sentence}.")
