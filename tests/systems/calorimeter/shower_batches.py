"""Showers for tests of the calorimeter's data: random cells and conditions."""

import numpy as np

from jaxgen.base import Batch


def showers(number=8, *, columns=6, seed=0):
    """Energies over many decades, most cells empty, with valid conditions of so many columns."""
    rng = np.random.default_rng(seed)
    images = 10 ** rng.uniform(-9, 4, (number, 30, 30)) * (rng.random((number, 30, 30)) < 0.2)
    table = np.stack(
        [
            rng.uniform(1, 100, number),
            rng.uniform(-10.1, 10.1, number),
            rng.uniform(-10.1, 10.1, number),
            rng.uniform(0, 0.26, number),
            rng.uniform(-np.pi, np.pi, number),
            rng.integers(0, 2, number),
        ],
        axis=1,
    )
    return Batch(images.astype(np.float32), table[:, :columns].astype(np.float32))
