"""CSV files of four-lepton events: one event per row, with particle numbers and momenta of its leptons."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import numpy as np

from jaxgen import checks
from jaxgen.data import text_tables
from jaxgen.systems.four_leptons.data.encoding import KINDS, channel_of_numbers, decode, encode
from jaxgen.systems.four_leptons.slots import CHANNELS, SHAPE

FIELDS = tuple(name for i in "1234" for name in (f"pdg{i}", f"E{i}", f"p{i}x", f"p{i}y", f"p{i}z"))
"""Columns of a file, in the order of writing; they may be read in any order."""

CMS_FIELDS = tuple(name for i in "1234" for name in (f"PID{i}", f"E{i}", f"px{i}", f"py{i}", f"pz{i}"))
"""The corresponding names in the open data of CMS."""

_LARGEST = float(np.finfo(np.float32).max)


def read_events(path: str | PathLike) -> np.ndarray:
    """Reads all events of a CSV file, in order.

    Masses are not checked, so files of generated events can also be read.

    Args:
      path: path of the file, with the columns `FIELDS` or `CMS_FIELDS` in any order and case. Further columns
        are ignored, with a warning.

    Returns:
      [N, 8, 4] float32 in GeV.

    Raises:
      ValueError: for a malformed file, with the line.
    """
    lines = text_tables.read_lines(path)
    names, rows = text_tables.csv_rows(path, lines)
    place = _places(path, names)
    where = np.arange(2, len(rows) + 2)
    kept = [[row[i] for i in place] for row in rows]
    leptons = text_tables.numbers(path, kept, where).reshape(-1, 4, 5)
    _check_leptons(path, leptons, where)
    return encode(leptons[..., 0].astype(np.int64), leptons[..., 1:].astype(np.float32))


def is_events(path: str | PathLike) -> bool:
    """Whether a file contains four-lepton events, according to the first of its columns."""
    names = {name.strip(' "').lower() for name in text_tables.first_line(path).split(",")}
    return any({name.lower() for name in fields[:2]} <= names for fields in (FIELDS, CMS_FIELDS))


def _places(path: str | PathLike, names: list[str]) -> list[int]:
    """Positions of the columns of the leptons."""
    cms = "pid1" in map(str.lower, names)
    fields = CMS_FIELDS if cms else FIELDS
    found = text_tables.places(path, names, fields)
    if missing := [name for name in fields if name not in found]:
        got = f"none named {', '.join(missing)}" if found else ", ".join(names)[:200]
        text_tables.fail(path, 1, f"Expected the columns {', '.join(fields)}; got {got}")
    text_tables.warn_unused(path, names, found)
    return [found[name] for name in fields]


def _check_leptons(path: str | PathLike, leptons: np.ndarray, where: np.ndarray) -> None:
    numbers = leptons[..., 0]
    for row, lepton in np.argwhere(~np.isin(numbers, KINDS))[:1]:
        got = f"pdg{lepton + 1} = {numbers[row, lepton]:g}"
        text_tables.fail(path, where[row], f"Expected pdg numbers of 11, -11, 13 or -13; got {got}")
    for row in np.flatnonzero(channel_of_numbers(numbers) < 0)[:1]:
        got = ", ".join(f"{number:.0f}" for number in numbers[row])
        sentence = f"Expected two pairs of opposite charge and one flavour ({', '.join(CHANNELS)}); got {got}"
        text_tables.fail(path, where[row], sentence)
    for row in np.flatnonzero((np.abs(leptons) > _LARGEST).any(axis=(1, 2)))[:1]:
        text_tables.fail(
            path, where[row], f"Expected numbers up to 3.4e38; got {np.abs(leptons[row]).max():g}"
        )


def write_events(path: str | PathLike, events: np.ndarray) -> None:
    """Writes events as a CSV file, the inverse of `read_events` for events with ordered pairs.

    The pair nearer to the Z mass is written first, negative leptons before positive ones, and
    momenta with the fewest digits that reproduce the float32 value.

    Args:
      path: path of the file.
      events: [N, 8, 4] in GeV, N > 0; slots outside of an event's channel are not written.

    Raises:
      ValueError: for another shape, or momenta that are not finite.
    """
    events = np.asarray(events, np.float32)
    checks.shape("events", events, (None, *SHAPE))
    checks.positive(events=len(events))
    if not np.isfinite(events).all():
        raise ValueError("Expected finite momenta; got NaN or infinity.")
    Path(path).write_text("\n".join([",".join(FIELDS), *_rows(events)]) + "\n", encoding="ascii")


def _rows(events: np.ndarray) -> Iterator[str]:
    numbers, momenta = decode(events)
    fields = np.concatenate([numbers[..., None].astype("U16"), momenta.astype("U16")], axis=-1)
    return map(",".join, fields.reshape(len(events), -1).tolist())
