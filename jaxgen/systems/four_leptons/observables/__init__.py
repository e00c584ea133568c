"""Observables of four-lepton events: masses, momenta and angles, in GeV and radians.

All in float64 on the host, as the mass of a sum is a small difference of large numbers.
"""

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from jaxgen import checks
from jaxgen.base import Batch
from jaxgen.data.dataset import Spec
from jaxgen.metrics.table import Label, Table
from jaxgen.physics.four_momenta import Z_MASS
from jaxgen.systems.four_leptons import slots as leptons

LEPTONS = 4

LABELS: dict[str, Label] = {
    "m4l": Label("four-lepton mass", "GeV", "m(4ℓ)"),
    "mz1": Label("mass of the pair nearer to the Z", "GeV", "m(Z1)"),
    "mz2": Label("mass of the other pair", "GeV", "m(Z2)"),
    "lepton_pt": Label("lepton transverse momentum", "GeV", "pT, four leptons"),
    "lepton_eta": Label("lepton pseudorapidity", "", "η, four leptons"),
    "lepton_phi": Label("lepton azimuth", "rad", "φ, four leptons"),
    "lepton_energy": Label("lepton energy", "GeV", "E, four leptons"),
    "pair_angle": Label("opening angle in pairs", "rad", "angle in pairs"),
    "cross_angle": Label("opening angle across pairs", "rad", "angle across"),
    "system_pt": Label("four-lepton transverse momentum", "GeV", "pT(4ℓ)"),
    "system_rapidity": Label("four-lepton rapidity", "", "y(4ℓ)"),
    "electron_1_pt": Label("transverse momentum, slot electron 1", "GeV", "pT, electron 1"),
    "electron_2_pt": Label("transverse momentum, slot electron 2", "GeV", "pT, electron 2"),
    "slot_energy": Label("energy in each slot", "GeV", "E, eight slots"),
    "channel": Label("channel", "", "channel"),
}
"""Names and units of all columns of `observe`."""

MASSES = ("m4l", "mz1", "mz2")
KINEMATICS = (
    "lepton_pt",
    "lepton_eta",
    "lepton_energy",
    "pair_angle",
    "cross_angle",
    "system_pt",
    "system_rapidity",
    "electron_1_pt",
    "electron_2_pt",
)


def observe(batch: Batch, spec: Spec) -> Table:
    """All observables of four-lepton events.

    All observables of events with a value that is not finite are NaN. A mass with a negative square is
    NaN, and so is a rapidity if the energy is not above |pz|.

    Args:
      batch: events [N, 8, 4] in GeV, with their conditions.
      spec: spec of the data set.

    Returns:
      - m4l, mz1, mz2: masses of all slots together, of the pair nearer to the Z boson, and of the other pair,
      [N];
      - lepton_pt, lepton_eta, lepton_phi, lepton_energy: values of the four leptons in the order of
        `slots.lepton_momenta`, [N, 4];
      - pair_angle, cross_angle: opening angles within the two pairs, [N, 2], and of the four combinations
      across, [N, 4];
      - system_pt, system_rapidity: transverse momentum and rapidity of all slots together, [N];
      - electron_1_pt, electron_2_pt: pT in the slots "electron 1" and "electron 2", 0 if they are empty, [N];
      - slot_energy: energy of each slot, [N, 8];
      - channel: index into `slots.CHANNELS`, [N].

    Raises:
      ValueError: for events of another shape.
    """
    events = finite_events(batch.data)
    momenta = ordered_leptons(events)
    system = events.sum(axis=1)
    pairs = mass(momenta.reshape(-1, 2, 2, 4).sum(axis=2))
    angles = opening_angles(momenta)
    columns = {
        "m4l": mass(system),
        "mz1": pairs[:, 0],
        "mz2": pairs[:, 1],
        "lepton_pt": transverse_momentum(momenta),
        "lepton_eta": pseudorapidity(momenta),
        "lepton_phi": np.arctan2(momenta[..., 2], momenta[..., 1]),
        "lepton_energy": momenta[..., 0],
        "pair_angle": angles[:, (0, 2), (1, 3)],
        "cross_angle": angles[:, (0, 0, 1, 1), (2, 3, 2, 3)],
        "system_pt": transverse_momentum(system),
        "system_rapidity": rapidity(system),
        "electron_1_pt": transverse_momentum(events[:, 0]),
        "electron_2_pt": transverse_momentum(events[:, 1]),
        "slot_energy": events[..., 0],
        "channel": np.where(np.isnan(events[:, 0, 0]), np.nan, channels(events)),
    }
    return Table(columns, LABELS, batch, spec)


