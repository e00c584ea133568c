"""Four-lepton events to test with: on shell, in all channels, pairs in order."""

import numpy as np

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons.data import encoding as four_lepton_encoding

LISTED = ((11, -11, 11, -11), (13, -13, 13, -13), (11, -11, 13, -13), (13, -13, 11, -11))
LEPTON_MASS = {11: kinematics.ELECTRON_MASS, 13: kinematics.MUON_MASS}


def listed_leptons(number, *, seed=0):
    """Particle numbers [N, 4] and momenta [N, 4, 4] with independent leptons of tens of GeV."""
    draw = np.random.default_rng(seed)
    numbers = np.array(LISTED)[np.arange(number) % len(LISTED)]
    momentum = draw.normal(0.0, (30.0, 30.0, 80.0), (number, 4, 3))
    mass = np.vectorize(LEPTON_MASS.get)(np.abs(numbers))
    energy = np.sqrt((momentum**2).sum(-1) + mass**2)
    return numbers, np.concatenate([energy[..., None], momentum], axis=-1).astype(np.float32)


def events_in_order(number, *, seed=0):
    """Events [N, 8, 4] whose listed pairs have the one nearer to the Z mass first."""
    events = four_lepton_encoding.encode(*listed_leptons(number, seed=seed))
    return four_lepton_encoding.encode(*four_lepton_encoding.decode(events))
