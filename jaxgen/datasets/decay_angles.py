"""Four leptons as the cascade X -> Z1 Z2 -> 4 leptons: three masses, a boost, and five angles.

All frames are reached by boosts along one axis, done by shifting rapidities, so that nothing large cancels:
along the beam, then along the transverse momentum of X, then along the flight of a Z. The rest frame of X has
its z axis along the beam and its x axis along the transverse momentum of X; it is the frame of Collins and
Soper (Phys. Rev. D 16, 2219, 1977). The decays of both Z are seen in axes turned by the direction of Z1, the
helicity frame of Z1, as is usual for H -> ZZ (Phys. Rev. D 81, 075022, 2010).
"""

import jax.numpy as jnp

from jaxgen import numerics
from jaxgen.base import Array
from jaxgen.datasets import four_lepton_labels as labels

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
"""Masses and pT in GeV, angles in radians; those with a star are of Z1, 1 and 2 of the negative leptons."""

SMALLEST_VELOCITY = 1e-3
"""Of leptons in the frame of their Z at least; keeps a pair mass above threshold in float32."""


def from_momenta(momenta: Array, mass: Array) -> Array:
    """Decay variables of four leptons.

    Args:
      momenta: in GeV, [..., 4, 3]; negative and positive lepton of Z1, then of Z2.
      mass: of the leptons in GeV, [..., 4], the same within a pair.

    Returns:
      [..., 12] in the order of `VARIABLES`, azimuths within [-pi, pi].
    """
    system, m4l = _system(momenta, mass)
    pt, rapidity, azimuth = system
    rest = _boost(momenta, mass, -rapidity[..., None], axis=2)
    rest = _turn(rest, -azimuth[..., None], axes=(0, 1))
    rest = _boost(rest, mass, -jnp.arcsinh(pt / m4l)[..., None], axis=0)
    pairs = rest.reshape(*rest.shape[:-2], 2, 2, 3)
    flight = 0.5 * (pairs[..., 0, :, :] - pairs[..., 1, :, :]).sum(-2)
    cos_star, phi_star = _direction(flight)
    along = _turn(rest, -phi_star[..., None], axes=(0, 1))
    along = _turn_by_cosine(along, cos_star[..., None], backwards=True)
    pair_masses = labels.pair_mass(momenta[..., ::2, :], momenta[..., 1::2, :], mass[..., ::2])
    decays = _boost(along, mass, -_flight_rapidity(numerics.safe_norm(flight, axis=-1), pair_masses), axis=2)
    decays = decays.reshape(pairs.shape)
    cosines, phis = _direction(decays[..., 0, :] - decays[..., 1, :])
    angles = jnp.stack([cosines, phis], axis=-1).reshape(*azimuth.shape, 4)
    scalars = (m4l, pair_masses[..., 0], pair_masses[..., 1], pt, rapidity, azimuth, cos_star, phi_star)
    return jnp.concatenate([jnp.stack(scalars, axis=-1), angles], axis=-1)


def to_momenta(variables: Array, mass: Array) -> Array:
    """Leptons of given decay variables; undoes `from_momenta`.

    Cosines beyond 1 are cut and azimuths wrap. A pair mass below its threshold leaves the leptons slow in its
    frame, and pair masses that sum to more than the four-lepton mass leave both Z at rest in the frame of X.

    Args:
      variables: [..., 12] in the order of `VARIABLES`; masses above zero.
      mass: of the leptons in GeV, [..., 4], the same within a pair.

    Returns:
      [..., 4, 3] in GeV.
    """
    m4l, mz1, mz2, pt, rapidity, azimuth, cos_star, phi_star, *_ = jnp.moveaxis(variables, -1, 0)
    pair_masses = variables[..., 1:3]
    cosines, phis = variables[..., 8::2], variables[..., 9::2]
    half = 0.5 * pair_masses
    squared = (half - mass[..., ::2]) * (half + mass[..., ::2])
    momentum = jnp.sqrt(jnp.maximum(squared, jnp.square(SMALLEST_VELOCITY * half)))
    negative = momentum[..., None] * _unit(cosines, phis)
    decays = jnp.stack([negative, -negative], axis=-2).reshape(*m4l.shape, 4, 3)
    flight = _flight_momentum(m4l, mz1, mz2)
    along = _boost(decays, mass, _flight_rapidity(flight, pair_masses), axis=2)
    rest = _turn_by_cosine(along, cos_star[..., None])
    rest = _turn(rest, phi_star[..., None], axes=(0, 1))
    moving = _boost(rest, mass, jnp.arcsinh(pt / m4l)[..., None], axis=0)
    moving = _turn(moving, azimuth[..., None], axes=(0, 1))
    return _boost(moving, mass, rapidity[..., None], axis=2)


