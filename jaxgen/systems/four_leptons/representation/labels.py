"""Labels of four-lepton events: the flavours of the pair nearer to the Z mass and of the other pair."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array
from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.slots import CHANNEL_SLOTS, SLOTS

LABELS = ("4e", "4mu", "2e2mu", "2mu2e")
"""Flavours of the pairs, with the pair nearer to the Z mass first."""

LABEL_SLOTS = (*CHANNEL_SLOTS, CHANNEL_SLOTS[2][2:] + CHANNEL_SLOTS[2][:2])
"""Slots of the two pairs of each label, negative lepton first."""

REACH = 2.0
"""Factor by which generated energies may exceed those of the training split."""

RESOLUTION = 1e-6
"""Smallest m^2 / E^2 that float32 can distinguish from zero for any order of summation."""

_SLOTS = np.array(LABEL_SLOTS)
_MASSES = np.repeat([kinematics.ELECTRON_MASS, kinematics.MUON_MASS], len(SLOTS) // 2)[_SLOTS]
_LEPTON_IN_SLOT = np.full((len(LABELS), len(SLOTS)), 4)
np.put_along_axis(_LEPTON_IN_SLOT, _SLOTS, np.arange(4)[None], axis=1)


def sort(events: Array) -> tuple[Array, Array]:
    """The label of each event and its four leptons, with the pair nearer to the Z mass first.

    Args:
      events: [..., 8, 4] in GeV; slots outside of the event's channel are ignored.

    Returns:
      Labels [...] int32, and momenta [..., 4, 3] of negative, positive, negative and positive lepton.
    """
    channel = leptons.channel(events)
    slots = jnp.asarray(_SLOTS)[channel]
    momenta = jnp.take_along_axis(events, slots[..., None], axis=-2)[..., 1:]
    pairs = momenta.reshape(*channel.shape, 2, 2, 3)
    mass = lepton_masses(channel).reshape(*channel.shape, 2, 2)
    distance = jnp.abs(pair_mass(pairs[..., 0, :], pairs[..., 1, :], mass[..., 0]) - kinematics.Z_MASS)
    swap = distance[..., 0] > distance[..., 1]
    pairs = jnp.where(swap[..., None, None, None], pairs[..., ::-1, :, :], pairs)
    return channel + (swap & (channel == 2)), pairs.reshape(momenta.shape)


def place(label: Array, momenta: Array) -> Array:
    """On-shell events from labels and the momenta of their leptons; the inverse of `sort`.

    If float32 cannot distinguish the mass of a pair or of all four leptons from zero, energies are raised by
    one part in a million, so that no mass computed from the event is NaN.

    Args:
      label: [...] int, an index into `LABELS`.
      momenta: [..., 4, 3] in GeV, in the order of `sort`.

    Returns:
      [..., 8, 4] in GeV.
    """
    listed = kinematics.on_shell(momenta, lepton_masses(label))
    pairs = listed.reshape(*label.shape, 2, 2, 4).sum(-2)
    sums = jax.lax.stop_gradient(jnp.concatenate([pairs, pairs.sum(-2, keepdims=True)], axis=-2))
    lost = kinematics.mass_squared(sums) < RESOLUTION * jnp.square(sums[..., 0])
    raised = 1.0 + RESOLUTION * lost.any(-1)
    listed = listed.at[..., 0].multiply(raised[..., None])
    nothing = jnp.zeros_like(listed[..., :1, :])
    source = jnp.asarray(_LEPTON_IN_SLOT)[label]
    return jnp.take_along_axis(jnp.concatenate([listed, nothing], axis=-2), source[..., None], axis=-2)


def label_of(rows: Array) -> Array:
    """The label of rows that end in one-hot columns, or in scores, of which the largest counts."""
    return jnp.argmax(rows[..., -len(LABELS) :], axis=-1)


def lepton_masses(label: Array) -> Array:
    """Masses of the four leptons in GeV, [...] to [..., 4]; for a channel, electrons are first."""
    return jnp.asarray(_MASSES, jnp.float32)[label]


def pair_mass(first: Array, second: Array, mass: Array) -> Array:
    """Invariant mass of two particles with the same mass, without differences of large numbers.

    Args:
      first: momentum in GeV, [..., 3].
      second: [..., 3].
      mass: mass of each particle, [...], above zero.

    Returns:
      [...] in GeV.
    """
    return jnp.sqrt(4 * jnp.square(mass) + 2 * product_above_threshold(first, second, mass, mass))


def product_above_threshold(first: Array, second: Array, mass_first: Array, mass_second: Array) -> Array:
    """Product p1 p2 of two four-momenta minus the product of their masses, as a sum of non-negative terms.

    With transverse masses mT, rapidities y and transverse momenta pT at an angle phi it is
    mT1 mT2 (cosh(y1 - y2) - 1) + (mT1 mT2 - pT1 pT2 - m1 m2) + pT1 pT2 (1 - cos phi), see the kinematics
    review of the Particle Data Group; each bracket is rewritten without cancellation, the first one with
    exp(y) = (E + pz) / mT.

    Args:
      first: momentum in GeV, [..., 3].
      second: [..., 3].
      mass_first: [...], above zero.
      mass_second: [...], above zero.

    Returns:
      [...] in GeV^2.
    """
    pt1, pt2 = (jnp.sqrt(jnp.square(p[..., 0]) + jnp.square(p[..., 1])) for p in (first, second))
    mt1, mt2 = (jnp.sqrt(jnp.square(m) + pt**2) for m, pt in ((mass_first, pt1), (mass_second, pt2)))
    plus1, plus2 = light_cone(first[..., 2], mt1), light_cone(second[..., 2], mt2)
    along = jnp.square(plus1 * mt2 - plus2 * mt1) / (2 * plus1 * plus2)
    smaller = mt1 * mt2 + pt1 * pt2 + mass_first * mass_second
    between = jnp.square(mass_first * pt2 - mass_second * pt1) / smaller
    turn = first[..., :2] / _nonzero(pt1)[..., None] - second[..., :2] / _nonzero(pt2)[..., None]
    return along + between + 0.5 * pt1 * pt2 * jnp.square(turn).sum(-1)


def light_cone(momentum: Array, transverse_mass: Array) -> Array:
    """E + pz from pz and the transverse mass, by mT^2 / (E - pz) if the sum would cancel."""
    larger = jnp.sqrt(jnp.square(transverse_mass) + jnp.square(momentum)) + jnp.abs(momentum)
    return jnp.where(momentum > 0, larger, jnp.square(transverse_mass) / larger)


def _nonzero(x: Array) -> Array:
    return jnp.where(x == 0, 1.0, x)
