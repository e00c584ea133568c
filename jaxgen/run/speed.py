"""What generating events costs on this machine: measured once a generator and kept in the run folder."""

import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import jax
import numpy as np

from jaxgen.manifest import read_json, write_json
from jaxgen.metrics import format
from jaxgen.run.generator import Generator

BATCH = 1000  # events a call
SECONDS = 0.7  # after which no further call is begun
SPEED = "speed.json"


@dataclass(frozen=True)
class Speed:
    """Of a generator of one member, compilation apart.

    Attributes:
      events_per_second: of wall time, the best of several calls.
      events_per_cpu_second: of the time of all cores together, likewise.
      batch: events a call.
      parameters: numbers that the generator learned.
      peak_memory: of the process that measured, megabytes; None where the system does not say.
      device_memory: most that was in use on the device, megabytes; None for CPUs.
      device: kind of device.
      cores: that the process may use.
    """

    events_per_second: float
    events_per_cpu_second: float
    batch: int
    parameters: int
    peak_memory: float | None
    device_memory: float | None
    device: str
    cores: int

    def table(self) -> list[tuple[str, str]]:
        """Names and values, with their units."""
        where = f"{self.device}, {format.count(self.cores, 'core')}"
        memories = (
            ("peak memory of the process that measured this", self.peak_memory),
            ("peak memory of the device", self.device_memory),
        )
        return [
            ("generation", f"{_rounded(self.events_per_second)} events per second ({where})"),
            ("the same, CPU time", f"{_rounded(self.events_per_cpu_second)} events per CPU second"),
            ("events in a call", f"{self.batch:,}"),
            ("parameters of the generator", f"{self.parameters:,}"),
            *((name, f"{format.number(size, 3)} MB") for name, size in memories if size is not None),
        ]

    def cells(self) -> list[str]:
        """Speed and size for a table of several generators."""
        return [_rounded(self.events_per_cpu_second), f"{self.parameters:,}"]


def _rounded(value: float) -> str:
    return format.number(float(f"{value:.2g}"), 2)


def measure(generator: Generator, condition: np.ndarray, *, seconds: float = SECONDS) -> Speed:
    """Generates events over and over and times it.

    Args:
      generator: its first living member is used.
      condition: to generate for, used over and over, [N, C].
      seconds: after which no further call is begun.
    """
    given = np.asarray(condition)[np.arange(BATCH) % len(condition)]
    generator.events(jax.random.key(0), given)
    walls: list[float] = []
    cpus: list[float] = []
    start = time.perf_counter()
    while not walls or time.perf_counter() - start < seconds:
        wall, cpu = time.perf_counter(), time.process_time()
        generator.events(jax.random.key(len(walls) + 1), given)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Speed(
        events_per_second=BATCH / min(walls),
        events_per_cpu_second=BATCH / max(min(cpus), 1e-9),
        batch=BATCH,
        parameters=sum(int(np.prod(np.shape(leaf)[1:])) for leaf in jax.tree.leaves(generator.params)),
        peak_memory=_peak_memory(),
        device_memory=_device_memory(),
        device=jax.devices()[0].device_kind,
        cores=_cores(),
    )


def kept(generator: Generator, condition: np.ndarray, folder: Path | None) -> Speed:
    """The speed that a run folder holds for this generator, or one that is measured now and kept there.

    Args:
      generator: of the run.
      condition: to generate for, where it is measured, [N, C].
      folder: of the run; None for a run in memory, whose speed is measured each time.
    """
    if folder is None:
        return measure(generator, condition)
    path = folder / SPEED
    found = read_json(path) if path.is_file() else {}
    if found.pop("step", None) == generator.step:
        return Speed(**found)
    speed = measure(generator, condition)
    write_json(path, {"step": generator.step, **asdict(speed)})
    return speed


def _peak_memory() -> float | None:
    """Most memory that was resident at a time, megabytes."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _device_memory() -> float | None:
    found = jax.devices()[0].memory_stats() or {}
    return found["peak_bytes_in_use"] / 2**20 if "peak_bytes_in_use" in found else None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
