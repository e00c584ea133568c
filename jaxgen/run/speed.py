"""Speed of event generation on this machine: measured once per generator and stored in the run folder."""

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

BATCH = 1000  # events per call
SECONDS = 0.7  # after which no further call is started
SPEED = "speed.json"


@dataclass(frozen=True)
class Speed:
    """Speed of a generator with one member, without compilation.

    Attributes:
      events_per_second: events per second of wall time, the best of several calls.
      events_per_cpu_second: events per second of CPU time, summed over all cores, the best of several calls.
      batch: events per call.
      parameters: number of trained parameters of the generator.
      peak_memory: peak memory of the measuring process, megabytes; None if the system does not report it.
      device_memory: peak memory on the device, megabytes; None for CPUs.
      device: kind of device.
      cores: number of cores that the process may use.
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
    """Measures the speed by generating events repeatedly.

    Args:
      generator: generator; its first surviving member is used.
      condition: conditions, repeated as needed, [N, C].
      seconds: time after which no further call is started.
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
    """The speed of this generator from the run folder; if missing, it is measured and stored there.

    Args:
      generator: generator of the run.
      condition: conditions for a measurement, [N, C].
      folder: folder of the run; None for a run in memory, whose speed is measured each time.
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
    """Peak resident memory, megabytes."""
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
