"""Four-lepton events from Pythia 8 (C. Bierlich et al., SciPost Phys. Codebases 8, 2022)."""

from typing import Any

import numpy as np

from jaxgen import checks, extras
from jaxgen.systems.four_leptons.data.encoding import decode, encode

PROCESSES = {
    "zz4l": ("WeakDoubleBoson:ffbar2gmZgmZ = on", "23:mMin = 40."),
    "h4l": (
        "HiggsSM:gg2H = on",
        "HiggsSM:ff2Hff(t:ZZ) = on",
        "HiggsSM:ff2Hff(t:WW) = on",
        "25:m0 = 125.",
        "25:onMode = off",
        "25:onIfMatch = 23 23",
    ),
}
"""Settings for q qbar -> (gamma*/Z)(gamma*/Z) with pairs above 40 GeV, and for gluon and boson fusion to a
Higgs boson that decays to two Z.
"""

COMMON = (
    "Beams:idA = 2212",
    "Beams:idB = 2212",
    "PartonLevel:MPI = off",
    "HadronLevel:all = off",
    "23:onMode = off",
    "23:onIfAny = 11 13",
    "Random:setSeed = on",
    "Print:quiet = on",
)
"""Proton beams, Z decays to electrons and muons; initial- and final-state radiation are on, underlying event
and hadronization are off, as they do not affect leptons.
"""

PATIENCE = 1000
"""Number of consecutive events that may fail."""

LARGEST_SEED = 900_000_000
_Z = 23


def generate_pythia(
    number: int, *, process: str = "zz4l", energy: float = 13000.0, seed: int = 1
) -> np.ndarray:
    """Generates proton-proton events with Pythia 8; needs the extra `pythia`.

    Leptons are bare, that is after photon radiation, without adding photons back. There are no cuts except
    those of the process. In channels with one flavour the pairs are assigned by their parent Z.

    Args:
      number: number of events, N.
      process: "zz4l" or "h4l".
      energy: collision energy in GeV.
      seed: seed, from 1 to 900,000,000.

    Returns:
      Events [N, 8, 4] in GeV, float32; the pair with mass nearer to that of the Z is first.

    Raises:
      ValueError: if Pythia is not installed or rejects the settings, or for invalid arguments.
    """
    checks.one_of("the process", process, PROCESSES)
    checks.positive(number=number, energy=energy)
    if not 1 <= seed <= LARGEST_SEED:
        raise ValueError(f"Expected a seed from 1 to {LARGEST_SEED}; got {seed}.")
    pythia = _start([*COMMON, *PROCESSES[process], f"Beams:eCM = {energy}", f"Random:seed = {seed}"])
    table = np.array([_next(pythia) for _ in range(number)])
    events = encode(table[..., 0].astype(np.int64), table[..., 1:])
    return encode(*decode(events)).astype(np.float32)


def _start(settings: list[str]) -> Any:
    pythia8mc = extras.load("pythia8mc", "pythia", "to generate events")
    pythia = pythia8mc.Pythia("", False)
    for setting in settings:
        if not pythia.readString(setting):
            raise ValueError(f"Expected settings that Pythia knows; got {setting!r}.")
    if not pythia.init():
        raise ValueError(f"Expected settings that Pythia can start with; got {'; '.join(settings)}.")
    return pythia


def _next(pythia: Any) -> list[tuple[float, ...]]:
    for _ in range(PATIENCE):
        leptons = _leptons(pythia.event) if pythia.next() else []
        if len(leptons) == 4:
            return leptons
    raise ValueError(f"Expected four leptons from Pythia; got none in {PATIENCE} events in a row.")


def _leptons(event: Any) -> list[tuple[float, ...]]:
    """(pdg, E, px, py, pz) of the leptons from the Z decays of an event, Z by Z, negative ones first."""
    found: list[tuple[float, ...]] = []
    for index in range(event.size()):
        if event[index].id() != _Z:
            continue
        first, last = event[index].daughter1(), event[index].daughter2()
        if last == first + 1 and event[first].id() == -event[last].id() and event[first].isLepton():
            pair = [event[event[daughter].iBotCopyId()] for daughter in (first, last)]
            pair.sort(key=lambda particle: -particle.id())
            found += [(p.id(), p.e(), p.px(), p.py(), p.pz()) for p in pair]
    return found
