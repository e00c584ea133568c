"""Four leptons as the cascade X -> Z1 Z2 -> 4 leptons: three masses, a boost, and five angles.

All frames are reached by boosts along one axis, computed without cancellation of large numbers: along the
beam, then along the transverse momentum of X, then along the flight direction of a Z. The rest frame of X has
its z axis along the beam and its x axis along the transverse momentum of X; it is the Collins-Soper frame
(Phys. Rev. D 16, 2219, 1977). The decays of both Z are described in axes rotated to the direction of Z1, the
helicity frame of Z1, as usual for H -> ZZ (Phys. Rev. D 81, 075022, 2010).
"""

import jax.numpy as jnp
import numpy as np

from jaxgen import numerics
from jaxgen.base import Array
from jaxgen.systems.four_leptons.representation import labels

VARIABLES = (
    "four-lepton mass",
    "mass of Z1",
    "mass of Z2",
    "pT",
    "rapidity",
    "azimuth",
    "cos theta*",
    "phi*",
    "cos theta 1",
    "phi 1",
    "cos theta 2",
    "phi 2",
)
"""Masses and pT in GeV, angles in radians; angles with a star are of Z1, angles 1 and 2 of the negative
leptons.
"""

Components = tuple[Array, ...]
"""Momenta along x, y and z, in GeV."""

SMALLEST_VELOCITY = 1e-3
"""Smallest momentum of leptons in the rest frame of their Z; keeps a pair mass above threshold in float32."""


def from_momenta(momenta: Array, mass: Array) -> Array:
    """Decay variables of four leptons.

    Args:
      momenta: in GeV, [..., 4, 3]; negative and positive lepton of Z1, then of Z2.
      mass: masses of the leptons in GeV, [..., 4], equal within a pair.

    Returns:
      [..., 12] in the order of `VARIABLES`, azimuths within [-pi, pi].
    """
    leptons = (momenta[..., 0], momenta[..., 1], momenta[..., 2])
    transverse, rapidity = _motion(leptons, mass)
    pt, m4l = _length(transverse), _total_mass(momenta, mass)
    rest = _boost(leptons, mass, -jnp.sinh(rapidity)[..., None], axis=2)
    rest = _turn_to(rest, transverse)
    rest = _boost(rest, mass, -(pt / m4l)[..., None], axis=0)
    flight = tuple(0.5 * (p[..., 0] + p[..., 1] - p[..., 2] - p[..., 3]) for p in rest)
    cos_star, phi_star = _direction(flight)
    along = _turn(_turn_to(rest, flight[:2]), cos_star[..., None], -_sine(cos_star)[..., None], axes=(2, 0))
    pair_masses = labels.pair_mass(momenta[..., ::2, :], momenta[..., 1::2, :], mass[..., ::2])
    decays = _boost(along, mass, -_flight_boost(_length(flight), pair_masses), axis=2)
    cosines, phis = _direction(tuple(p[..., ::2] - p[..., 1::2] for p in decays))
    azimuth = jnp.arctan2(transverse[1], transverse[0])
    scalars = (m4l, pair_masses[..., 0], pair_masses[..., 1], pt, rapidity, azimuth, cos_star, phi_star)
    angles = (cosines[..., 0], phis[..., 0], cosines[..., 1], phis[..., 1])
    return jnp.stack((*scalars, *angles), axis=-1)


def to_momenta(variables: Array, mass: Array) -> Array:
    """Leptons from decay variables; the inverse of `from_momenta`.

    Cosines beyond 1 are clipped and azimuths wrap. For a pair mass below its threshold the leptons are slow
    in the rest frame of the pair, and for pair masses that sum to more than the four-lepton mass both Z are
    at rest in the frame of X.

    Args:
      variables: [..., 12] in the order of `VARIABLES`; masses above zero.
      mass: masses of the leptons in GeV, [..., 4], equal within a pair.

    Returns:
      [..., 4, 3] in GeV.
    """
    m4l, mz1, mz2, pt, rapidity, azimuth, cos_star, phi_star, *_ = jnp.moveaxis(variables, -1, 0)
    cos_star, pair_masses = jnp.clip(cos_star, -1.0, 1.0), variables[..., 1:3]
    decays = _decays(pair_masses, mass, jnp.clip(variables[..., 8::2], -1.0, 1.0), variables[..., 9::2])
    flight = _flight_momentum(m4l, mz1, mz2)
    along = _boost(decays, mass, _flight_boost(flight, pair_masses), axis=2)
    rest = _turn(along, cos_star[..., None], _sine(cos_star)[..., None], axes=(2, 0))
    rest = _turn(rest, jnp.cos(phi_star)[..., None], jnp.sin(phi_star)[..., None], axes=(0, 1))
    moving = _boost(rest, mass, (pt / m4l)[..., None], axis=0)
    moving = _turn(moving, jnp.cos(azimuth)[..., None], jnp.sin(azimuth)[..., None], axes=(0, 1))
    return jnp.stack(_boost(moving, mass, jnp.sinh(rapidity)[..., None], axis=2), axis=-1)


