"""Mean energy in the cells of one shower, from its start, depth and width."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.base import Array
from jaxgen.systems.calorimeter.cells import CELL, CELLS
from jaxgen.systems.calorimeter.simulator.constants import (
    FIRST_SCINTILLATOR,
    LAYER,
    LAYERS,
    REFERENCE_ENERGY,
    WIDTHS,
    Constants,
)
from jaxgen.systems.calorimeter.simulator.deposits import gamma, normal

SLICE = 2 * LAYER
DEPTHS = FIRST_SCINTILLATOR + LAYER / 2 + SLICE * np.arange(LAYERS // 2)
"""Pairs of layers: their thickness and middles in mm."""

EDGES = (np.arange(CELLS + 1) - CELLS / 2) * CELL
"""Edges of the cells along an axis in mm."""

CORE = 3
"""Number of the narrowest Gaussians whose energy is in clumps."""

SMALLEST_SHAPE = 1.3
OLDEST = 3.6
"""Limits of the Gamma shape, and of the age in the lateral profile, which is only calibrated up to there."""


class Fluctuations(NamedTuple):
    """Random properties of a shower with a given condition.

    Attributes:
      start: start of the shower in mm along the axis.
      depth: mean depth from the start, mm.
      shape: shape of the Gamma profile.
      offset: displacement of the axis along x and y in mm, [2].
      clumps: uniform numbers, [2, 33].
    """

    start: Array
    depth: Array
    shape: Array
    offset: Array
    clumps: Array


class FluctuationDraws(NamedTuple):
    """Random numbers above 0 and below 1.

    Attributes:
      normal: numbers to be made normal, [4].
      exponential: numbers to be made exponential, [3].
      clumps: [2, 33].
    """

    normal: Array
    exponential: Array
    clumps: Array


def fluctuate(draws: FluctuationDraws, condition: Array, *, constants: Constants) -> Fluctuations:
    """Random properties of one shower from random numbers and its condition [6].

    The logarithms of depth and shape are normal and correlated, as in G. Grindhammer and S. Peters
    (hep-ex/0001020, section 3), except for the fluctuations of the start.
    """
    c, (energy, photon) = constants, (condition[0], condition[5])
    gaussian, exponential = normal(draws.normal), -jnp.log(draws.exponential)
    growth = jnp.log(energy / REFERENCE_ENERGY) + photon * c.photon_energy
    spread = jnp.where(photon > 0.5, c.photon_spread, 1.0)
    start = (
        c.start * (1.0 + spread * (exponential[0] ** c.start_power - 1.0))
        + photon * c.conversion * exponential[1]
    )
    spread = spread * jnp.exp(c.spread_slope * growth)
    of_depth, of_shape = c.depth_spread * spread, c.shape_spread * spread
    second = c.correlation * gaussian[0] + jnp.sqrt(1.0 - c.correlation**2) * gaussian[1]
    wander = c.wander * (energy / REFERENCE_ENERGY) ** -c.wander_power
    return Fluctuations(
        start=start,
        depth=(c.depth + c.depth_slope * growth) * jnp.exp(of_depth * (gaussian[0] - of_depth / 2)),
        shape=jnp.maximum((c.shape + c.shape_slope * growth) * jnp.exp(of_shape * second), SMALLEST_SHAPE),
        offset=wander * jnp.sqrt(exponential[2]) * gaussian[2:],
        clumps=draws.clumps,
    )


def mean_cells(condition: Array, fluctuations: Fluctuations, *, constants: Constants) -> Array:
    """Mean energy in each cell of one shower.

    Args:
      condition: energy (GeV), x, y (mm), theta, phi (rad), 1 for a photon, [6].
      fluctuations: random properties of this shower.
      constants: constants of the calorimeter and the shower.

    Returns:
      Energies in MeV, [30, 30].
    """
    energy, x, y, theta, phi, _ = condition
    growth = jnp.log(energy / REFERENCE_ENERGY)
    seen = 1000.0 * energy * (constants.fraction + constants.fraction_slope * growth)
    layers = seen * _longitudinal(jnp.cos(theta), fluctuations)
    age = _age(jnp.asarray(DEPTHS) / jnp.cos(theta), growth, fluctuations, constants=constants)
    weights = layers[:, None] * _lateral(age, growth, constants=constants)
    weights = _in_clumps(weights, fluctuations.clumps, clump=constants.clump)
    slope = jnp.tan(theta)
    along_x = _bins(x + fluctuations.offset[0], slope * jnp.cos(phi))
    along_y = _bins(y + fluctuations.offset[1], slope * jnp.sin(phi))
    return jnp.einsum("dwi,dwj->ij", along_x * weights[..., None], along_y)


def _longitudinal(cosine: Array, fluctuations: Fluctuations) -> Array:
    """Fraction of the energy in each pair of layers [33]; leakage is not included."""
    start, depth, shape, *_ = fluctuations
    behind = DEPTHS / cosine - start
    t = jnp.maximum(behind, 1e-3) * shape / depth
    density = jnp.exp((shape - 1.0) * jnp.log(t) - t - lax.lgamma(shape)) * shape / depth
    return jnp.where(behind > 0, density * SLICE / cosine, 0.0)


def _age(depth: Array, growth: Array, fluctuations: Fluctuations, *, constants: Constants) -> Array:
    """Depths [33] / mean depth, closer to 1 in showers longer than the average at their energy."""
    c, (start, own_depth, shape, *_) = constants, fluctuations
    mean = start + own_depth
    length = own_depth / (mean * jnp.sqrt(shape))
    usual_depth = c.depth + c.depth_slope * growth
    usual_shape = jnp.maximum(c.shape + c.shape_slope * growth, SMALLEST_SHAPE)
    usual_length = usual_depth / ((c.start + usual_depth) * jnp.sqrt(usual_shape))
    return 1.0 + (depth / mean - 1.0) * (usual_length / length) ** c.lateral_shape


def _lateral(age: Array, growth: Array, *, constants: Constants) -> Array:
    """Weights of the Gaussians [33, 7] for the ages [33]."""
    t = jnp.clip(age, 0.0, OLDEST)[:, None]
    constant, *powers, with_energy = jnp.asarray(constants.lateral).T
    logarithm = constant + with_energy * growth
    return jax.nn.softmax(logarithm + sum(a * t**n for n, a in enumerate(powers, start=1)), axis=-1)


def _in_clumps(weights: Array, uniform: Array, *, clump: Array | float) -> Array:
    """Fluctuations of the core of each layer due to clumps, with its sum over all layers fixed."""
    layers = jnp.sum(weights, axis=-1)
    shape = jnp.maximum(layers / clump, 1e-3)
    factor = jnp.where(layers > 1e-3, gamma(shape, uniform[0], uniform[1]) / shape, 1.0)
    core = jnp.sum(weights[:, :CORE], axis=-1)
    factor = factor * (jnp.sum(core) / (jnp.sum(core * factor) + 1e-30))
    return jnp.where(np.arange(len(WIDTHS)) < CORE, factor[:, None], 1.0) * weights


def _bins(origin: Array, slope: Array) -> Array:
    """Fraction of each Gaussian in cells along an axis [33, 7, 30], centred at origin + slope * depth."""
    width = jnp.sqrt(jnp.square(jnp.asarray(WIDTHS)) + (SLICE * slope) ** 2 / 12.0)
    middle = (origin + DEPTHS * slope)[:, None, None]
    return jnp.diff(0.5 * lax.erf((EDGES - middle) / (math.sqrt(2.0) * width[:, None])), axis=-1)
