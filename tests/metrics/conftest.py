from pathlib import Path

import numpy as np
import pytest

from jaxgen.base import Batch


def read_digits(path: Path) -> Batch:
    """The real events, read here in the plainest way so that these tests need no data set module."""
    lines = path.read_text().splitlines()
    images = np.zeros((len(lines) // 2, 8, 16), np.float32)
    condition = np.array([line.split(":")[1].split() for line in lines[::2]], np.float64)
    for image, (_, _, drift, pad, *_), hits in zip(images, condition, lines[1::2], strict=True):
        pads, times, amplitudes = np.array(hits.split(), np.float64).reshape(-1, 3).T
        image[(pads - int(pad) + 3).astype(int), (times - int(drift) + 7).astype(int)] = amplitudes
    return Batch(images, condition)


@pytest.fixture(scope="session")
def real_events(real_data) -> Batch:
    return read_digits(real_data / "tpc_digits.dat")


@pytest.fixture(scope="session")
def real_split(real_events) -> tuple[Batch, Batch]:
    """Test 1,000 and train 3,000, as scikit-learn splits them with seed 42."""
    order = np.random.RandomState(42).permutation(len(real_events.data))
    test, train = order[:1000], order[1000:]
    return Batch(*(x[test] for x in real_events)), Batch(*(x[train] for x in real_events))
