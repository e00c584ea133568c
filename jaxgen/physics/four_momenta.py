"""Four-momenta (E, px, py, pz) in GeV on the last axis of every array."""

import jax.numpy as jnp

from jaxgen import numerics
from jaxgen.base import Array

ELECTRON_MASS = 0.00051099895
MUON_MASS = 0.1056583755
Z_MASS = 91.1876
Z_WIDTH = 2.4952


def mass_squared(momenta: Array) -> Array:
    """E^2 - px^2 - py^2 - pz^2, [..., 4] to [...] in GeV^2; negative for spacelike momenta.

    Written as (E - |p|)(E + |p|), which has smaller rounding errors.
    """
    length = numerics.safe_norm(momenta[..., 1:], axis=-1)
    return (momenta[..., 0] - length) * (momenta[..., 0] + length)


def mass(momenta: Array) -> Array:
    """Invariant mass in GeV, [..., 4] to [...]; NaN where its square is below zero.

    >>> float(mass(jnp.array([5.0, 0.0, 3.0, 0.0])))
    4.0
    """
    return jnp.sqrt(mass_squared(momenta))


def finite_mass(momenta: Array, *, floor: float = 1e-6) -> Array:
    """Invariant mass in GeV, with a floor on its square in GeV^2 so that all gradients are finite."""
    return jnp.sqrt(jnp.maximum(mass_squared(momenta), floor))


def transverse_momentum(momenta: Array) -> Array:
    """sqrt(px^2 + py^2) in GeV, [..., 4] to [...]."""
    return numerics.safe_norm(momenta[..., 1:3], axis=-1)


def pseudorapidity(momenta: Array) -> Array:
    """asinh(pz / pT), [..., 4] to [...]; zero for zero momentum.

    >>> round(float(pseudorapidity(jnp.array([2.0, 1.0, 0.0, 1.0]))), 4)
    0.8814
    """
    pt = transverse_momentum(momenta)
    return jnp.arcsinh(momenta[..., 3] / jnp.where(pt > 0, pt, 1.0)) * (pt > 0)


def azimuth(momenta: Array) -> Array:
    """atan2(py, px) in radians, within [-pi, pi], [..., 4] to [...]."""
    return jnp.arctan2(momenta[..., 2], momenta[..., 1])


def on_shell(momentum: Array, masses: Array | float) -> Array:
    """Four-momenta of particles with these masses, from [..., 3] to [..., 4].

    >>> on_shell(jnp.array([3.0, 0.0, 0.0]), 4.0).tolist()
    [5.0, 3.0, 0.0, 0.0]
    """
    energy = jnp.sqrt(jnp.sum(jnp.square(momentum), axis=-1) + jnp.square(masses))
    return jnp.concatenate([energy[..., None], momentum], axis=-1)


def boost(momenta: Array, frame: Array) -> Array:
    """Boosts momenta from the rest frame of `frame` to the frame in which `frame` is given.

    Args:
      momenta: [..., 4].
      frame: [..., 4], with positive mass.

    Returns:
      [..., 4].
    """
    m = mass(frame)[..., None]
    along = jnp.sum(frame[..., 1:] * momenta[..., 1:], axis=-1, keepdims=True)
    energy = (frame[..., :1] * momenta[..., :1] + along) / m
    factor = (momenta[..., :1] + energy) / (frame[..., :1] + m)
    return jnp.concatenate([energy, momenta[..., 1:] + factor * frame[..., 1:]], axis=-1)


def unboost(momenta: Array, frame: Array) -> Array:
    """Boosts momenta to the rest frame of `frame`; the inverse of `boost`."""
    return boost(momenta, frame * jnp.array([1.0, -1.0, -1.0, -1.0]))


def two_body_momentum(parent: Array, first: Array | float, second: Array | float) -> Array:
    """Momentum in GeV of the two decay products of a parent at rest; 0 below threshold."""
    product = (parent**2 - (first + second) ** 2) * (parent**2 - (first - second) ** 2)
    return numerics.safe_sqrt(product) / (2 * parent)