def _motion(leptons: Components, mass: Array) -> tuple[Components, Array]:
    """Transverse momentum along x and y, and rapidity, of all leptons together."""
    x, y, z = leptons
    transverse_mass = jnp.sqrt(jnp.square(mass) + jnp.square(x) + jnp.square(y))
    forward, backward = (labels.light_cone(sign * z, transverse_mass).sum(-1) for sign in (1, -1))
    return (x.sum(-1), y.sum(-1)), 0.5 * jnp.log(forward / backward)


def _total_mass(momenta: Array, mass: Array) -> Array:
    """Invariant mass of four leptons from the scalar products of their six pairs."""
    i, j = np.triu_indices(4, k=1)
    first, second = momenta[..., i, :], momenta[..., j, :]
    products = labels.product_above_threshold(first, second, mass[..., i], mass[..., j])
    return jnp.sqrt(jnp.square(mass.sum(-1)) + 2 * products.sum(-1))


def _decays(pair_masses: Array, mass: Array, cosines: Array, phis: Array) -> Components:
    """Momenta [..., 4] of leptons in the rest frames of their Z, from [..., 2] of each."""
    half = 0.5 * pair_masses
    squared = (half - mass[..., ::2]) * (half + mass[..., ::2])
    momentum = jnp.sqrt(jnp.maximum(squared, jnp.square(SMALLEST_VELOCITY * half)))
    sign = jnp.array([1.0, -1.0, 1.0, -1.0])
    across = momentum * _sine(cosines)
    components = (across * jnp.cos(phis), across * jnp.sin(phis), momentum * cosines)
    return tuple(sign * jnp.repeat(component, 2, axis=-1) for component in components)


def _flight_momentum(m4l: Array, mz1: Array, mz2: Array) -> Array:
    """Momentum of both Z in the frame of X, in GeV; from products of differences, not of squares."""
    room = jnp.maximum(m4l - mz1 - mz2, 0.0)
    factors = room * (m4l + mz1 + mz2) * (m4l - mz1 + mz2) * (m4l + mz1 - mz2)
    return numerics.safe_sqrt(factors) / (2 * m4l)


def _flight_boost(flight: Array, pair_masses: Array) -> Array:
    """Momentum over mass of each lepton's Z along the flight of Z1, [..., 4], from that in GeV."""
    return jnp.repeat(jnp.array([1.0, -1.0]) * flight[..., None] / pair_masses, 2, axis=-1)


def _boost(leptons: Components, mass: Array, frame: Array, *, axis: int) -> Components:
    """Boosts along one axis.

    With u and S the momenta along the axis over the transverse masses of lepton and frame, the new u is
    u sqrt(1 + S^2) + S sqrt(1 + u^2); if the terms have opposite sign, the expression is rewritten to avoid
    cancellation.

    Args:
      leptons: components, [..., 4] each.
      mass: masses of the leptons in GeV, [..., 4].
      frame: momentum of the frame along the axis over its transverse mass, [..., 1 or 4].
      axis: 0 to 2.
    """
    others = (component for i, component in enumerate(leptons) if i != axis)
    across = jnp.sqrt(sum((jnp.square(other) for other in others), start=jnp.square(mass)))
    u = leptons[axis] / across
    own, other = u * jnp.sqrt(1 + jnp.square(frame)), frame * jnp.sqrt(1 + jnp.square(u))
    opposite = u * frame < 0
    divided = (u - frame) * (u + frame) / jnp.where(opposite, own - other, 1.0)
    boosted = across * jnp.where(opposite, divided, own + other)
    return tuple(boosted if i == axis else leptons[i] for i in range(3))


def _turn(leptons: Components, cosine: Array, sine: Array, *, axes: tuple[int, int]) -> Components:
    """Rotates the first axis towards the second one."""
    a, b = (leptons[axis] for axis in axes)
    turned = {axes[0]: a * cosine - b * sine, axes[1]: a * sine + b * cosine}
    return tuple(turned.get(i, leptons[i]) for i in range(3))


def _turn_to(leptons: Components, direction: Components) -> Components:
    """Components in axes rotated about z with x along this transverse momentum; unchanged if it is zero."""
    length = _length(direction)
    some = length > 0
    x, y = (p / jnp.where(some, length, 1.0) for p in direction)
    return _turn(leptons, jnp.where(some, x, 1.0)[..., None], -y[..., None], axes=(0, 1))


def _length(momentum: Components) -> Array:
    return numerics.safe_sqrt(sum((jnp.square(p) for p in momentum), start=jnp.zeros(())))


def _direction(momentum: Components) -> tuple[Array, Array]:
    """Cosine of the polar angle, and azimuth; the cosine is zero for zero momentum."""
    length = _length(momentum)
    cosine = momentum[2] / jnp.where(length > 0, length, 1.0)
    return jnp.clip(cosine, -1.0, 1.0), jnp.arctan2(momentum[1], momentum[0])


def _sine(cosine: Array) -> Array:
    """Sine of a polar angle from its cosine within [-1, 1]."""
    return numerics.safe_sqrt((1 - cosine) * (1 + cosine))
