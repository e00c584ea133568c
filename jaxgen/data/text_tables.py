"""Text files of numbers, read so that whatever is wrong is named with its line."""

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

LONGEST = 100_000  # bytes of a first line, of which a file in another format may have no end

_UNPRINTABLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_FOREIGN = re.compile(r"[^0-9eE+\-.\s]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BEFORE_UNIT = re.compile(r"\s+(?=[\[(])")


class Table(NamedTuple):
    """A text file in columns.

    Attributes:
      names: of the columns; empty where the file names none.
      rows: fields of each row, one for each column.
      lines: of the file, counted from 1, that the rows stand in.
    """

    names: list[str]
    rows: list[list[str]]
    lines: np.ndarray


def read_lines(path: str | PathLike) -> list[str]:
    """Lines of a text file, compressed by gzip or not, without their ends.

    Raises:
      ValueError: for a file with nothing in it or with other than text in UTF-8.
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
    """The first line of a text file, compressed by gzip or not; empty for a file of another kind."""
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
    """Names of the columns and the fields of each row below; blank lines at the end are no rows.

    Raises:
      ValueError: where a row has another number of fields than the header, or there is none.
    """
    names = [name.strip() for name in _fields(lines[0], ",")]
    number = max(i for i, line in enumerate(lines, start=1) if line.strip())
    rows = [_fields(line, ",") for line in lines[1:number]]
    if not rows:
        fail(path, 1, "Expected rows below the header; got none")
    _check_widths(path, rows, range(2, number + 1), len(names))
    return names, rows


def places(path: str | PathLike, names: Sequence[str], known: Sequence[str]) -> dict[str, int]:
    """Where the columns of a file stand, by their names, in any case.

    Args:
      path: of the file, for messages.
      names: in its header.
      known: columns that are looked at.

    Raises:
      ValueError: for a column that is there twice.
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
    """Says which columns are left out, but for one without a name, as of the index of a table of pandas."""
    unused = [name[:40] for place, name in enumerate(names) if name and place not in found.values()]
    if unused:
        warnings.warn(f"{path}: the columns {', '.join(unused)} are not used.", stacklevel=4)


def read_table(path: str | PathLike) -> Table:
    """Reads a table as programs write them: fields between commas, semicolons, tabs or white space.

    Names of the columns are in the first line, or in the last one before the rows that begins with `#`. A
    first line that has any number is a row. Lines that are blank or begin with `#` are no rows. Names and
    fields may stand in quotes.

    Raises:
      ValueError: for a row with another number of fields than the names, or no rows.
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
    """What is between the fields; None for white space."""
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
    except csv.Error:  # a field of more than 131,072 letters
        return line.split(delimiter)


def _check_widths(path: str | PathLike, rows: list[list[str]], lines: Iterable[int], width: int) -> None:
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            fail(path, line, f"Expected {width} fields as in the first line; got {len(row)}")


def decimal(fields: Sequence[str]) -> tuple[np.ndarray, int | None]:
    """Fields as float64, and the place of the first that is not a finite decimal number.

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
    """All fields of all rows as finite float64, one after the other.

    Args:
      path: of the file, for messages.
      rows: fields of each row.
      lines: where each row stands in the file.

    Raises:
      ValueError: naming the first field that is not a finite decimal number, and its line.
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
