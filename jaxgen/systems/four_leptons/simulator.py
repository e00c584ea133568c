"""Built-in toy Monte Carlo of two Z bosons, or a Higgs boson, decaying to four leptons.

Masses, boost and angles are drawn from simple distributions, and the kinematics of the cascade X -> Z1 Z2 ->
4 leptons is exact. Numbers below without a source were fitted to quantiles of events of Pythia 8.317, 20,000
for each of q qbar -> (gamma*/Z)(gamma*/Z) above 40 GeV per pair and H -> ZZ, in pp at 13 TeV with initial-
and final-state radiation. Simplifications: all decays are isotropic, photon radiation reduces only the masses
of pairs, and electrons radiate like muons.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Key
from jaxgen.data.dataset import Dataset
from jaxgen.ops.random_numbers import as_key
from jaxgen.physics.four_momenta import Z_MASS, Z_WIDTH
from jaxgen.systems.four_leptons.data import of_events
from jaxgen.systems.four_leptons.representation import decay_angles
from jaxgen.systems.four_leptons.representation.labels import LABELS, lepton_masses, place

COLLISION_ENERGY = 13_000.0
"""Largest E + |pz| of an event in GeV."""

HIGGS_MASS = 125.0
HIGGS_WIDTH = 0.0041
"""Width of the Higgs boson in GeV in the standard model (LHC Higgs Cross Section Working Group,
arXiv:1610.07922).
"""

SMALLEST_PAIR_MASS = {"zz4l": 40.0, "h4l": 10.0}
"""GeV, before radiation."""

PHOTON_SHARE = 0.03
"""Fraction of pairs of zz4l from a virtual photon, whose mass distribution falls as the third power."""

LARGEST_LOSS = 0.5
LOSS_RANGE = 18.0
"""Fraction x of a pair's mass that is radiated, uniform in log x from the first down by the second."""

LARGEST_QUANTILE = 0.99995
"""Upper limits of long tails."""

_CELL = 0.5


class Burr(NamedTuple):
    """P(X < x) = 1 - (1 + (x / scale)^rise)^-fall (I. W. Burr, Ann. Math. Stat. 13, 215, 1942)."""

    scale: float
    rise: float
    fall: float

    def quantile(self, u: Array) -> Array:
        """The x with the cumulative probability u."""
        return self.scale * (jnp.power(1 - LARGEST_QUANTILE * u, -1 / self.fall) - 1) ** (1 / self.rise)


EXCESS = Burr(139.0, 1.29, 2.25)
"""Difference in GeV between the four-lepton mass of zz4l and the sum of the pair masses."""

TRANSVERSE_MOMENTUM = {"zz4l": Burr(40.9, 1.45, 1.83), "h4l": Burr(73.6, 1.55, 2.08)}
"""Transverse momentum in GeV of all four leptons."""

RAPIDITY_STD = {"zz4l": 0.5, "h4l": 0.375}
"""Standard deviation of the normal variable whose tanh is the rapidity in units of the largest one."""


def simulate(key: Key, number: int, *, process: str = "zz4l") -> Array:
    """Draws events of all channels: a quarter each 4e and 4mu, one half 2e2mu.

    Args:
      key: random key.
      number: number of events, N.
      process: "zz4l" or "h4l".

    Returns:
      Events [N, 8, 4] in GeV, float32, with ordered pairs, the one nearer to the Z mass first.

    Raises:
      ValueError: for another process or number.

    >>> simulate(jax.random.key(0), 10).shape
    (10, 8, 4)
    """
    checks.one_of("the process", process, TRANSVERSE_MOMENTUM)
    checks.count(number=number)
    keys = jax.random.split(key, 6)
    label = jax.random.randint(keys[0], (number,), 0, len(LABELS))
    m4l, pairs = (_higgs_masses if process == "h4l" else _pair_production_masses)(keys[1], number)
    m4l, pairs = _radiate(keys[2], m4l, pairs)
    pt, rapidity = _motion(keys[3], m4l, process=process)
    cosines = jax.random.uniform(keys[4], (number, 3), minval=-1.0)
    phis = jax.random.uniform(keys[5], (number, 4), minval=-np.pi, maxval=np.pi)
    boost = jnp.stack([pt, rapidity, phis[:, 0]], axis=-1)
    angles = jnp.stack([cosines, phis[:, 1:]], axis=-1).reshape(number, 6)
    variables = jnp.concatenate([m4l[:, None], _nearest_first(pairs), boost, angles], axis=-1)
    return place(label, decay_angles.to_momenta(variables, lepton_masses(label)))


def dataset(
    seed: int | Key,
    number: int = 20_000,
    *,
    process: str = "zz4l",
    full: bool = False,
    condition: str = "none",
    validation: float = 0.0,
) -> Dataset:
    """Simulates a data set and splits it into 80 % training and 20 % test events.

    Args:
      seed: seed, or a random key.
      number: number of events in all splits.
      process: "zz4l" or "h4l".
      full: whether to train on all events, including those of the test split.
      condition: kind of condition, a key of `data.CONDITIONS`.
      validation: fraction of the training split that is reserved.

    Returns:
      Events [N, 8, 4] in GeV with their conditions.

    Raises:
      ValueError: for an unknown process or condition, or a number too small to split.
    """
    events = np.asarray(
        simulate(as_key(seed), number, process=process)
    )  # not compiled, which would round differently
    source = {"simulate": seed, "number": number, "process": process} if isinstance(seed, int) else None
    return of_events(events, source, full=full, condition=condition, validation=validation)


