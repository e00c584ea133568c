"""Four-lepton events as eight slots of four-momenta, and the channels they belong to.

An event is [8, 4]: slots in the order of `SLOTS`, (E, px, py, pz) in GeV. Leptons 1 to 4 of an event are
its first pair (negative, positive) and its second one; the first lepton of a kind fills slot 1 of that
kind, the second one slot 2; all other slots are zero.
"""

import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.physics import four_momenta as kinematics

SLOTS = (
    "electron 1",
    "electron 2",
    "positron 1",
    "positron 2",
    "muon 1",
    "muon 2",
    "antimuon 1",
    "antimuon 2",
)
COMPONENTS = ("E", "px", "py", "pz")
SHAPE = (len(SLOTS), len(COMPONENTS))
CHANNELS = ("4e", "4mu", "2e2mu")
CHANNEL_SLOTS = ((0, 2, 1, 3), (4, 6, 5, 7), (0, 2, 4, 6))
"""Slots of the two pairs of each channel, negative lepton first; in 2e2mu the electrons are first."""


def channel(events: Array) -> Array:
    """The channel whose slots have the most energy, [..., 8, 4] to [...] int32, an index into `CHANNELS`.

    For real events it is their channel; for generated ones with energy in every slot, the closest one.
    """
    energies = events[..., 0]
    held = jnp.stack([energies[..., jnp.array(slots)].sum(-1) for slots in CHANNEL_SLOTS], axis=-1)
    return jnp.argmax(held, axis=-1).astype(jnp.int32)


def lepton_momenta(events: Array) -> Array:
    """The four leptons of each event, [..., 8, 4] to [..., 4, 4].

    Leptons 0 and 1 are the first pair, 2 and 3 the second one, negative leptons first. The pair with mass
    nearer to that of the Z is first; slots outside of the channel are ignored.
    """
    order = jnp.array(CHANNEL_SLOTS)[channel(events)]
    momenta = jnp.take_along_axis(events, order[..., None], axis=-2)
    pairs = momenta.reshape(*momenta.shape[:-2], 2, 2, 4)
    distance = jnp.abs(kinematics.finite_mass(pairs.sum(-2)) - kinematics.Z_MASS)
    swap = (distance[..., 0] > distance[..., 1])[..., None, None, None]
    return jnp.where(swap, pairs[..., ::-1, :, :], pairs).reshape(momenta.shape)


def total(events: Array) -> Array:
    """Sum of all slots, [..., 8, 4] to [..., 4]."""
    return events.sum(-2)
