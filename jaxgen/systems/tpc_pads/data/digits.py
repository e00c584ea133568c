"""Reads and writes pad responses: windows of pads and time bins around the track."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxgen import checks
from jaxgen.data import text_tables
from jaxgen.data.advice import AdvisedError
from jaxgen.systems.tpc_pads.data import hits as tpc_hits
from jaxgen.systems.tpc_pads.data.hits import COUNTS, HIT_COLUMNS, PARAMETERS, Hits


class Window(NamedTuple):
    """Half-open ranges covered by an image, relative to the track if its position is known.

    Time bins are relative to the integer part of the drift length, and pads to the integer part of the pad
    coordinate, if the file has them; otherwise they are absolute.
    """

    pads: tuple[int, int]
    times: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of pads and of time bins."""
        return self.pads[1] - self.pads[0], self.times[1] - self.times[0]


def window_of(number: int) -> Window:
    """The window for files with this number of parameters.

    With 4 or 6 parameters it is the published one, 8 pads by 16 time bins around the track. With 0 or 2
    neither position is known: the published absolute window of 10 by 15. With 3 only the drift length is
    known: absolute pads as for 2 and relative time bins as for 4, which contain the published
    window for these files (pads 41 to 46, time bins -7 to 7).

    >>> window_of(6).shape, window_of(0).shape, window_of(3).shape
    ((8, 16), (10, 15), (10, 16))
    """
    checks.one_of("the number of parameters", number, COUNTS)
    pads = (-3, 5) if number >= 4 else (40, 50)
    times = (-7, 9) if number >= 3 else (265, 280)
    return Window(pads, times)


@dataclass(frozen=True)
class Digits:
    """Events of a file as images.

    Attributes:
      images: amplitude in ADC counts, [N, pads, time bins] float32, zero where there is no hit.
      parameters: track parameters, [N, P] float64, the first P of `tpc_hits.PARAMETERS`.
      window: range covered by the images.
      number_hits: number of hits in the file.
      number_cut: number of these hits outside of the window.
      affected: indices of the events that lost hits, [A].
    """

    images: np.ndarray
    parameters: np.ndarray
    window: Window
    number_hits: int
    number_cut: int
    affected: np.ndarray


def read_digits(path: str | PathLike, *, strict: bool = True, window: Window | None = None) -> Digits:
    """Reads a digits file or a CSV file, with 0, 2, 3, 4 or 6 parameters, into images.

    Args:
      path: path of the file.
      strict: whether a hit outside the window is an error. Otherwise such hits are ignored, and a warning
        states their number.
      window: range covered by the images; by default the one for the number of parameters in the file.

    Returns:
      The events, in the order of the file (of `evtId` in a CSV file).

    Raises:
      ValueError: for a malformed file or, if strict, a hit outside the window, with the line.
    """
    hits = tpc_hits.read_hits(path)
    window = window or window_of(hits.parameters.shape[1])
    first_pad, first_time = _first_cells(hits.parameters, window)
    pad = hits.pad - first_pad[hits.event]
    time = hits.time - first_time[hits.event]
    inside = (pad >= 0) & (pad < window.shape[0]) & (time >= 0) & (time < window.shape[1])
    images = np.zeros((len(hits.parameters), *window.shape), np.float32)
    images[hits.event[inside], pad[inside], time[inside]] = hits.amplitude[inside]
    affected = np.unique(hits.event[~inside])
    if len(affected):
        _report_cut(path, hits, ~inside, window, strict=strict)
    return Digits(images, hits.parameters, window, len(inside), int((~inside).sum()), affected)


def write_digits(
    path: str | PathLike,
    images: np.ndarray,
    parameters: np.ndarray,
    *,
    threshold: float = 1.0,
    window: Window | None = None,
) -> None:
    """Writes images as a digits file, the inverse of `read_digits`.

    The same input gives the same bytes. Numbers are written with the fewest digits that reproduce the
    float32 value (float64 for parameters of that type), and with at least three decimals, so only the
    cells below the threshold are lost.

    Args:
      path: path of the file.
      images: amplitude in ADC counts, [N, pads, time bins], converted to float32.
      parameters: track parameters, [N, P] with P = 0, 2, 3, 4 or 6.
      threshold: smallest amplitude that is written; cells of zero never are.
      window: range covered by the images; by default the one for P parameters.

    Raises:
      ValueError: for shapes that do not match, or numbers that are not finite.
    """
    _write(path, _digits_lines(_to_hits(images, parameters, threshold=threshold, window=window)))


def write_csv(
    path: str | PathLike,
    images: np.ndarray,
    parameters: np.ndarray,
    *,
    threshold: float = 1.0,
    window: Window | None = None,
) -> None:
    """Writes images as a CSV file, one hit per row; arguments and precision as for `write_digits`."""
    _write(path, _csv_lines(_to_hits(images, parameters, threshold=threshold, window=window)))


def convert(source: str | PathLike, target: str | PathLike) -> None:
    """Converts a digits file to CSV or the reverse, hit by hit, without windowing.

    The target is CSV if its name ends in `.csv`, otherwise a digits file.

    Raises:
      ValueError: for a malformed source, with the line.
    """
    hits = tpc_hits.read_hits(source)
    _write(target, _csv_lines(hits) if Path(target).suffix == ".csv" else _digits_lines(hits))


