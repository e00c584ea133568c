"""Reads the hits of pad responses from text files, without windowing.

Two layouts are supported. `digits.dat` has two lines per event, `params:` with the track parameters and then
a flat list of triples pad, time bin, amplitude; files without track parameters have only the second line.
The CSV has one hit per row under the header `evtId,ipad,itime,amp`, with the track parameters repeated
in further columns. Both support 0, 2, 3, 4 or 6 track parameters.
"""

from dataclasses import dataclass, replace
from os import PathLike

import numpy as np

from jaxgen.data import text_tables

PARAMETERS = ("crossing_angle", "dip_angle", "drift_length", "pad_coordinate", "row", "pT")
COUNTS = (0, 2, 3, 4, 6)
HIT_COLUMNS = ("evtId", "ipad", "itime", "amp")

_LARGEST_WHOLE = 2**31
_LARGEST_AMPLITUDE = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Hits:
    """All hits of a file and the tracks that they belong to.

    Attributes:
      event: index of the event of each hit, [H], ascending.
      pad: absolute pad, [H] int64.
      time: absolute time bin, [H] int64.
      amplitude: ADC counts, [H], float64.
      line: line number in the file, from 1, [H].
      parameters: track parameters of each event, [N, P] float64, the first P of `PARAMETERS`: crossing angle
        and dip angle in degrees, drift length in time bins, pad coordinate in pads, pad row, transverse
        momentum in GeV.
      parameters_line: line number of the parameters in the file, [N].
    """

    event: np.ndarray
    pad: np.ndarray
    time: np.ndarray
    amplitude: np.ndarray
    line: np.ndarray
    parameters: np.ndarray
    parameters_line: np.ndarray


def read_hits(path: str | PathLike) -> Hits:
    """Reads a digits file or a CSV file; the format is detected from the first line.

    In a digits file a blank line in place of hits is an event without hits. In a CSV file such an event is
    one row with blank `ipad`, `itime` and `amp`.

    Args:
      path: path of the file, ASCII.

    Returns:
      Every hit of the file.

    Raises:
      ValueError: for any malformed content, with the file and the line.
    """
    lines = text_tables.read_lines(path)
    hits = _from_csv(path, lines) if text_tables.is_csv(lines) else _from_digits(path, lines)
    _check(path, hits)
    return replace(hits, pad=hits.pad.astype(np.int64), time=hits.time.astype(np.int64))


def is_hits(path: str | PathLike) -> bool:
    """Whether a file is a digits file with parameters or a CSV file of hits, according to its first line."""
    line = text_tables.first_line(path)
    names = {name.strip(' "').lower() for name in line.split(",")}
    return line.startswith("params:") or {name.lower() for name in HIT_COLUMNS} <= names


def _check_parameters(path: str | PathLike, parameters: np.ndarray, lines: np.ndarray) -> None:
    """Raises unless the parameters [N, P] are below 2^31 and pad rows are integers."""
    for name, column in zip(PARAMETERS, parameters.T, strict=False):
        if name == "row":
            _check_whole(path, name, column, lines)
        for event in np.flatnonzero(np.abs(column) >= _LARGEST_WHOLE)[:1]:
            text_tables.fail(path, lines[event], f"Expected {name} below 2^31; got {column[event]}")