def _pair_production_masses(key: Key, number: int) -> tuple[Array, Array]:
    """Four-lepton masses [N] and pair masses [N, 2] of zz4l."""
    choice_key, z_key, photon_key, excess_key = jax.random.split(key, 4)
    lowest = SMALLEST_PAIR_MASS["zz4l"]
    z = _breit_wigner(z_key, (number, 2), mass=Z_MASS, width=Z_WIDTH, low=lowest, high=COLLISION_ENERGY / 8)
    tail = 1 - LARGEST_QUANTILE * jax.random.uniform(photon_key, (number, 2))
    is_photon = jax.random.uniform(choice_key, (number, 2)) < PHOTON_SHARE
    pairs = jnp.where(is_photon, lowest / jnp.sqrt(tail), z)
    return pairs.sum(-1) + EXCESS.quantile(jax.random.uniform(excess_key, (number,))), pairs


def _higgs_masses(key: Key, number: int) -> tuple[Array, Array]:
    """Four-lepton masses [N] and pair masses [N, 2] of h4l, from a table of cells."""
    cell_key, place_key, mass_key = jax.random.split(key, 3)
    m4l = _breit_wigner(mass_key, (number,), mass=HIGGS_MASS, width=HIGGS_WIDTH, low=124.0, high=126.0)
    edges, density = _higgs_table()
    cumulative = np.cumsum(density.ravel()) / density.sum()
    draws = jax.random.uniform(cell_key, (number,))
    cell = jnp.minimum(jnp.searchsorted(jnp.asarray(cumulative, jnp.float32), draws), density.size - 1)
    corner = jnp.asarray(edges, jnp.float32)[jnp.stack(jnp.divmod(cell, len(edges)), axis=-1)]
    pairs = corner + _CELL * jax.random.uniform(place_key, (number, 2))
    return m4l, jnp.minimum(pairs, m4l[:, None] - pairs[:, ::-1] - 1e-3)


def _higgs_table() -> tuple[np.ndarray, np.ndarray]:
    """Lower edges of cells in the mass of a pair, and the number of decays in each pair of cells.

    The rate d Gamma / d m1^2 d m2^2 of H -> Z* Z* is that of A. Djouadi, Phys. Rept. 457, 1 (2008), 2.2.3.
    """
    edges = np.arange(SMALLEST_PAIR_MASS["h4l"], HIGGS_MASS - SMALLEST_PAIR_MASS["h4l"], _CELL)
    middle = edges + _CELL / 2
    line = middle / ((middle**2 - Z_MASS**2) ** 2 + (Z_MASS * Z_WIDTH) ** 2)
    x, y = (middle[:, None] / HIGGS_MASS) ** 2, (middle / HIGGS_MASS) ** 2
    room = np.where(middle[:, None] + middle < HIGGS_MASS, (1 - x - y) ** 2 - 4 * x * y, 0.0)
    return edges, line[:, None] * line * np.sqrt(room) * (room + 12 * x * y)


def _breit_wigner(
    key: Key, shape: tuple[int, ...], *, mass: float, width: float, low: float, high: float
) -> Array:
    """Masses from a relativistic Breit-Wigner distribution of fixed width, between two limits in GeV."""
    first, last = (np.arctan((limit**2 - mass**2) / (mass * width)) for limit in (low, high))
    angle = jax.random.uniform(key, shape, minval=first, maxval=last)
    return mass * jnp.sqrt(jnp.maximum(1 + width / mass * jnp.tan(angle), (low / mass) ** 2))


def _radiate(key: Key, m4l: Array, pairs: Array) -> tuple[Array, Array]:
    """Subtracts radiated photons from the masses of pairs and, by their sum, from that of all leptons."""
    loss = LARGEST_LOSS * jnp.exp(-LOSS_RANGE * jax.random.uniform(key, pairs.shape))
    return m4l - (loss * pairs).sum(-1), pairs * (1 - loss)


def _motion(key: Key, m4l: Array, *, process: str) -> tuple[Array, Array]:
    """Transverse momentum and rapidity of all leptons together."""
    momentum_key, rapidity_key = jax.random.split(key)
    pt = TRANSVERSE_MOMENTUM[process].quantile(jax.random.uniform(momentum_key, m4l.shape))
    largest = jnp.log(COLLISION_ENERGY / jnp.hypot(m4l, pt))
    drawn = RAPIDITY_STD[process] * jax.random.normal(rapidity_key, m4l.shape)
    return pt, largest * jnp.tanh(drawn)


def _nearest_first(pairs: Array) -> Array:
    distance = jnp.abs(pairs - Z_MASS)
    return jnp.where(distance[:, :1] > distance[:, 1:], pairs[:, ::-1], pairs)
