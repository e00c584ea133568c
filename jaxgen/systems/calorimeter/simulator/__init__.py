"""Built-in simulator of electromagnetic showers in the 30 x 30 calorimeter.

A shower has a random start, a Gamma profile of random depth and shape along its axis, and a sum of Gaussians
across it whose weights change with depth. Cells receive a random number of spots and clusters of energy
around the resulting mean; energy behind the last layer or beside the cells is lost.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Key
from jaxgen.data.dataset import Dataset, as_batch
from jaxgen.ops.random_numbers import as_key
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.data import split_showers
from jaxgen.systems.calorimeter.data.conditions import LARGEST_ANGLE, LARGEST_IMPACT
from jaxgen.systems.calorimeter.simulator.constants import DEFAULT, Constants
from jaxgen.systems.calorimeter.simulator.deposits import DepositDraws, deposit, normal
from jaxgen.systems.calorimeter.simulator.profile import DEPTHS, FluctuationDraws, fluctuate, mean_cells

ENERGIES = (1.0, 100.0)
"""Range of energies in GeV of `draw_conditions`."""

CHUNK = 1000
"""Number of showers computed at a time; the showers depend on it."""

SMALLEST_FACTOR = 0.1
"""Limit of the fluctuation of the visible energy."""


def simulate(
    key: Key,
    condition: Array,
    *,
    constants: Constants = DEFAULT,
    noise: float = 0.0,
    threshold: float = 0.0,
) -> Array:
    """Simulates showers.

    Shower i depends only on the key, i and row i of the condition. Differentiable with respect to
    `condition` and `constants`; which cells are hit is held fixed.

    Args:
      key: random key.
      condition: [N, 6]: energy [GeV], impact point x, y on the front face [mm], angle theta from its normal
        and azimuth phi [rad], 1 for a photon and 0 for an electron. Values are checked unless they are
        traced.
      constants: constants of the calorimeter and the shower.
      noise: standard deviation of Gaussian noise in every cell, MeV; 0 for no noise.
      threshold: energies below this value in MeV are set to zero.

    Returns:
      Visible energies [N, 30, 30] in MeV in the scintillator of cell (ix, iy).

    Raises:
      ValueError: for a condition of another shape, energies that are not above zero, angles outside of
        [0, pi / 2), particles other than 0 and 1, or values that are not finite.

    >>> shower = jnp.array([[50.0, 0.0, 0.0, 0.1, 0.0, 1.0]])
    >>> simulate(jax.random.key(0), shower).shape
    (1, 30, 30)
    """
    condition = jnp.asarray(condition, jnp.float32)
    checks.shape("condition", condition, (None, 6))
    if not isinstance(condition, jax.core.Tracer):
        _check(np.asarray(condition))
    keys = jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(len(condition)))
    images = jax.vmap(partial(_shower, constants=constants))(keys, condition)
    if noise:
        images = images + noise * jax.vmap(partial(_noise, shape=images.shape[1:]))(keys)
    return jnp.where(images >= threshold, images, 0.0) if threshold else images


def draw_conditions(key: Key, number: int) -> Array:
    """Draws conditions with the distribution of the Geant4 showers.

    The energy is uniform from 1 to 100 GeV, the impact point uniform in a square of the size of a cell around
    the middle of the front face, theta up to 15 degrees; half of the particles are photons.

    Args:
      key: random key.
      number: number of showers, N.

    Returns:
      Conditions for `simulate`, [N, 6].

    >>> draw_conditions(jax.random.key(0), 3).shape
    (3, 6)
    """
    low = jnp.array([ENERGIES[0], -LARGEST_IMPACT, -LARGEST_IMPACT, 0.0, -np.pi, 0.0])
    high = jnp.array([ENERGIES[1], LARGEST_IMPACT, LARGEST_IMPACT, LARGEST_ANGLE, np.pi, 1.0])
    drawn = low + (high - low) * jax.random.uniform(key, (number, 6))
    return drawn.at[:, 5].set(jnp.round(drawn[:, 5]))


def dataset(
    seed: int | Key,
    number: int = 8_000,
    *,
    condition: str = "full",
    validation: float = 0.0,
    constants: Constants = DEFAULT,
    chunk: int = CHUNK,
) -> Dataset:
    """Simulates a data set and splits it into 75 % training and 25 % test events.

    Args:
      seed: seed, or a random key.
      number: number of showers in all splits.
      condition: kind of condition: "none", "energy", "impact" or "full".
      validation: fraction of the training split that is reserved.
      constants: constants of the simulator.
      chunk: number of showers computed at a time.

    Returns:
      Energies in MeV [N, 30, 30] with their conditions.

    Raises:
      ValueError: for an unknown condition, or a number too small to split.
    """
    checks.count(number=number, chunk=chunk)
    condition_key, event_key = jax.random.split(as_key(seed))
    conditions = np.asarray(draw_conditions(condition_key, number))
    compiled = jax.jit(simulate)
    padded = np.resize(conditions, (-(-number // chunk) * chunk, 6)) if number > chunk else conditions
    parts = [
        np.asarray(compiled(jax.random.fold_in(event_key, i), part, constants=constants))
        for i, part in enumerate(np.split(padded, max(1, len(padded) // chunk)))
    ]
    showers = as_batch(np.concatenate(parts)[:number], conditions)
    data = split_showers(showers, condition=condition, validation=validation)
    if not isinstance(seed, int) or constants is not DEFAULT or chunk != CHUNK:
        return data
    return data.made_by(simulate=seed, number=number, condition=condition, validation=validation)


def _shower(key: Key, condition: Array, *, constants: Constants) -> Array:
    """One shower: from the condition [6] to energies [30, 30].

    The sum is drawn independently of the distribution among cells, as it fluctuates less than spots and
    clusters would.
    """
    fluctuation_draws, deposit_draws, of_sum = _draw(key)
    fluctuations = fluctuate(fluctuation_draws, condition, constants=constants)
    mean = mean_cells(condition, fluctuations, constants=constants)
    energies = deposit(deposit_draws, mean, constants=constants)
    std = jnp.sqrt(constants.sampling**2 / condition[0] + constants.constant**2)
    factor = jnp.maximum(1.0 + std * normal(of_sum), SMALLEST_FACTOR)
    return energies * (factor * jnp.sum(mean) / jnp.maximum(jnp.sum(energies), 1e-9))


def _draw(key: Key) -> tuple[FluctuationDraws, DepositDraws, Array]:
    """All random numbers of a shower in one call, which compiles and runs faster than ten calls."""
    shapes = (
        (4,),
        (3,),
        (2, len(DEPTHS)),
        (3, CELLS, CELLS),
        (3, CELLS - 1, CELLS - 1),
        (2, CELLS - 1, CELLS - 1),
        (),
    )
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    uniform = jax.random.uniform(key, (ends[-1],), minval=1e-7)
    parts = [part.reshape(shape) for part, shape in zip(jnp.split(uniform, ends[:-1]), shapes, strict=True)]
    return FluctuationDraws(*parts[:3]), DepositDraws(*parts[3:6]), parts[6]


def _noise(key: Key, *, shape: tuple[int, ...]) -> Array:
    return jax.random.normal(jax.random.fold_in(key, 1), shape)


def _check(condition: np.ndarray) -> None:
    """Raises if a condition [N, 6] has an invalid value."""
    energy, theta, photon = condition[:, 0], condition[:, 3], condition[:, 5]
    rules = {
        "finite values": np.isfinite(condition).all(axis=1),
        "energies above zero": energy > 0,
        "theta from 0 to below pi / 2": (theta >= 0) & (theta < np.pi / 2),
        "1 for a photon or 0 for an electron": np.isin(photon, (0.0, 1.0)),
    }
    for expected, right in rules.items():
        if not right.all():
            row = int(np.argmin(right))
            raise ValueError(f"Expected {expected}; got {condition[row].tolist()} in row {row} of condition.")