def _from_digits(path: str | PathLike, lines: list[str]) -> Hits:
    fields = [line.split() for line in lines]
    stride = 2 if fields[0][:1] == ["params:"] else 1
    parameters = _digits_parameters(path, fields) if stride == 2 else np.zeros((len(fields), 0))
    rows = fields[stride - 1 :: stride]
    where = np.arange(stride, len(fields) + 1, stride)
    for line, row in zip(where, rows, strict=True):
        if row and row[0] == "params:":
            text_tables.fail(path, line, "Expected the hits of the event; got another line of parameters")
        if len(row) % 3:
            text_tables.fail(
                path, line, f"Expected triples of pad, time bin and amplitude; got {len(row)} numbers"
            )
    pad, time, amplitude = text_tables.numbers(path, rows, where).reshape(-1, 3).T
    count = [len(row) // 3 for row in rows]
    event = np.repeat(np.arange(len(rows)), count)
    return Hits(event, pad, time, amplitude, where[event], parameters, where - stride + 1)


def _digits_parameters(path: str | PathLike, fields: list[list[str]]) -> np.ndarray:
    heads = fields[0::2]
    where = np.arange(1, len(fields) + 1, 2)
    expected = len(heads[0]) - 1
    for line, head in zip(where, heads, strict=True):
        if head[:1] != ["params:"]:
            text_tables.fail(
                path, line, f"Expected a line that begins with params:; got {' '.join(head)[:40]!r}"
            )
        if len(head) - 1 not in COUNTS[1:]:
            text_tables.fail(path, line, f"Expected 2, 3, 4 or 6 parameters; got {len(head) - 1}")
        if len(head) - 1 != expected:
            text_tables.fail(path, line, f"Expected {expected} parameters as in line 1; got {len(head) - 1}")
    if len(fields) % 2:
        text_tables.fail(
            path, len(fields), "Expected a line of hits after the parameters; got the end of the file"
        )
    return text_tables.numbers(path, [head[1:] for head in heads], where).reshape(-1, expected)


def _from_csv(path: str | PathLike, lines: list[str]) -> Hits:
    names, rows = text_tables.csv_rows(path, lines)
    place = text_tables.places(path, names, HIT_COLUMNS + PARAMETERS)
    count = len(place) - len(HIT_COLUMNS)
    known = HIT_COLUMNS + PARAMETERS[: max(count, 0)]
    if count not in COUNTS or set(place) != set(known):
        got = ",".join(names)[:200]
        text_tables.fail(path, 1, f"Expected the columns {','.join(HIT_COLUMNS)} and parameters; got {got}")
    text_tables.warn_unused(path, names, place)
    where = np.arange(2, len(rows) + 2)
    kept = [[row[place[name]] for name in known] for row in rows]
    empty = _blank_hits(kept)
    table = text_tables.numbers(path, kept, where).reshape(-1, len(known))
    _check_whole(path, "evtId", table[:, 0], where)
    _, first, event = np.unique(table[:, 0], return_index=True, return_inverse=True)
    parameters = table[first, len(HIT_COLUMNS) :]
    for row in np.flatnonzero((table[:, len(HIT_COLUMNS) :] != parameters[event]).any(axis=1))[:1]:
        text_tables.fail(
            path,
            where[row],
            f"Expected the parameters of line {where[first[event[row]]]}, same event; got others",
        )
    for row in np.flatnonzero(empty & (np.bincount(event)[event] > 1))[:1]:
        text_tables.fail(path, where[row], "Expected a hit, as the event has further rows; got blank fields")
    order = np.argsort(event, kind="stable")
    order = order[~empty[order]]
    pad, time, amplitude = table[order, 1:4].T
    return Hits(event[order], pad, time, amplitude, where[order], parameters, where[first])


def _blank_hits(rows: list[list[str]]) -> np.ndarray:
    """Rows that represent an event without hits; their blank fields are replaced by zeros."""
    hit = slice(1, len(HIT_COLUMNS))
    empty = np.array([not any(map(str.strip, row[hit])) for row in rows])
    for index in np.flatnonzero(empty):
        rows[index][hit] = ["0"] * (len(HIT_COLUMNS) - 1)
    return empty


def _check(path: str | PathLike, hits: Hits) -> None:
    _check_whole(path, "pad", hits.pad, hits.line)
    _check_whole(path, "time bin", hits.time, hits.line)
    for hit in np.flatnonzero((hits.amplitude < 0) | (hits.amplitude > _LARGEST_AMPLITUDE))[:1]:
        text_tables.fail(
            path, hits.line[hit], f"Expected an amplitude from 0 to 3.4e38; got {hits.amplitude[hit]}"
        )
    order = np.lexsort((hits.time, hits.pad, hits.event))
    cells = np.stack([hits.event, hits.pad, hits.time])[:, order]
    for place in np.flatnonzero((cells[:, 1:] == cells[:, :-1]).all(axis=0))[:1]:
        _, pad, time = cells[:, place]
        line = hits.line[order[place + 1]]
        text_tables.fail(
            path, line, f"Expected one hit a cell; got two in pad {pad:.0f}, time bin {time:.0f}"
        )
    _check_parameters(path, hits.parameters, hits.parameters_line)


def _check_whole(path: str | PathLike, name: str, values: np.ndarray, lines: np.ndarray) -> None:
    for place in np.flatnonzero((values != np.rint(values)) | (np.abs(values) >= _LARGEST_WHOLE))[:1]:
        text_tables.fail(
            path, lines[place], f"Expected {name} as a whole number below 2^31; got {values[place]}"
        )
