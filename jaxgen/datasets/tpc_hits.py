"""Hits of pad responses as text: what the files say, before any windowing.

Two layouts are read. `digits.dat` has two lines an event, `params:` with the track's numbers and then
a flat list of triples pad, time bin, amplitude; files without numbers of the track have only the second.
The CSV has one hit a row under the header `evtId,ipad,itime,amp`, with the numbers of the track repeated
in further columns. Both know 0, 2, 3, 4 or 6 numbers of the track.
"""

import re
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import NoReturn

import numpy as np

PARAMETERS = ("crossing_angle", "dip_angle", "drift_length", "pad_coordinate", "row", "pT")
COUNTS = (0, 2, 3, 4, 6)
HIT_COLUMNS = ("evtId", "ipad", "itime", "amp")

_UNPRINTABLE = re.compile(rb"[^\t\n\r\x20-\x7e]|\r(?!\n)")
_FOREIGN = re.compile(r"[^0-9eE+\-.\s]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LARGEST_WHOLE = 2**31
_LARGEST_AMPLITUDE = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Hits:
    """All hits of a file and the tracks they belong to.

    Attributes:
      event: index of the event of each hit, [H], ascending.
      pad: absolute pad, [H] int64.
      time: absolute time bin, [H] int64.
      amplitude: ADC counts, [H], float64.
      line: of the file, counted from 1, [H].
      parameters: of each event, [N, P] float64, the first P of `PARAMETERS`: crossing angle and dip angle
        in degrees, drift length in time bins, pad coordinate in pads, pad row, transverse momentum in GeV.
      parameters_line: of the file, [N].
    """

    event: np.ndarray
    pad: np.ndarray
    time: np.ndarray
    amplitude: np.ndarray
    line: np.ndarray
    parameters: np.ndarray
    parameters_line: np.ndarray


def read_hits(path: str | PathLike) -> Hits:
    """Reads a digits file or a CSV file; the first line tells which.

    In a digits file every line counts: a blank one in the place of hits is an event without any. In a CSV
    file such an event is one row whose `ipad`, `itime` and `amp` are blank.

    Args:
      path: of the file, ASCII.

    Returns:
      Every hit of the file.

    Raises:
      ValueError: for anything malformed, naming the file and the line.
    """
    lines = read_lines(path)
    hits = _from_csv(path, lines) if is_csv(lines) else _from_digits(path, lines)
    _check(path, hits)
    return replace(hits, pad=hits.pad.astype(np.int64), time=hits.time.astype(np.int64))


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


def check_parameters(path: str | PathLike, parameters: np.ndarray, lines: np.ndarray) -> None:
    """Raises unless the parameters [N, P] are below 2^31 and pad rows are whole."""
    for name, column in zip(PARAMETERS, parameters.T, strict=False):
        if name == "row":
            _check_whole(path, name, column, lines)
        for event in np.flatnonzero(np.abs(column) >= _LARGEST_WHOLE)[:1]:
            fail(path, lines[event], f"Expected {name} below 2^31; got {column[event]}")


def fail(path: str | PathLike, line: int | np.integer, sentence: str) -> NoReturn:
    """Raises a ValueError that begins with the file and the line."""
    raise ValueError(f"{path}, line {line}: {sentence}.")


def _from_digits(path: str | PathLike, lines: list[str]) -> Hits:
    fields = [line.split() for line in lines]
    stride = 2 if fields[0][:1] == ["params:"] else 1
    parameters = _digits_parameters(path, fields) if stride == 2 else np.zeros((len(fields), 0))
    rows = fields[stride - 1 :: stride]
    where = np.arange(stride, len(fields) + 1, stride)
    for line, row in zip(where, rows, strict=True):
        if row and row[0] == "params:":
            fail(path, line, "Expected the hits of the event; got another line of parameters")
        if len(row) % 3:
            fail(path, line, f"Expected triples of pad, time bin and amplitude; got {len(row)} numbers")
    pad, time, amplitude = numbers(path, rows, where).reshape(-1, 3).T
    count = [len(row) // 3 for row in rows]
    event = np.repeat(np.arange(len(rows)), count)
    return Hits(event, pad, time, amplitude, where[event], parameters, where - stride + 1)


def _digits_parameters(path: str | PathLike, fields: list[list[str]]) -> np.ndarray:
    heads = fields[0::2]
    where = np.arange(1, len(fields) + 1, 2)
    expected = len(heads[0]) - 1
    for line, head in zip(where, heads, strict=True):
        if head[:1] != ["params:"]:
            fail(path, line, f"Expected a line that begins with params:; got {' '.join(head)[:40]!r}")
        if len(head) - 1 not in COUNTS[1:]:
            fail(path, line, f"Expected 2, 3, 4 or 6 parameters; got {len(head) - 1}")
        if len(head) - 1 != expected:
            fail(path, line, f"Expected {expected} parameters as in line 1; got {len(head) - 1}")
    if len(fields) % 2:
        fail(path, len(fields), "Expected a line of hits after the parameters; got the end of the file")
    return numbers(path, [head[1:] for head in heads], where).reshape(-1, expected)


def _from_csv(path: str | PathLike, lines: list[str]) -> Hits:
    names, rows = csv_rows(path, lines)
    count = len(names) - len(HIT_COLUMNS)
    known = HIT_COLUMNS + PARAMETERS[: max(count, 0)]
    if count not in COUNTS or sorted(names) != sorted(known):
        fail(
            path,
            1,
            f"Expected the columns {','.join(HIT_COLUMNS)} and parameters; got {','.join(names)[:200]}",
        )
    where = np.arange(2, len(lines) + 1)
    empty = _blank_hits(rows, [names.index(name) for name in HIT_COLUMNS[1:]])
    table = numbers(path, rows, where).reshape(-1, len(names))[:, [names.index(name) for name in known]]
    _check_whole(path, "evtId", table[:, 0], where)
    _, first, event = np.unique(table[:, 0], return_index=True, return_inverse=True)
    parameters = table[first, len(HIT_COLUMNS) :]
    for row in np.flatnonzero((table[:, len(HIT_COLUMNS) :] != parameters[event]).any(axis=1))[:1]:
        fail(
            path,
            where[row],
            f"Expected the parameters of line {where[first[event[row]]]}, same event; got others",
        )
    for row in np.flatnonzero(empty & (np.bincount(event)[event] > 1))[:1]:
        fail(path, where[row], "Expected a hit, as the event has further rows; got blank fields")
    order = np.argsort(event, kind="stable")
    order = order[~empty[order]]
    pad, time, amplitude = table[order, 1:4].T
    return Hits(event[order], pad, time, amplitude, where[order], parameters, where[first])


def _blank_hits(rows: list[list[str]], columns: list[int]) -> np.ndarray:
    """Which rows stand for an event without hits; their blank fields are filled with zeros."""
    empty = np.array([not any(row[column].strip() for column in columns) for row in rows])
    for index in np.flatnonzero(empty):
        for column in columns:
            rows[index][column] = "0"
    return empty


def _check(path: str | PathLike, hits: Hits) -> None:
    _check_whole(path, "pad", hits.pad, hits.line)
    _check_whole(path, "time bin", hits.time, hits.line)
    for hit in np.flatnonzero((hits.amplitude < 0) | (hits.amplitude > _LARGEST_AMPLITUDE))[:1]:
        fail(path, hits.line[hit], f"Expected an amplitude from 0 to 3.4e38; got {hits.amplitude[hit]}")
    order = np.lexsort((hits.time, hits.pad, hits.event))
    cells = np.stack([hits.event, hits.pad, hits.time])[:, order]
    for place in np.flatnonzero((cells[:, 1:] == cells[:, :-1]).all(axis=0))[:1]:
        _, pad, time = cells[:, place]
        line = hits.line[order[place + 1]]
        fail(path, line, f"Expected one hit a cell; got two in pad {pad:.0f}, time bin {time:.0f}")
    check_parameters(path, hits.parameters, hits.parameters_line)


def _check_whole(path: str | PathLike, name: str, values: np.ndarray, lines: np.ndarray) -> None:
    for place in np.flatnonzero((values != np.rint(values)) | (np.abs(values) >= _LARGEST_WHOLE))[:1]:
        fail(path, lines[place], f"Expected {name} as a whole number below 2^31; got {values[place]}")
