"""Trains several models of one experiment, each as a run of its own, and writes one page on all."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from absl import flags

from jaxgen.base import Batch
from jaxgen.cli.experiment import Experiment
from jaxgen.data.dataset import Dataset
from jaxgen.manifest import read_json, write_json
from jaxgen.metrics import format
from jaxgen.run.folder import RunFolder

COSTS = "costs.json"
NOT_PASSED = frozenset({"workdir", "flagfile", "undefok", "model"})
NUMBER = 20_000  # events that are generated for the figures and the speed
REPEATS = 5


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


def run(experiment: Experiment, values: flags.FlagValues, rows: Mapping[str, Sequence[str]]) -> None:
    """Trains and judges every model in a folder of its own under --workdir, then writes one page on all.

    Finished runs are left as they are and stopped ones resumed, so the same command goes on.

    Args:
      experiment: of all models.
      values: flags of the command line.
      rows: by the name of a model, the flags it has of its own; those given on the command line win.

    Raises:
      ValueError: where a model could not be trained; the others are.
    """
    folder = Path(values.workdir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    given = [values[name].serialize() for name in values if values[name].present and name not in NOT_PASSED]
    failed = []
    for name, own in rows.items():
        print(f"== {name}", flush=True)
        place = f"--workdir={folder / name}"
        code, cost = timed([sys.executable, sys.argv[0], *own, *given, f"--model={name}", place])
        if code:
            failed.append(name)
        else:
            _keep_cost(folder / name / COSTS, cost)
    done = {name: folder / name for name in rows if name not in failed}
    if done:
        write_page(experiment, done, folder)
        print(f"Comparison: {folder / 'report.html'}")
    if failed:
        raise ValueError(f"Expected every model to be trained and judged; {', '.join(failed)} were not.")


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


class Generated(NamedTuple):
    """Events of the first member of a run.

    Attributes:
      batch: of them.
      events_per_second: generated in a second of CPU time, compilation apart.
    """

    batch: Batch
    events_per_second: float


def generate(path: Path, data: Dataset, *, number: int = NUMBER) -> Generated:
    """Generates events for the test conditions over and over, and times it.

    Args:
      path: of the run folder.
      data: that it was trained on.
      number: of events a call.

    Returns:
      The events; the speed is the best of several calls.
    """
    from jaxgen.run.loading import load

    generator = load(path)
    known = np.asarray(data.test.condition)
    condition = known[np.arange(number) % len(known)]
    events = generator.events(jax.random.key(0), condition)
    seconds = []
    for repeat in range(REPEATS):
        start = time.process_time()
        generator.events(jax.random.key(1 + repeat), condition)
        seconds.append(time.process_time() - start)
    return Generated(Batch(events, condition), number / min(seconds))  # type: ignore[arg-type]


def write_page(experiment: Experiment, runs: Mapping[str, Path], folder: Path) -> None:
    """The page on all models: what each was, how good, at what cost.

    Args:
      experiment: of all of them.
      runs: folders of judged runs of the same data by the name of the model.
      folder: for report.html, comparison.json and plots.
    """
    from jaxgen.reports import page
    from jaxgen.reports.data import Report, Section, Table
    from jaxgen.run.comparison import compare

    system = experiment.detector
    configs = {name: RunFolder(path).read_config() for name, path in runs.items()}
    data = system.again(next(iter(configs.values()))["data"]["source"])
    compared = compare(runs)
    costs = {name: read_json(path / COSTS) for name, path in runs.items()}
    drawn = {name: generate(path, data) for name, path in runs.items()}
    speeds = {name: one.events_per_second for name, one in drawn.items()}
    figures = [compared.figure()]
    if system.overlay is not None:
        tables = {name: system.observe(one.batch, data.spec) for name, one in drawn.items()}
        figures += system.overlay(system.observe(data.test, data.spec), tables)
    for figure in figures:
        figure.save(folder / "plots")
    content = Report(
        title=f"{system.title}: all models",
        summary=compared.verdict(),
        trained=[_trained(name, config) for name, config in configs.items()],
        sections=[
            Section("The models side by side", [_EXPLAINED], Table(*compared.table())),
            Section("What they cost", [_EXPLAINED_COSTS], Table(*_cost_table(costs, speeds))),
        ],
        figures=figures,
        versions=next(iter(configs.values()))["versions"],
    )
    page.write(folder / "report.html", content, images=folder / "plots")
    metrics = {name: scores.as_json() for name, scores in compared.scores.items()}
    write_json(folder / "comparison.json", {"metrics": metrics, "costs": costs, "speeds": speeds})


_EXPLAINED = (
    "Values are means over seeds, with the standard deviation of the seeds where there are several and the "
    "statistical error of one sample where there is one. The last column is what other real events give."
)
_EXPLAINED_COSTS = (
    "Of the whole command, compilation, evaluation and figures included; memory is the most that was "
    "resident at a time. The logs of the runs hold the time of training alone."
)


def _trained(name: str, config: Mapping[str, Any]) -> str:
    chosen, options, data = config["settings"], config["options"], config["data"]
    seeds = "1 seed" if options["members"] == 1 else f"{options['members']} seeds"
    return (
        f"{name}: {chosen['steps']} updates of {chosen['batch_size']} events, {seeds} from "
        f"{options['seed']}, on {data['train_events']} events of {data['name']}."
    )


def _cost_table(
    costs: Mapping[str, Mapping[str, float]], speeds: Mapping[str, float]
) -> tuple[Sequence[str], list[list[str]]]:
    heads = ("model", "CPU time [s]", "wall time [s]", "peak memory [MB]", "generated events per CPU second")
    lines = [
        [name, *(format.number(one[field], 3) for field in Cost._fields), f"{speeds[name]:,.0f}"]
        for name, one in costs.items()
    ]
    return heads, lines
