"""Trains several models of one experiment, each as a run of its own, and writes one page on all."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from absl import flags

from jaxgen import plots, report
from jaxgen.base import Estimate
from jaxgen.cli.experiment import Experiment
from jaxgen.metrics import glossary as meanings
from jaxgen.plots import format as words
from jaxgen.plots.illustration import Illustration
from jaxgen.run import generation, run_folder
from jaxgen.run.run_folder import RunFolder

COSTS = "costs.json"
Figures = Callable[[Mapping[str, Any], np.ndarray, Mapping[str, np.ndarray]], Sequence[Illustration]]
NOT_PASSED = frozenset({"workdir", "flagfile", "undefok"})


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


def run(experiment: Experiment, rows: Mapping[str, Sequence[str]], *, chooser: str, figures: Figures) -> None:
    """Trains and judges every model in a folder of its own under --workdir, then writes one page on all.

    Finished runs are left as they are and stopped ones resumed, so the same command goes on.

    Args:
      experiment: of all models.
      rows: by the name of a model, the flags it has of its own; those given on the command line win.
      chooser: the flag that chooses a model.
      figures: that put the models side by side.

    Raises:
      ValueError: where there is no --workdir, or a model could not be trained; the others are.
    """
    values = flags.FLAGS
    if values.workdir is None:
        raise ValueError("Expected --workdir, the folder of all runs; got none.")
    folder = Path(values.workdir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    given = [
        values[name].serialize()
        for name in values
        if values[name].present and name not in NOT_PASSED | {chooser}
    ]
    failed = []
    for name, own in rows.items():
        print(f"== {name}", flush=True)
        command = [
            sys.executable,
            sys.argv[0],
            *own,
            *given,
            f"--{chooser}={name}",
            f"--workdir={folder / name}",
        ]
        code, cost = timed(command)
        if code:
            failed.append(name)
        else:
            _keep_cost(folder / name / COSTS, cost)
    done = {name: RunFolder(folder / name) for name in rows if name not in failed}
    if done:
        write_page(experiment, done, folder, figures)
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
    before = run_folder.read_json(path) if path.is_file() else None
    if before is None:
        run_folder.write_json(path, cost._asdict())
    elif cost.peak_megabytes > 0.9 * before["peak_megabytes"]:
        total = Cost(
            before["cpu_seconds"] + cost.cpu_seconds,
            before["wall_seconds"] + cost.wall_seconds,
            max(before["peak_megabytes"], cost.peak_megabytes),
        )
        run_folder.write_json(path, total._asdict())


def write_page(experiment: Experiment, runs: Mapping[str, RunFolder], folder: Path, figures: Figures) -> None:
    """The page on all models: what each was, how good, at what cost.

    Args:
      experiment: of all of them.
      runs: judged runs of the same data by the name of the model.
      folder: for report.html, comparison.json and plots.
      figures: `figures(evaluations, real, generated)`.
    """
    judged = {name: run_folder.read_json(run.evaluation)["metrics"] for name, run in runs.items()}
    costs = {name: run_folder.read_json(run.path / COSTS) for name, run in runs.items()}
    configs = {name: run.read_config() for name, run in runs.items()}
    drawn = {name: generation.generate(experiment, run) for name, run in runs.items()}
    speeds = {name: one.events_per_second for name, one in drawn.items()}
    real = next(iter(drawn.values())).real
    shown = figures(judged, real, {name: one.events for name, one in drawn.items()})
    for figure in shown:
        plots.save(figure.figure, folder / "plots", figure.name)
    content = report.Report(
        title=f"{experiment.title}: all models",
        summary=_summary(experiment, judged),
        trained=[_trained(name, config) for name, config in configs.items()],
        sections=[
            report.Section("The models side by side", [_EXPLAINED], _quality_table(judged)),
            report.Section("What they cost", [_EXPLAINED_COSTS], _cost_table(costs, speeds)),
        ],
        figures=shown,
        versions=next(iter(configs.values()))["versions"],
    )
    report.write(folder / "report.html", content, images=folder / "plots")
    run_folder.write_json(folder / "comparison.json", {"metrics": judged, "costs": costs, "speeds": speeds})


_EXPLAINED = (
    "Values are means over seeds, with the spread of the seeds where there are several and the statistical "
    "error of one sample where there is one. The last column is what other real events give."
)
_EXPLAINED_COSTS = (
    "Of the whole command, compilation, evaluation and figures included; memory is the most that was "
    "resident at a time. The logs of the runs hold the time of training alone."
)


def _summary(experiment: Experiment, judged: Mapping[str, Mapping[str, Any]]) -> str:
    known = {name: rows[experiment.headline]["value"] for name, rows in judged.items()}
    known = {name: value for name, value in known.items() if value is not None}
    if not known:
        return "No model has a finite value of the headline metric."
    best = min(known, key=lambda name: known[name])
    title = meanings.meaning(experiment.headline).title
    floor = judged[best][experiment.headline]["floor"]["value"]
    return (
        f"{title} is smallest for {best}: {words.number(known[best])}, where other real events give "
        f"{words.number(floor)}."
    )


def _trained(name: str, config: Mapping[str, Any]) -> str:
    chosen = config["flags"]
    return (
        f"{name}: {chosen['steps']} updates of {chosen['batch_size']} events, {_seeds(chosen['num_seeds'])} "
        f"from {chosen['seed']}, on {config['data']['train_events']} events of {config['data']['name']}."
    )


def _seeds(number: int) -> str:
    return "1 seed" if number == 1 else f"{number} seeds"


def _quality_table(judged: Mapping[str, Mapping[str, Any]]) -> report.Table:
    metrics = list(dict.fromkeys(name for rows in judged.values() for name in rows))
    lines = []
    for metric in metrics:
        rows = {name: found[metric] for name, found in judged.items() if metric in found}
        floor = next(iter(rows.values()))["floor"]
        cells = [_cell(rows[name]) if name in rows else "–" for name in judged]
        lines.append([meanings.meaning(metric).title, *cells, _value(floor["value"], floor["error"])])
    return report.Table(("metric", *judged, "real events"), lines)


def _cell(row: Mapping[str, Any]) -> str:
    failed = sum(value is None for value in row["members"])
    if failed:
        return f"no number for {failed} of {len(row['members'])} seeds"
    return _value(row["value"], row["error"] if row["spread"] is None else row["spread"])


def _value(value: float | None, error: float | None) -> str:
    nan = float("nan")
    return words.estimate(Estimate(nan if value is None else value, nan if error is None else error))


def _cost_table(costs: Mapping[str, Mapping[str, float]], speeds: Mapping[str, float]) -> report.Table:
    heads = ("model", "CPU time [s]", "wall time [s]", "peak memory [MB]", "generated events per CPU second")
    lines = [
        [name, *(words.number(one[field], 3) for field in Cost._fields), f"{speeds[name]:,.0f}"]
        for name, one in costs.items()
    ]
    return report.Table(heads, lines)
