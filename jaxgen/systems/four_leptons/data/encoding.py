"""Conversion between lists of four leptons and eight slots, exact in both directions."""

import numpy as np

from jaxgen import checks
from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons.slots import CHANNEL_SLOTS, SLOTS

KINDS = (11, -11, 13, -13)
"""Particle numbers (PDG) of electron, positron, muon and antimuon; slots 2 k and 2 k + 1 are for kind k."""

CHANNEL_KINDS = ((2, 2, 0, 0), (0, 0, 2, 2), (1, 1, 1, 1))
"""Number of leptons of each kind in an event of each channel."""

_KIND_OF_SLOT = np.repeat(KINDS, len(SLOTS) // len(KINDS))
_SLOTS_OF = np.array(CHANNEL_SLOTS)


def channel_of_numbers(numbers: np.ndarray) -> np.ndarray:
    """The channel of listed leptons, [N, 4] particle numbers to [N], an index into `CHANNELS`; -1 for none.

    >>> channel_of_numbers(np.array([[13, -13, -11, 11], [11, 11, 11, -11]])).tolist()
    [2, -1]
    """
    counts = (numbers[:, :, None] == np.array(KINDS)).sum(axis=1)
    found = (counts[:, None] == np.array(CHANNEL_KINDS)).all(axis=-1)
    return np.where(found.any(axis=1), found.argmax(axis=1), -1)


def encode(numbers: np.ndarray, momenta: np.ndarray) -> np.ndarray:
    """Listed leptons to slots: the first lepton of a kind fills slot 1 of this kind, the second one slot 2.

    Args:
      numbers: particle numbers (PDG), [N, 4].
      momenta: (E, px, py, pz) in GeV, [N, 4, 4].

    Returns:
      [N, 8, 4] with the type of the momenta, empty slots zero.

    Raises:
      ValueError: if the leptons of an event belong to no channel.
    """
    numbers = np.asarray(numbers)
    checks.shape("particle numbers", numbers, (None, 4))
    checks.shape("momenta", momenta, (len(numbers), 4, 4))
    for row in np.flatnonzero(channel_of_numbers(numbers) < 0)[:1]:
        raise ValueError(f"Expected leptons of 4e, 4mu or 2e2mu; got {numbers[row].tolist()} in event {row}.")
    same = numbers[:, :, None] == numbers[:, None, :]
    earlier = np.tril(same, k=-1).sum(axis=-1)
    kind = (numbers[:, :, None] == np.array(KINDS)).argmax(axis=-1)
    events = np.zeros((len(numbers), len(SLOTS), 4), momenta.dtype)
    events[np.arange(len(numbers))[:, None], 2 * kind + earlier] = momenta
    return events


def decode(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slots to listed leptons, pair by pair; the pair with mass nearer to that of the Z is first.

    The inverse of `encode` for leptons listed in this order. Generated events may have energy in every slot;
    then slots outside of their channel (see `channel_of_events`) are ignored.

    Args:
      events: [N, 8, 4] in GeV.

    Returns:
      Particle numbers [N, 4] and momenta [N, 4, 4] with the type of the events.
    """
    events = np.asarray(events)
    slots = _SLOTS_OF[channel_of_events(events)].reshape(-1, 2, 2)
    pairs = np.take_along_axis(events, slots.reshape(-1, 4)[:, :, None], axis=1).reshape(-1, 2, 2, 4)
    distance = np.abs(masses(pairs.sum(axis=2, dtype=np.float64)) - kinematics.Z_MASS)
    swap = distance[:, 0] > distance[:, 1]
    pairs[swap], slots[swap] = pairs[swap, ::-1], slots[swap, ::-1]
    return _KIND_OF_SLOT[slots.reshape(-1, 4)], pairs.reshape(-1, 4, 4)


def channel_of_events(events: np.ndarray) -> np.ndarray:
    """The channel whose slots have the most energy, [N, 8, 4] to [N]; `leptons.channel` on the host."""
    return np.stack([events[:, slots, 0].sum(axis=-1) for slots in _SLOTS_OF], axis=-1).argmax(axis=-1)


def masses(momenta: np.ndarray) -> np.ndarray:
    """Invariant masses in float64, [..., 4] to [...] in GeV; zero if the square is negative.

    >>> masses(np.array([5.0, 0.0, 3.0, 0.0])).tolist()
    4.0
    """
    energy, *components = np.moveaxis(np.asarray(momenta, np.float64), -1, 0)
    return np.sqrt(np.maximum(energy**2 - sum(component**2 for component in components), 0.0))