def read_parameters(path: str | PathLike) -> np.ndarray:
    """Reads only the track parameters, as conditions for sampling.

    Args:
      path: path of a digits file or a CSV file of hits.

    Returns:
      [N, P] float64, the first P of `tpc_hits.PARAMETERS`.

    Raises:
      ValueError: for a malformed file or one without parameters.
    """
    parameters = tpc_hits.read_hits(path).parameters
    if not parameters.shape[1]:
        text_tables.fail(path, 1, "Expected parameters of tracks; got hits alone")
    return parameters


def _first_cells(parameters: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Absolute pad and time bin of the first cell of each image, [N] each."""
    origin = np.zeros((2, len(parameters)), np.int64)
    if parameters.shape[1] >= 3:
        origin[1] = parameters[:, 2].astype(np.int64)
    if parameters.shape[1] >= 4:
        origin[0] = parameters[:, 3].astype(np.int64)
    return origin[0] + window.pads[0], origin[1] + window.times[0]


def _report_cut(path: str | PathLike, hits: Hits, cut: np.ndarray, window: Window, *, strict: bool) -> None:
    number, events = int(cut.sum()), len(np.unique(hits.event[cut]))
    pads, times = (f"[{low}, {high})" for low, high in window)
    count = (
        f"{number} of {len(cut)} hits ({number / len(cut):.3%}) in {events} of {len(hits.parameters)} events"
    )
    if strict:
        first = np.flatnonzero(cut)[0]
        where = f"pad {hits.pad[first]}, time bin {hits.time[first]}"
        range_text = f"in pads {pads} and time bins {times} of the window"
        sentence = f"Expected every hit {range_text}; got {where}, one of {count}"
        raise AdvisedError(
            f"{path}, line {hits.line[first]}: {sentence}.", ("strict", False), "leaves such hits out"
        )
    warnings.warn(
        f"{path}: {count} lie outside pads {pads}, time bins {times} and were left out.", stacklevel=3
    )


def _to_hits(images: np.ndarray, parameters: np.ndarray, *, threshold: float, window: Window | None) -> Hits:
    images, parameters = np.asarray(images, np.float32), np.asarray(parameters)
    if not np.issubdtype(parameters.dtype, np.floating):
        parameters = parameters.astype(np.float64)
    checks.shape("parameters", parameters, (len(images), None))
    window = window or window_of(parameters.shape[1])
    checks.shape("images", images, (None, *window.shape))
    checks.positive(events=len(images))
    if not np.isfinite(images).all():
        raise ValueError("Expected finite amplitudes; got NaN or infinity.")
    if not (np.abs(parameters) < 2**31).all() or (parameters[:, 4:5] % 1).any():
        raise ValueError("Expected finite parameters below 2^31 and whole pad rows; got others.")
    first_pad, first_time = _first_cells(parameters, window)
    event, pad, time = np.nonzero((images >= threshold) & (images > 0))
    amplitude = images[event, pad, time]
    nowhere = np.zeros(len(images), np.int64)
    return Hits(
        event,
        pad + first_pad[event],
        time + first_time[event],
        amplitude,
        nowhere[event],
        parameters,
        nowhere,
    )


def _digits_lines(hits: Hits) -> Iterable[str]:
    cells = zip(hits.pad.tolist(), hits.time.tolist(), _scientific(hits.amplitude), strict=True)
    triples = [f" {pad:3d} {time:3d} {amplitude}" for pad, time, amplitude in cells]
    ends = np.searchsorted(hits.event, np.arange(len(hits.parameters) + 1)).tolist()
    for index, row in enumerate(_parameter_fields(hits.parameters)):
        if row:
            yield "params: " + " ".join(
                f"{field:>2}" if place == 4 else f"{field:>6}" for place, field in enumerate(row)
            )
        line = "".join(triples[ends[index] : ends[index + 1]])
        yield f"{line} " if line else ""


def _csv_lines(hits: Hits) -> Iterable[str]:
    yield ",".join(HIT_COLUMNS + PARAMETERS[: hits.parameters.shape[1]])
    cells = zip(hits.pad.tolist(), hits.time.tolist(), _scientific(hits.amplitude), strict=True)
    fields = [f"{pad},{time},{amplitude}" for pad, time, amplitude in cells]
    ends = np.searchsorted(hits.event, np.arange(len(hits.parameters) + 1)).tolist()
    for index, row in enumerate(_parameter_fields(hits.parameters)):
        for field in fields[ends[index] : ends[index + 1]] or [",,"]:
            yield ",".join([str(index), field, *row])


def _parameter_fields(parameters: np.ndarray) -> Iterable[list[str]]:
    for row in parameters:
        fields = [np.format_float_positional(value, min_digits=3) for value in row]
        if len(fields) > 4:
            fields[4] = np.format_float_positional(row[4], trim="-")
        yield fields


def _scientific(values: np.ndarray) -> list[str]:
    return [np.format_float_scientific(value, min_digits=3) for value in values]


def _write(path: str | PathLike, lines: Iterable[str]) -> None:
    Path(path).write_bytes(("\n".join(lines) + "\n").encode("ascii"))