def _system(momenta: Array, mass: Array) -> tuple[tuple[Array, Array, Array], Array]:
    """Transverse momentum, rapidity and azimuth of all leptons together, and their mass."""
    transverse = momenta[..., :2].sum(-2)
    mt = jnp.sqrt(jnp.square(mass) + jnp.square(momenta[..., :2]).sum(-1))
    y = jnp.arcsinh(momenta[..., 2] / mt)
    rapidity = 0.5 * (jnp.log((mt * jnp.exp(y)).sum(-1)) - jnp.log((mt * jnp.exp(-y)).sum(-1)))
    squared = jnp.square(mass.sum(-1))
    for i in range(4):
        for j in range(i):
            first, second = momenta[..., i, :], momenta[..., j, :]
            squared += 2 * labels.product_above_threshold(first, second, mass[..., i], mass[..., j])
    azimuth = jnp.arctan2(transverse[..., 1], transverse[..., 0])
    return (numerics.safe_norm(transverse, axis=-1), rapidity, azimuth), jnp.sqrt(squared)


def _flight_momentum(m4l: Array, mz1: Array, mz2: Array) -> Array:
    """Momentum of both Z in the frame of X, in GeV; products of differences rather than of squares."""
    room = jnp.maximum(m4l - mz1 - mz2, 0.0)
    factors = room * (m4l + mz1 + mz2) * (m4l - mz1 + mz2) * (m4l + mz1 - mz2)
    return numerics.safe_sqrt(factors) / (2 * m4l)


def _flight_rapidity(flight: Array, pair_masses: Array) -> Array:
    """Rapidity of each lepton's Z along the flight of Z1, [..., 4], from the momentum of both Z in GeV."""
    sign = jnp.array([1.0, -1.0])
    return jnp.repeat(sign * jnp.arcsinh(flight[..., None] / pair_masses), 2, axis=-1)


def _boost(momenta: Array, mass: Array, rapidity: Array, *, axis: int) -> Array:
    """Shifts rapidities along one axis; momenta [..., 4, 3], mass [..., 4], rapidity [..., 4] or [..., 1]."""
    others = (momenta[..., i] for i in range(3) if i != axis)
    across = jnp.sqrt(jnp.square(mass) + sum(jnp.square(other) for other in others))
    shifted = across * jnp.sinh(jnp.arcsinh(momenta[..., axis] / across) + rapidity)
    return momenta.at[..., axis].set(shifted)


def _turn(momenta: Array, angle: Array, *, axes: tuple[int, int]) -> Array:
    """Turns the first axis towards the second one."""
    return _turned(momenta, jnp.cos(angle), jnp.sin(angle), axes)


def _turn_by_cosine(momenta: Array, cosine: Array, *, backwards: bool = False) -> Array:
    """Turns the z axis towards the x axis by an angle of this cosine, or back."""
    cosine = jnp.clip(cosine, -1.0, 1.0)
    sine = numerics.safe_sqrt((1 - cosine) * (1 + cosine))
    return _turned(momenta, cosine, -sine if backwards else sine, (2, 0))


def _turned(momenta: Array, cosine: Array, sine: Array, axes: tuple[int, int]) -> Array:
    a, b = (momenta[..., axis] for axis in axes)
    momenta = momenta.at[..., axes[0]].set(a * cosine - b * sine)
    return momenta.at[..., axes[1]].set(a * sine + b * cosine)


def _direction(momentum: Array) -> tuple[Array, Array]:
    """Cosine of the polar angle and azimuth; the cosine of no momentum is zero."""
    length = numerics.safe_norm(momentum, axis=-1)
    cosine = momentum[..., 2] / jnp.where(length > 0, length, 1.0)
    return jnp.clip(cosine, -1.0, 1.0), jnp.arctan2(momentum[..., 1], momentum[..., 0])


def _unit(cosine: Array, phi: Array) -> Array:
    cosine = jnp.clip(cosine, -1.0, 1.0)
    sine = numerics.safe_sqrt((1 - cosine) * (1 + cosine))
    return jnp.stack([sine * jnp.cos(phi), sine * jnp.sin(phi), cosine], axis=-1)
