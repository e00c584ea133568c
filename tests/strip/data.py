"""Signals of a strip of 24 cells: charge, time and whether the cell was read out."""

from typing import Any

import numpy as np

from jaxgen import checks
from jaxgen.data import conditions
from jaxgen.data.dataset import Column, Dataset, Spec, as_batch, split

COLUMNS = (
    Column("charge", "fC", 0.0),
    Column("time", "ns", 0.0, 100.0),
    Column("valid", kind="flag", low=0.0, high=1.0),
)
CONDITION = (
    Column("position", "mm", -60.0, 60.0),
    Column("particle", kind="label", labels=("pion", "electron"), low=0.0, high=1.0, default=0.0),
)
PITCH = 10.0  # mm


def dataset(
    signals: Any,
    condition: Any = None,
    *,
    test_fraction: float = 0.25,
    seed: int = 42,
    validation: float = 0.0,
    **columns: Any,
) -> Dataset:
    """A data set of arrays: signals [N, cells, 3], and what is known of the particles."""
    signals = np.asarray(signals, np.float32)
    checks.shape("signals", signals, (None, None, len(COLUMNS)))
    table, used = conditions.of_events(CONDITION, len(signals), condition, columns)
    spec = Spec("strip", ("cell", "number"), signals.shape[1:], COLUMNS, used)
    return split(
        as_batch(signals, table), spec, test_fraction=test_fraction, seed=seed, validation=validation
    )


def simulate(
    seed: int = 0, number: int = 2000, *, cells: int = 24, known: bool = True, validation: float = 0.0
) -> Dataset:
    """Gaussian clouds of charge around the track, wider for electrons, now and then a dead cell."""
    draw = np.random.default_rng(seed)
    position = draw.uniform(-60, 60, number)
    particle = draw.integers(0, 2, number)
    centres = PITCH * (np.arange(cells) - (cells - 1) / 2)
    width = np.where(particle == 1, 18.0, 9.0)[:, None]
    total = draw.lognormal(3.0, 0.4, number)[:, None]
    shape = np.exp(-0.5 * ((centres - position[:, None]) / width) ** 2) * PITCH / width
    valid = draw.random((number, cells)) > 0.02
    charge = total * shape * draw.gamma(20.0, 0.05, shape.shape) * valid
    time = (30 + 0.3 * np.abs(centres - position[:, None]) + draw.normal(0, 1.0, shape.shape)) * valid
    signals = np.stack([charge, time, valid], axis=-1)
    given = {"position": position, "particle": particle} if known else {}
    data = dataset(signals, validation=validation, **given)
    return data.made_by(simulate=seed, number=number, cells=cells, known=known, validation=validation)
