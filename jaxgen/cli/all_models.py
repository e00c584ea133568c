"""Trains all models of a detector, each as a run of its own, and writes one page on all."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jaxgen import settings, systems
from jaxgen.cli import options, presets
from jaxgen.cli.flags import Given, text_of
from jaxgen.manifest import read_json, write_json
from jaxgen.system import System

COSTS = "costs.json"
OWN = frozenset({"workdir", "model"})


class Cost(NamedTuple):
    """What a command took of the machine.

    Attributes:
      cpu_seconds: of all cores together.
      wall_seconds: from start to end.
      peak_megabytes: most memory that was resident at a time.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float


def train_all(system: System, given: Given) -> None:
    """Trains and judges every model in a folder of its own below --workdir, then writes one page on all.

    Each has the settings of its own preset, where there is one. Flags of the command line win; those that
    only some models have go to these. Finished runs are left as they are and stopped ones resumed, so the
    same command goes on.

    Raises:
      ValueError: where a model could not be trained; the others are.
    """
    folder = Path(given.values["workdir"]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in system.models:
        print(f"== {name}", flush=True)
        words = [*arguments(system, name, given.values), f"--workdir={folder / name}"]
        code, cost = timed([sys.executable, "-m", "jaxgen", "train", _typed(system), *words])
        if code:
            failed.append(name)
        else:
            _keep_cost(folder / name / COSTS, cost)
    done = {name: folder / name for name in system.models if name not in failed}
    if done:
        from jaxgen.run.comparison import compare

        compared = compare(done)
        print(compared)
        print(f"Comparison: {compared.report(folder)}")
    if failed:
        raise ValueError(f"Expected every model to be trained and judged; {', '.join(failed)} were not.")


def arguments(system: System, model: str, values: Mapping[str, Any]) -> list[str]:
    """What the command line of one model has: its preset, and the flags given for all.

    Args:
      system: the detector.
      model: one of its models.
      values: flags that were given.
    """
    own = {one.name for one in settings.describe(system.model(model).settings)}
    others = set(options.of_models(system)) - own
    preset = presets.of_model(system, model)
    given = [text_of(name, value) for name, value in values.items() if name not in OWN | others]
    return [*([f"--preset={preset}"] if preset else []), f"--model={model}", *given]


def _typed(system: System) -> str:
    """The name of a detector as a new process finds it: that of its package where it is a user's own."""
    package = systems.PACKAGES.get(system.name)
    own = isinstance(package, str) and not package.startswith("jaxgen.")
    return str(package) if own else system.name


def timed(command: Sequence[str]) -> tuple[int, Cost]:
    """Runs a command to its end; its exit status and what it took."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return process.returncode, Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def _keep_cost(path: Path, cost: Cost) -> None:
    """Adds a part of a run to what was spent before, unless it was but a look at a finished one."""
    before = read_json(path) if path.is_file() else None
    if before is None:
        write_json(path, cost._asdict())
    elif cost.peak_megabytes > 0.9 * before["peak_megabytes"]:
        total = Cost(
            before["cpu_seconds"] + cost.cpu_seconds,
            before["wall_seconds"] + cost.wall_seconds,
            max(before["peak_megabytes"], cost.peak_megabytes),
        )
        write_json(path, total._asdict())
