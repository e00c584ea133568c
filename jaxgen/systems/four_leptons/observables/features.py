"""Features of four-lepton events for distances in many dimensions and for classifiers."""

from collections.abc import Callable

import numpy as np

from jaxgen.base import Batch
from jaxgen.systems.four_leptons import observables as lepton_observables
from jaxgen.systems.four_leptons import slots as leptons

CUT = 10.0  # real standard deviations
LEAST = 1e-3  # GeV; smaller masses and transverse momenta count as this

Describe = Callable[[Batch], np.ndarray]


def observable_features(batch: Batch) -> np.ndarray:
    """Masses, transverse momenta, pseudorapidities, angles in pairs and motion of the system, [N, 15].

    The four-lepton mass and all transverse momenta are given as log10 of GeV.
    """
    found = lepton_observables.observables(batch.data)
    columns = (
        _log10(found.m4l),
        found.mz1,
        found.mz2,
        _log10(found.lepton_pt),
        found.lepton_eta,
        found.pair_angle,
        _log10(found.system_pt),
        found.system_rapidity,
    )
    return np.column_stack(columns)


def unoriented_features(batch: Batch) -> np.ndarray:
    """The columns of `observable_features` of events mirrored so that none flies backwards, [N, 15].

    An event and its forms turned about the beam or mirrored have the same ones.
    """
    found = lepton_observables.observables(batch.data)
    forwards = np.where(found.system_rapidity < 0, -1.0, 1.0)[:, None]
    eta = found.lepton_eta * forwards
    kept = observable_features(batch)
    return np.column_stack([kept[:, :7], eta, kept[:, 11:14], np.abs(found.system_rapidity)])


def momentum_features(batch: Batch) -> np.ndarray:
    """Momenta of the four leptons, the channel and the columns of the condition, [N, 19 + C].

    Momenta are log10 pT, pseudorapidity, and sine and cosine of the azimuth, of the later three leptons
    relative to the first one. Energies are left out: those of leptons on their mass shell say no more,
    and their last digits would tell apart what differs in rounding only.
    """
    events = lepton_observables.finite_events(batch.data)
    momenta = lepton_observables.ordered_leptons(events)
    azimuth = np.arctan2(momenta[..., 2], momenta[..., 1])
    azimuth[:, 1:] -= azimuth[:, :1]
    columns = (
        _log10(lepton_observables.transverse_momentum(momenta)),
        lepton_observables.pseudorapidity(momenta),
        np.sin(azimuth),
        np.cos(azimuth),
        np.eye(len(leptons.CHANNELS))[lepton_observables.channels(events)],
        np.asarray(batch.condition, np.float64),
    )
    return np.column_stack(columns)


def standardized(real: np.ndarray, fake: np.ndarray, *, cut: float = CUT) -> tuple[np.ndarray, np.ndarray]:
    """Both samples less the real mean, over the real standard deviation, within plus and minus a cut.

    What has no value, such as a mass whose square is below zero, counts as minus the cut: an event is
    not left out for being impossible.

    Args:
      real: [N, D].
      fake: [K, D].
      cut: of the result.

    Returns:
      Finite samples of the same shapes.

    >>> standardized(np.array([[0.0], [2.0]]), np.array([[3.0], [np.nan], [np.inf]]))[1].tolist()
    [[2.0], [-10.0], [10.0]]
    """
    known = np.isfinite(real)
    number = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, real, 0.0).sum(axis=0) / number
    spread = np.sqrt(np.sum(np.where(known, real - mean, 0.0) ** 2, axis=0) / number)
    spread = np.where(spread > 0, spread, 1.0)
    ours, theirs = (np.clip(np.nan_to_num((x - mean) / spread, nan=-cut), -cut, cut) for x in (real, fake))
    return ours, theirs


def _log10(values: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(values, LEAST))
