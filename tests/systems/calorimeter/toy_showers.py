"""Small samples of round showers with a given response, in plain NumPy."""

import numpy as np

from jaxgen.base import Batch
from jaxgen.systems.calorimeter.cells import CENTRES

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
