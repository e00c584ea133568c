"""Real pad responses, and small samples of pad-like ones, with their observables."""

from pathlib import Path

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.data.dataset import Spec
from jaxgen.metrics.table import Samples, Table
from jaxgen.systems.tpc_pads.data import make_spec
from jaxgen.systems.tpc_pads.observables import observe


def read_digits(path: Path) -> Batch:
    """The real events, read here in the plainest way so that these tests need no reader."""
    lines = path.read_text().splitlines()
    images = np.zeros((len(lines) // 2, 8, 16), np.float32)
    condition = np.array([line.split(":")[1].split() for line in lines[::2]], np.float64)
    for image, (_, _, drift, pad, *_), hits in zip(images, condition, lines[1::2], strict=True):
        pads, times, amplitudes = np.array(hits.split(), np.float64).reshape(-1, 3).T
        image[(pads - int(pad) + 3).astype(int), (times - int(drift) + 7).astype(int)] = amplitudes
    return Batch(images, condition)


def make_events(seed: int, number: int, *, gain: float = 1.0) -> Batch:
    """Blobs of noise around the middle, for random tracks of one momentum."""
    draw = np.random.default_rng(seed)
    blob = np.exp(-((np.arange(8) - 3.5) ** 2)[:, None] / 2 - (np.arange(16) - 7.5) ** 2 / 6)
    images = gain * 50 * blob * draw.gamma(2.0, 0.5, (number, 8, 16))
    images[images < 1] = 0
    track = draw.uniform([-20, -60, 35, 0], [20, 60, 290, 60], (number, 4))
    condition = np.concatenate([track, np.full((number, 1), 23.0), np.full((number, 1), 0.479)], axis=1)
    return Batch(images.astype(np.float32), condition.astype(np.float32))


def observed(batch: Batch, *, spec: Spec | None = None) -> Table:
    return observe(batch, spec or make_spec(number=np.shape(batch.condition)[1]))


@pytest.fixture(scope="session")
def real_events(real_data) -> Table:
    return observed(read_digits(real_data / "tpc_digits.dat"))


@pytest.fixture(scope="session")
def real_split(real_events) -> tuple[Table, Table]:
    """Test 1,000 and train 3,000, as scikit-learn splits them with seed 42."""
    order = np.random.RandomState(42).permutation(real_events.number)
    return rows(real_events, order[:1000]), rows(real_events, order[1000:])


def rows(table: Table, chosen: np.ndarray | slice) -> Table:
    """Some events of a table, observed anew."""
    return observed(Batch(*(np.asarray(x)[chosen] for x in table.batch)))


@pytest.fixture(scope="session")
def real() -> Table:
    return observed(make_events(0, 200))


@pytest.fixture(scope="session")
def fake() -> Table:
    return observed(make_events(1, 240, gain=1.2))


@pytest.fixture(scope="session")
def samples(real, fake) -> Samples:
    return Samples(real, fake, observed(make_events(2, 240)), observed(make_events(3, 400)))
