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
"""Settings of q qbar -> (gamma*/Z)(gamma*/Z) with pairs above 40 GeV, and of gluon and boson fusion to a
Higgs boson that decays to two Z."""

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
"""Proton beams, Z to electrons and muons, and nothing that leptons do not feel: radiation before and after
the collision stays on, the underlying event and hadrons are off."""

PATIENCE = 1000
"""Events in a row that may fail."""

LARGEST_SEED = 900_000_000
_Z = 23


def generate_pythia(
    number: int, *, process: str = "zz4l", energy: float = 13000.0, seed: int = 1
) -> np.ndarray:
    """Generates proton-proton events with Pythia 8; needs the extra `pythia`.

    Leptons are bare: as they are after radiating photons, which are not added back. There are no cuts but
    those of the process. In channels of one flavour the pairs are those of the Z they come from.

    Args:
      number: of events, N.
      process: "zz4l" or "h4l".
      energy: of the collision in GeV.
      seed: from 1 to 900,000,000.

    Returns:
      Events [N, 8, 4] in GeV, float32, the pair first whose mass is nearer to that of the Z.

    Raises:
      ValueError: where Pythia is not installed or refuses the settings, or for other arguments.
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
    """(pdg, E, px, py, pz) of the leptons that the Z of an event decay to, Z by Z, negative ones first."""
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
