"""Four-lepton events, made and read here in the plainest way, and what is measured of them."""

from pathlib import Path

import numpy as np

from jaxgen.base import Batch
from jaxgen.metrics.table import Samples, Table
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.data import make_spec
from jaxgen.systems.four_leptons.observables import observe

FIRST_SLOT = {11: 0, -11: 2, 13: 4, -13: 6}


def batch(events: np.ndarray) -> Batch:
    return Batch(np.asarray(events, np.float32), np.zeros((len(events), 0), np.float32))


def table(events: np.ndarray) -> Table:
    return observe(batch(events), make_spec())


def samples(test: Table, generated: Table, train: Table) -> Samples:
    return Samples(test, generated, train.first(generated.number), train)


def make(seed: int, number: int, *, scale: float = 1.0) -> np.ndarray:
    """Massless leptons of exponential momenta in the slots of a random channel, [N, 8, 4]."""
    rng = np.random.default_rng(seed)
    momenta = rng.normal(size=(number, 4, 3)) * rng.exponential(40 * scale, (number, 4, 1))
    four = np.concatenate([np.linalg.norm(momenta, axis=-1, keepdims=True), momenta], axis=-1)
    events = np.zeros((number, 8, 4))
    slots = np.array(leptons.CHANNEL_SLOTS)[rng.integers(0, 3, number)]
    np.put_along_axis(events, slots[..., None], four, axis=1)
    return events


def spoiled(*, scale: float = 1.0) -> np.ndarray:
    """Events of which 20 have no four-lepton mass and 3 are not finite."""
    events = make(2, 160, scale=scale)
    events[:20, :, 0] = 0.0
    events[20:23] = np.nan
    return events


def read(path: Path, number: int) -> np.ndarray:
    """The first events of a file, [N, 8, 4]."""
    rows = np.loadtxt(path, delimiter=",", skiprows=1, max_rows=number)
    events = np.zeros((number, 8, 4))
    for event, row in zip(events, rows.reshape(-1, 4, 5), strict=True):
        for pdg, *momentum in row:
            slot = FIRST_SLOT[int(pdg)]
            event[slot + int(event[slot, 0] > 0)] = momentum
    return events
