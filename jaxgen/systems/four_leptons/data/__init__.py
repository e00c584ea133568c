"""Events of two Z bosons, or a Higgs boson, decaying to four leptons."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import cast

import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Batch
from jaxgen.data import text_tables
from jaxgen.data.dataset import Column, Dataset, Spec, split
from jaxgen.systems.four_leptons.data.encoding import (
    KINDS,
    channel_of_events,
    channel_of_numbers,
    decode,
    encode,
    masses,
)
from jaxgen.systems.four_leptons.slots import CHANNELS, SLOTS

__all__ = [
    "COLUMNS",
    "CONDITIONS",
    "as_dataset",
    "conditions_of",
    "features",
    "log_mass_statistics",
    "make_spec",
    "read",
    "read_events",
    "write",
]

COLUMNS = tuple(name for i in "1234" for name in (f"pdg{i}", f"E{i}", f"p{i}x", f"p{i}y", f"p{i}z"))
"""Columns of a file, in the order in which they are written; they may be read in any."""

CONDITIONS = {
    "none": (),
    "channel": (Column("channel", "", 0.0, 2.0),),
    "channel_mass": (
        Column("channel", "", 0.0, 2.0),
        Column("four-lepton mass", "GeV", 80.0, 1000.0),
    ),
}
"""Columns of each kind of condition; the channel is an index into `leptons.CHANNELS`."""

_LARGEST = float(np.finfo(np.float32).max)


def make_spec(*, condition: str = "none") -> Spec:
    """What the arrays mean; the range of the mass is nominal.

    >>> make_spec(condition="channel").shape
    (8, 4)
    """
    checks.one_of("the condition", condition, CONDITIONS)
    return Spec("four_lepton", ("slot", "component"), (len(SLOTS), 4), "GeV", CONDITIONS[condition])


def read(
    path: str | PathLike,
    *,
    test_fraction: float = 0.2,
    seed: int = 42,
    full: bool = False,
    condition: str = "none",
) -> Dataset:
    """Reads a CSV file of four leptons an event, split into events to train on and to test with.

    Numbers are taken as they stand: nothing is asked of the masses, so files of generated events read too.

    Args:
      path: of the file, with the columns `COLUMNS` in any order.
      test_fraction: share of the test split.
      seed: of the split.
      full: whether to train on all events, those of the test split included.
      condition: what is known of each event, a key of `CONDITIONS`.

    Returns:
      Events [N, 8, 4] in GeV with their conditions, both float32.

    Raises:
      ValueError: for a malformed file, naming the line, one too short to split, or an unknown condition.
    """
    return as_dataset(
        read_events(path), test_fraction=test_fraction, seed=seed, full=full, condition=condition
    )


def as_dataset(
    events: np.ndarray,
    *,
    test_fraction: float = 0.2,
    seed: int = 42,
    full: bool = False,
    condition: str = "none",
) -> Dataset:
    """Splits events [N, 8, 4] in GeV and adds their conditions; arguments as for `read`."""
    spec = make_spec(condition=condition)
    events = np.asarray(events, np.float32)
    batch = Batch(cast(Array, events), cast(Array, conditions_of(events, condition)))
    data = split(batch, spec, test_fraction=test_fraction, seed=seed)
    return Dataset(batch, data.test, spec) if full else data


def read_events(path: str | PathLike) -> np.ndarray:
    """Reads all events of a CSV file, in its order, [N, 8, 4] float32 in GeV; raises as `read` does."""
    lines = text_tables.read_lines(path)
    names, rows = text_tables.csv_rows(path, lines)
    _check_columns(path, names)
    where = np.arange(2, len(lines) + 1)
    table = text_tables.numbers(path, rows, where).reshape(-1, len(names))
    leptons = table[:, [names.index(name) for name in COLUMNS]].reshape(-1, 4, 5)
    _check_leptons(path, leptons, where)
    return encode(leptons[..., 0].astype(np.int64), leptons[..., 1:].astype(np.float32))


def _check_columns(path: str | PathLike, names: list[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            text_tables.fail(path, 1, f"Expected the columns {', '.join(COLUMNS)}; got {name[:40]!r}")
        if names.count(name) > 1:
            text_tables.fail(path, 1, f"Expected each column once; got {name} {names.count(name)} times")
    if missing := [name for name in COLUMNS if name not in names]:
        text_tables.fail(path, 1, f"Expected {len(COLUMNS)} columns; got none named {', '.join(missing)}")


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


def write(path: str | PathLike, events: np.ndarray) -> None:
    """Writes events as a CSV file, the inverse of `read_events` for events whose pairs are in order.

    Pairs are written with the one nearer to the Z mass first, negative leptons before positive ones, and
    momenta with the fewest digits that give back the very same float32.

    Args:
      path: of the file.
      events: [N, 8, 4] in GeV, N > 0; slots outside of an event's channel are not written.

    Raises:
      ValueError: for another shape, or momenta that are not finite.
    """
    events = np.asarray(events, np.float32)
    checks.shape("events", events, (None, len(SLOTS), 4))
    checks.positive(events=len(events))
    if not np.isfinite(events).all():
        raise ValueError("Expected finite momenta; got NaN or infinity.")
    Path(path).write_text("\n".join([",".join(COLUMNS), *_rows(events)]) + "\n", encoding="ascii")


def _rows(events: np.ndarray) -> Iterator[str]:
    numbers, momenta = decode(events)
    fields = np.concatenate([numbers[..., None].astype("U16"), momenta.astype("U16")], axis=-1)
    return map(",".join, fields.reshape(len(events), -1).tolist())


def conditions_of(events: np.ndarray, kind: str) -> np.ndarray:
    """What is known of each event.

    Args:
      events: [N, 8, 4] in GeV.
      kind: a key of `CONDITIONS`.

    Returns:
      [N, 0], the channel [N, 1], or channel and four-lepton mass in GeV [N, 2], float32.

    Raises:
      ValueError: for another kind or shape, or a mass asked for that is not above zero.
    """
    checks.one_of("the condition", kind, CONDITIONS)
    events = np.asarray(events)
    checks.shape("events", events, (None, len(SLOTS), 4))
    mass = masses(events.sum(axis=1, dtype=np.float64))
    if kind == "channel_mass" and not (mass > 0).all():
        event = np.flatnonzero(~(mass > 0))[0]
        raise ValueError(f"Expected four-lepton masses above zero; got E^2 - p^2 <= 0 in event {event}.")
    known = np.stack([channel_of_events(events), mass], axis=-1)
    return known[:, : len(CONDITIONS[kind])].astype(np.float32)


def features(condition: Array, *, mean: float = 0.0, std: float = 1.0) -> Array:
    """What networks see of a condition: the channel one-hot and the logarithm of the mass.

    Args:
      condition: [..., 0], [..., 1] or [..., 2] as from `conditions_of`.
      mean: of the logarithm of the mass in GeV, see `log_mass_statistics`.
      std: its standard deviation, above zero.

    Returns:
      [..., 0], [..., 3] or [..., 4]; the last is (log mass - mean) / std.

    Raises:
      ValueError: for more columns.

    >>> features(jnp.array([[1.0, 100.0]]), mean=np.log(100.0)).tolist()
    [[0.0, 1.0, 0.0, 0.0]]
    """
    condition = jnp.asarray(condition)
    checks.one_of("the number of columns of a condition", condition.shape[-1], range(3))
    if not condition.shape[-1]:
        return condition
    one_hot = (condition[..., :1] == jnp.arange(len(CHANNELS))).astype(jnp.float32)
    return jnp.concatenate([one_hot, (jnp.log(condition[..., 1:]) - mean) / std], axis=-1)


def log_mass_statistics(condition: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of the mass, to standardize features with.

    Args:
      condition: of the training split, [N, 0], [N, 1] or [N, 2].

    Returns:
      Both numbers; 0 and 1 where the mass is no part of the condition. A constant mass has 1 for the second.
    """
    condition = np.asarray(condition, np.float64)
    if condition.shape[-1] < 2:
        return 0.0, 1.0
    logarithm = np.log(condition[:, 1])
    mean, std = float(logarithm.mean()), float(logarithm.std())
    return mean, std if std > 1e-6 else 1.0
