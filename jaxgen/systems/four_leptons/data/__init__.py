"""Data sets of events with two Z bosons, or a Higgs boson, decaying to four leptons."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data import conditions
from jaxgen.data.dataset import Column, Dataset, Spec, as_batch, split
from jaxgen.systems.four_leptons.data.encoding import channel_of_events, masses
from jaxgen.systems.four_leptons.data.event_files import is_events, read_events, write_events
from jaxgen.systems.four_leptons.slots import CHANNELS, SHAPE

COLUMNS = (
    Column("E", "GeV", 0.0),
    Column("px", "GeV"),
    Column("py", "GeV"),
    Column("pz", "GeV"),
)
"""Columns of each slot of an event."""

CONDITION = (
    Column("channel", "", 0.0, len(CHANNELS) - 1.0, "label", CHANNELS),
    Column("four_lepton_mass", "GeV", 80.0, 1000.0),
)
"""Possible columns of the condition; the range of the mass is nominal."""

CONDITIONS = {"none": 0, "channel": 1, "channel_mass": 2}
"""Number of these columns in each kind of condition."""

TEST_FRACTION = 0.2


def make_spec(*, number: int = 0) -> Spec:
    """The spec for a kind of condition with this number of columns.

    >>> make_spec(number=1).condition[0].labels
    ('4e', '4mu', '2e2mu')
    """
    return Spec("four_leptons", ("slot", "component"), SHAPE, COLUMNS, CONDITION[:number])


def read(
    path: str | PathLike, *, full: bool = False, condition: str = "none", validation: float = 0.0
) -> Dataset:
    """Reads a CSV file with four leptons per event and splits it into 80 % training and 20 % test events.

    Args:
      path: path of the file, with the columns `event_files.FIELDS` in any order.
      full: whether to train on all events, including those of the test split.
      condition: kind of condition, a key of `CONDITIONS`.
      validation: fraction of the training split that is reserved.

    Returns:
      Events [N, 8, 4] in GeV with their conditions, both float32.

    Raises:
      ValueError: for a malformed file, with the line, one with too few events to split, or an unknown
        condition.
    """
    source = {"read": str(Path(path).absolute())}
    events = read_events(path)
    try:
        return of_events(events, source, full=full, condition=condition, validation=validation)
    except ValueError as error:
        raise ValueError(f"{str(error).removesuffix('.')} in {path}.") from error


def of_events(
    events: np.ndarray,
    source: Mapping[str, Any] | None = None,
    *,
    full: bool = False,
    condition: str = "none",
    validation: float = 0.0,
) -> Dataset:
    """Splits events, with conditions computed from the events.

    Args:
      events: [N, 8, 4] in GeV.
      source: source of the events, if they can be recreated.
      full: as for `read`.
      condition: as for `read`.
      validation: as for `read`.
    """
    events = np.asarray(events, np.float32)
    known = conditions_of(events, condition)
    spec = make_spec(number=known.shape[1])
    batch = as_batch(events, known)
    data = split(batch, spec, test_fraction=TEST_FRACTION, full=full, validation=validation)
    if source is None:
        return data
    return data.made_by(**source, full=full, condition=condition, validation=validation)


def dataset(
    events: Any,
    condition: Any = None,
    *,
    test_fraction: float = TEST_FRACTION,
    seed: int = 42,
    validation: float = 0.0,
    **columns: Any,
) -> Dataset:
    """A data set from arrays.

    Args:
      events: [N, 8, 4] in GeV, slots in the order of `slots.SLOTS`, zero if empty.
      condition: a key of `CONDITIONS`, for conditions computed from the events; or an array [N, C] or columns
        by name.
      test_fraction: fraction of events in the test split.
      seed: seed of the split.
      validation: fraction of the training split that is reserved.
      **columns: columns of the condition as separate arguments: `channel`, as number or name, and
        `four_lepton_mass`, [N] each.

    Raises:
      ValueError: for other shapes or columns, momenta that are not finite, or masses that are not positive.

    >>> from jaxgen.systems.four_leptons import simulate
    >>> events = simulate(0, 10).train.data
    >>> dataset(events, channel="2e2mu", four_lepton_mass=125.0).test.condition.tolist()
    [[2.0, 125.0], [2.0, 125.0]]
    """
    events = np.asarray(events, np.float32)
    checks.shape("events", events, (None, *SHAPE))
    if not np.isfinite(events).all():
        raise ValueError("Expected finite momenta; got NaN or infinity.")
    if isinstance(condition, str) and not columns:
        condition = conditions_of(events, condition)
    table, used = conditions.of_events(CONDITION, len(events), condition, columns)
    _check_masses(table)
    spec = make_spec(number=len(used))
    return split(as_batch(events, table), spec, test_fraction=test_fraction, seed=seed, validation=validation)


def conditions_of(events: np.ndarray, kind: str) -> np.ndarray:
    """Conditions computed from events.

    Args:
      events: [N, 8, 4] in GeV.
      kind: a key of `CONDITIONS`.

    Returns:
      [N, 0], the channel [N, 1], or channel and four-lepton mass in GeV [N, 2], float32.

    Raises:
      ValueError: for an unknown kind or another shape, or a required mass that is not positive.
    """
    checks.one_of("the condition", kind, CONDITIONS)
    events = np.asarray(events)
    checks.shape("events", events, (None, *SHAPE))
    mass = masses(events.sum(axis=1, dtype=np.float64))
    known = np.stack([channel_of_events(events), mass], axis=-1)[:, : CONDITIONS[kind]]
    _check_masses(known)
    return known.astype(np.float32)


def _check_masses(condition: np.ndarray) -> None:
    """Raises unless all masses are positive, as their logarithms are input features."""
    for event in np.flatnonzero(~(condition[:, 1:] > 0).all(axis=1))[:1]:
        raise ValueError(
            f"Expected four-lepton masses above zero; got {condition[event, 1]} in event {event}."
        )


def read_conditions(path: str | PathLike) -> dict[str, np.ndarray] | None:
    """Channel and four-lepton mass of the events of a CSV file, by name, [N] each; None for other files."""
    if not is_events(path):
        return None
    known = conditions_of(read_events(path), "channel_mass")
    return {column.name: values for column, values in zip(CONDITION, known.T, strict=True)}


def write(folder: str | PathLike, batch: Batch) -> None:
    """Writes generated.csv, the 20 columns of an event."""
    write_events(Path(folder) / "generated.csv", np.asarray(batch.data))
