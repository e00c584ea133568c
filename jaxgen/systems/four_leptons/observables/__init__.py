"""What is measured of four-lepton events: masses, momenta and angles, in GeV and radians.

All in float64 on the host, for the mass of a sum is a small difference of large numbers.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.physics.four_momenta import Z_MASS
from jaxgen.systems.four_leptons import slots as leptons

LEPTONS = 4


class Observables(NamedTuple):
    """Observables of N events; NaN where there is none.

    Events with a value that is not finite have no observable at all. A mass whose square is below zero
    is NaN, and so is a rapidity at an energy not above |pz|.

    Attributes:
      m4l: mass of all slots together, [N].
      mz1: mass of the pair nearer to the Z boson, [N].
      mz2: mass of the other pair, [N].
      lepton_pt: transverse momenta of the four leptons in the order of `leptons.lepton_momenta`, [N, 4].
      lepton_eta: their pseudorapidities, [N, 4].
      lepton_energy: their energies, [N, 4].
      pair_angle: opening angles of the two pairs, [N, 2].
      cross_angle: opening angles of the four pairs across, [N, 4].
      system_pt: transverse momentum of all slots together, [N].
      system_rapidity: their rapidity, [N].
      electron_1_pt: transverse momentum in the slot "electron 1", 0 where it is empty, [N].
      electron_2_pt: the same in the slot "electron 2", [N].
    """

    m4l: np.ndarray
    mz1: np.ndarray
    mz2: np.ndarray
    lepton_pt: np.ndarray
    lepton_eta: np.ndarray
    lepton_energy: np.ndarray
    pair_angle: np.ndarray
    cross_angle: np.ndarray
    system_pt: np.ndarray
    system_rapidity: np.ndarray
    electron_1_pt: np.ndarray
    electron_2_pt: np.ndarray


def observables(events: ArrayLike) -> Observables:
    """All observables of events [N, 8, 4].

    Raises:
      ValueError: for another shape.
    """
    events = finite_events(events)
    momenta = ordered_leptons(events)
    pairs = momenta.reshape(-1, 2, 2, 4).sum(axis=2)
    system = events.sum(axis=1)
    masses = mass(pairs)
    angles = opening_angles(momenta)
    return Observables(
        m4l=mass(system),
        mz1=masses[:, 0],
        mz2=masses[:, 1],
        lepton_pt=transverse_momentum(momenta),
        lepton_eta=pseudorapidity(momenta),
        lepton_energy=momenta[..., 0],
        pair_angle=angles[:, (0, 2), (1, 3)],
        cross_angle=angles[:, (0, 0, 1, 1), (2, 3, 2, 3)],
        system_pt=transverse_momentum(system),
        system_rapidity=rapidity(system),
        electron_1_pt=transverse_momentum(events[:, 0]),
        electron_2_pt=transverse_momentum(events[:, 1]),
    )


def finite_events(events: ArrayLike) -> np.ndarray:
    """Events [N, 8, 4] as float64, those with a value that is not finite all NaN.

    Raises:
      ValueError: for another shape.
    """
    events = np.asarray(events)
    checks.shape("four-lepton events", events, (None, len(leptons.SLOTS), len(leptons.COMPONENTS)))
    whole = np.isfinite(events).all(axis=(1, 2), keepdims=True)
    return np.where(whole, events, np.nan).astype(np.float64)


def ordered_leptons(events: np.ndarray) -> np.ndarray:
    """`leptons.lepton_momenta` in float64, [N, 8, 4] to [N, 4, 4]."""
    order = np.array(leptons.CHANNEL_SLOTS)[channels(events)]
    pairs = np.take_along_axis(events, order[..., None], axis=1).reshape(-1, 2, 2, 4)
    distance = np.abs(np.nan_to_num(mass(pairs.sum(axis=2))) - Z_MASS)
    swap = (distance[:, 0] > distance[:, 1])[:, None, None, None]
    return np.where(swap, pairs[:, ::-1], pairs).reshape(-1, LEPTONS, 4)


def channels(events: np.ndarray) -> np.ndarray:
    """`leptons.channel` of events [N, 8, 4] on the host, int32 [N]."""
    return np.asarray(leptons.channel(jnp.asarray(events, jnp.float32)))


def mass_squared(momenta: np.ndarray) -> np.ndarray:
    """(E - |p|)(E + |p|), [..., 4] to [...]."""
    length = np.sqrt(np.sum(momenta[..., 1:] ** 2, axis=-1))
    return (momenta[..., 0] - length) * (momenta[..., 0] + length)


def mass(momenta: np.ndarray) -> np.ndarray:
    """Invariant mass, [..., 4] to [...]; NaN where its square is below zero.

    >>> mass(np.array([[5.0, 0.0, 3.0, 0.0], [1.0, 2.0, 0.0, 0.0]])).tolist()
    [4.0, nan]
    """
    squared = mass_squared(momenta)
    return np.sqrt(np.where(squared >= 0, squared, np.nan))


def transverse_momentum(momenta: np.ndarray) -> np.ndarray:
    """sqrt(px^2 + py^2), [..., 4] to [...]."""
    return np.hypot(momenta[..., 1], momenta[..., 2])


def pseudorapidity(momenta: np.ndarray) -> np.ndarray:
    """asinh(pz / pT), [..., 4] to [...]; 0 where pT is."""
    pt = transverse_momentum(momenta)
    return np.where(pt == 0, 0.0, np.arcsinh(momenta[..., 3] / np.where(pt == 0, 1.0, pt)))


def rapidity(momenta: np.ndarray) -> np.ndarray:
    """atanh(pz / E), [..., 4] to [...]; NaN where E is not above |pz|.

    >>> rapidity(np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 2.0]])).tolist()
    [0.0, nan]
    """
    energy, along = momenta[..., 0], momenta[..., 3]
    valid = energy > np.abs(along)
    return np.where(valid, np.arctanh(np.where(valid, along / np.where(valid, energy, 1.0), 0.0)), np.nan)


def opening_angles(momenta: np.ndarray) -> np.ndarray:
    """Angle between every two leptons, [N, 4, 4] to [N, 4, 4]; pi / 2 with one that has no momentum."""
    length = np.sqrt(np.sum(momenta[..., 1:] ** 2, axis=-1, keepdims=True))
    unit = momenta[..., 1:] / np.where(length == 0, 1.0, length)
    return np.arccos(np.clip(unit @ np.swapaxes(unit, -1, -2), -1.0, 1.0))


def nan_fraction(values: np.ndarray) -> float:
    """Share of NaN among values of any shape; 0 of none."""
    return float(np.mean(np.isnan(values))) if values.size else 0.0


def present(values: np.ndarray) -> np.ndarray:
    """The values that are not NaN, one after the other."""
    return values[~np.isnan(values)]


def peak(values: np.ndarray, *, share: float = 0.2) -> float:
    """Where values are densest: the middle of the shortest interval that holds a share of them.

    >>> peak(np.array([0.0, 5.0, 5.5, 6.0, 20.0]), share=0.6)
    5.5
    """
    ordered = np.sort(values)
    held = max(int(np.ceil(share * len(ordered))), 1)
    low, high = ordered[: len(ordered) - held + 1], ordered[held - 1 :]
    narrowest = int(np.argmin(high - low))
    return float((low[narrowest] + high[narrowest]) / 2)
