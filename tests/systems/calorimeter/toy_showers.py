"""Small samples of round showers with a given response, in plain NumPy, and what is measured of them."""

import numpy as np

from jaxgen.base import Batch
from jaxgen.metrics.table import Samples, Table
from jaxgen.systems.calorimeter.cells import CENTRES
from jaxgen.systems.calorimeter.data import make_spec
from jaxgen.systems.calorimeter.data.conditions import kind_of
from jaxgen.systems.calorimeter.observables import observe

FRACTION = 0.15


def make(seed: int, number: int, *, gain: float = 1.0, width: float = 22.0, noise: float = 0.3) -> Batch:
    """Gaussian showers of 1 to 100 GeV around their impact points, each cell times a gamma variate."""
    rng = np.random.default_rng(seed)
    energy = rng.uniform(1, 100, number)
    centre = rng.uniform(-10, 10, (2, number))
    theta, phi, photon = (
        rng.uniform(0, 0.26, number),
        rng.uniform(-np.pi, np.pi, number),
        rng.integers(0, 2, number),
    )
    across = [np.exp(-((CENTRES - c[:, None]) ** 2) / (2 * width**2)) for c in centre]
    images = across[0][:, :, None] * across[1][:, None, :]
    images *= (1e3 * FRACTION * gain * energy / images.sum(axis=(1, 2)))[:, None, None]
    images = images * rng.gamma(1 / noise**2, noise**2, images.shape)
    images[images < 1e-3] = 0.0
    condition = np.stack([energy, *centre, theta, phi, photon], axis=1)
    return Batch(images.astype(np.float32), condition.astype(np.float32))


def without_condition(batch: Batch) -> Batch:
    return Batch(batch.data, batch.condition[:, :0])


def table(batch: Batch) -> Table:
    return observe(batch, make_spec(condition=kind_of(batch.condition.shape[1])))


def table_of(data: np.ndarray) -> Table:
    """Of showers of which nothing is known."""
    return table(Batch(data, np.zeros((len(data), 0), np.float32)))


def samples(test: Batch, generated: Batch, train: Batch) -> Samples:
    real, fake, other = map(table, (test, generated, train))
    return Samples(real, fake, other.first(fake.number), other)


def spoiled() -> Batch:
    """Showers of which 20 are empty and 4 not finite, with too much energy in one half."""
    batch = make(0, 160, noise=0.4)
    data = np.array(batch.data)
    data[:, 15:] *= 2.2
    data[100:120] = 0.0
    data[120:124] = np.nan
    return Batch(data, batch.condition)