def finite_events(events: ArrayLike) -> np.ndarray:
    """Events [N, 8, 4] as float64; all NaN if a value is not finite.

    Raises:
      ValueError: for another shape.
    """
    events = np.asarray(events)
    checks.shape("four-lepton events", events, (None, len(leptons.SLOTS), len(leptons.COMPONENTS)))
    whole = np.isfinite(events).all(axis=(1, 2), keepdims=True)
    return np.where(whole, events, np.nan).astype(np.float64)


def ordered_leptons(events: np.ndarray) -> np.ndarray:
    """`slots.lepton_momenta` in float64, [N, 8, 4] to [N, 4, 4]."""
    order = np.array(leptons.CHANNEL_SLOTS)[channels(events)]
    pairs = np.take_along_axis(events, order[..., None], axis=1).reshape(-1, 2, 2, 4)
    distance = np.abs(np.nan_to_num(mass(pairs.sum(axis=2))) - Z_MASS)
    swap = (distance[:, 0] > distance[:, 1])[:, None, None, None]
    return np.where(swap, pairs[:, ::-1], pairs).reshape(-1, LEPTONS, 4)


def channels(events: np.ndarray) -> np.ndarray:
    """`slots.channel` of events [N, 8, 4] on the host, int32 [N]."""
    return np.asarray(leptons.channel(jnp.asarray(events, jnp.float32)))


def mass_squared(momenta: np.ndarray) -> np.ndarray:
    """(E - |p|)(E + |p|), [..., 4] to [...]."""
    length = np.sqrt(np.sum(momenta[..., 1:] ** 2, axis=-1))
    return (momenta[..., 0] - length) * (momenta[..., 0] + length)


def mass(momenta: np.ndarray) -> np.ndarray:
    """Invariant mass, [..., 4] to [...]; NaN if its square is negative.

    >>> mass(np.array([[5.0, 0.0, 3.0, 0.0], [1.0, 2.0, 0.0, 0.0]])).tolist()
    [4.0, nan]
    """
    squared = mass_squared(momenta)
    return np.sqrt(np.where(squared >= 0, squared, np.nan))


def transverse_momentum(momenta: np.ndarray) -> np.ndarray:
    """sqrt(px^2 + py^2), [..., 4] to [...]."""
    return np.hypot(momenta[..., 1], momenta[..., 2])


def pseudorapidity(momenta: np.ndarray) -> np.ndarray:
    """asinh(pz / pT), [..., 4] to [...]; 0 if pT is 0."""
    pt = transverse_momentum(momenta)
    return np.where(pt == 0, 0.0, np.arcsinh(momenta[..., 3] / np.where(pt == 0, 1.0, pt)))


def rapidity(momenta: np.ndarray) -> np.ndarray:
    """atanh(pz / E), [..., 4] to [...]; NaN unless E is above |pz|.

    >>> rapidity(np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 2.0]])).tolist()
    [0.0, nan]
    """
    energy, along = momenta[..., 0], momenta[..., 3]
    valid = energy > np.abs(along)
    return np.where(valid, np.arctanh(np.where(valid, along / np.where(valid, energy, 1.0), 0.0)), np.nan)


def opening_angles(momenta: np.ndarray) -> np.ndarray:
    """Angle between each pair of leptons, [N, 4, 4] to [N, 4, 4]; pi / 2 for a lepton without momentum."""
    length = np.sqrt(np.sum(momenta[..., 1:] ** 2, axis=-1, keepdims=True))
    unit = momenta[..., 1:] / np.where(length == 0, 1.0, length)
    return np.arccos(np.clip(unit @ np.swapaxes(unit, -1, -2), -1.0, 1.0))


def peak(values: np.ndarray, *, share: float = 0.2) -> float:
    """Position of the peak: the middle of the shortest interval with a given fraction of the values.

    >>> peak(np.array([0.0, 5.0, 5.5, 6.0, 20.0]), share=0.6)
    5.5
    """
    ordered = np.sort(values)
    held = max(int(np.ceil(share * len(ordered))), 1)
    low, high = ordered[: len(ordered) - held + 1], ordered[held - 1 :]
    narrowest = int(np.argmin(high - low))
    return float((low[narrowest] + high[narrowest]) / 2)
