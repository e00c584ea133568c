"""Small samples of pad-like responses, and a data set's words for them."""

from typing import NamedTuple

import numpy as np
import pytest

from jaxgen.base import Batch


class Column(NamedTuple):
    name: str
    unit: str


class Words(NamedTuple):
    axes: tuple[str, ...]
    unit: str
    condition: tuple[Column, ...]


SPEC = Words(
    ("pad", "time bin"),
    "ADC counts",
    (
        Column("crossing_angle", "deg"),
        Column("dip_angle", "deg"),
        Column("drift_length", "time bin"),
        Column("pad_coordinate", "pad"),
        Column("row", ""),
        Column("pT", "GeV"),
    ),
)


def make_events(seed: int, number: int, *, gain: float = 1.0) -> Batch:
    """Blobs of noise around the middle, for random tracks of one momentum."""
    rng = np.random.default_rng(seed)
    blob = np.exp(-((np.arange(8) - 3.5) ** 2)[:, None] / 2 - (np.arange(16) - 7.5) ** 2 / 6)
    images = gain * 50 * blob * rng.gamma(2.0, 0.5, (number, 8, 16))
    images[images < 1] = 0
    track = rng.uniform([-20, -60, 35, 0], [20, 60, 290, 60], (number, 4))
    condition = np.concatenate([track, np.full((number, 1), 23.0), np.full((number, 1), 0.479)], axis=1)
    return Batch(images.astype(np.float32), condition.astype(np.float32))


@pytest.fixture(scope="session")
def spec() -> Words:
    return SPEC


@pytest.fixture(scope="session")
def real() -> Batch:
    return make_events(0, 200)


@pytest.fixture(scope="session")
def fake() -> Batch:
    return make_events(1, 240, gain=1.2)
