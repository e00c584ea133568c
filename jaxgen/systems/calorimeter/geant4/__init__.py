"""Showers from Geant4 (S. Agostinelli et al., NIM A 506, 250, 2003), without data files.

    python -m jaxgen.systems.calorimeter.geant4.detector REQUEST.npz RESULT.npz SEED

is the command that `generate_geant4` runs in a separate process, as Geant4 can be started only once in a
process and does not terminate cleanly. The request contains `condition` [N, 6]; the result is a file of
showers with the CPU time in seconds for the start and for the showers.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxgen import checks, extras
from jaxgen.base import Batch
from jaxgen.data.dataset import as_batch
from jaxgen.systems.calorimeter.data.conditions import COLUMNS, LARGEST_ANGLE, LARGEST_IMPACT, to_columns
from jaxgen.systems.calorimeter.data.shower_files import read_showers

LARGEST_SEED = 900_000_000

SECONDS = ("start_seconds", "shower_seconds")
"""Names of the two times in a result."""

_NO_LEVELS = "ENSDFSTATE.dat"


class Geant4Run(NamedTuple):
    """Showers and their CPU time.

    Attributes:
      batch: showers [N, 30, 30] in MeV with all six condition columns.
      start_seconds: CPU time until the first shower.
      shower_seconds: CPU time for all showers on one core.
    """

    batch: Batch
    start_seconds: float
    shower_seconds: float

    @property
    def showers_per_second(self) -> float:
        """Showers per second of CPU time, without start-up."""
        return len(self.batch.data) / self.shower_seconds


def generate_geant4(
    number: int,
    *,
    seed: int = 1,
    energy: tuple[float, float] = (1.0, 100.0),
    condition: np.ndarray | None = None,
) -> Geant4Run:
    """Generates showers with Geant4; needs the extra `geant4`, and Linux.

    The calorimeter is described in `detector`, the processes in `geant4_physics`: those that need
    no data files, which is not a physics list validated by the Geant4 collaboration.

    Args:
      number: number of showers, N.
      seed: seed of conditions and showers, from 1 to 900,000,000.
      energy: range of the uniform incident energy in GeV. Impact points are uniform in +-10.1 mm, angles in 0
        to 15 degrees and azimuths in a full turn; on average half of the particles are photons.
      condition: [N, 6], used instead of random conditions.

    Returns:
      The showers with their conditions and CPU times.

    Raises:
      ValueError: if Geant4 is not installed or fails, or for invalid arguments.
    """
    checks.positive(number=number)
    if not 1 <= seed <= LARGEST_SEED:
        raise ValueError(f"Expected a seed from 1 to {LARGEST_SEED}; got {seed}.")
    if not 0 < energy[0] <= energy[1] < np.inf:
        raise ValueError(f"Expected energies above zero, the lower first; got {energy[0]} and {energy[1]}.")
    table = draw_conditions(number, seed=seed, energy=energy) if condition is None else condition
    table = np.asarray(table, np.float32)
    checks.shape("conditions", table, (number, len(COLUMNS)))
    to_columns(table)
    if sys.platform != "linux" or not extras.installed("geant4_pybind"):
        raise ValueError(extras.missing("geant4-pybind", "geant4", "on Linux to generate showers"))
    return _run(table, seed)


def draw_conditions(number: int, *, seed: int, energy: tuple[float, float] = (1.0, 100.0)) -> np.ndarray:
    """Conditions [N, 6] float32, with the uniform distributions of `generate_geant4`."""
    rng = np.random.default_rng(seed)
    low = [energy[0], -LARGEST_IMPACT, -LARGEST_IMPACT, 0.0, -np.pi]
    high = [energy[1], LARGEST_IMPACT, LARGEST_IMPACT, LARGEST_ANGLE, np.pi]
    columns = [*rng.uniform(low, high, (number, len(low))).T, rng.integers(0, 2, number)]
    return np.stack(columns, axis=1).astype(np.float32)


def _run(table: np.ndarray, seed: int) -> Geant4Run:
    with tempfile.TemporaryDirectory(prefix="geant4_") as name:
        folder = Path(name)
        request, result = folder / "request.npz", folder / "result.npz"
        np.savez(request, condition=table)
        (folder / _NO_LEVELS).touch()
        data = {"GEANT4_DATA_DIR": name, "G4ENSDFSTATEDATA": name}
        command = [sys.executable, "-m", f"{__name__}.detector", str(request), str(result), str(seed)]
        done = subprocess.run(command, env=os.environ | data, capture_output=True, text=True, check=False)
        if done.returncode or not result.exists():
            reason = _reason(done.stdout + done.stderr)
            raise ValueError(f"Expected showers from Geant4; got exit code {done.returncode}: {reason}.")
        batch = read_showers(result)
        with np.load(result, allow_pickle=False) as file:
            start, showers = (float(file[key]) for key in SECONDS)
    return Geant4Run(as_batch(np.asarray(batch.data), table), start, showers)


def _reason(output: str) -> str:
    """The code and first sentence of an exception of Geant4, or else the last line of the output."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        if line.startswith("*** G4Exception : "):
            return " ".join([line.removeprefix("*** G4Exception : "), *lines[at + 2 : at + 3]]).rstrip(".")
    return lines[-1].rstrip(".") if lines else "no output"
