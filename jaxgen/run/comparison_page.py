"""The page that compares several runs: quality, costs, and settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxgen.base import Batch
from jaxgen.data.dataset import Dataset
from jaxgen.manifest import read_json, write_json
from jaxgen.metrics import format
from jaxgen.metrics.table import Table as Observables
from jaxgen.metrics.table import symbols
from jaxgen.plots import overlay
from jaxgen.plots.illustration import Illustration
from jaxgen.reports import page
from jaxgen.reports.data import Report, Section, Table
from jaxgen.run import chosen_settings, speed
from jaxgen.run.comparison import Comparison
from jaxgen.run.run import Run
from jaxgen.run.speed import Speed

COSTS = "costs.json"
"""File in a run folder with the costs of its command: `cpu_seconds`, `wall_seconds` and `peak_megabytes`."""

NUMBER = 20_000  # number of events generated for the figures


class Side(NamedTuple):
    """Content of the page for one run.

    Attributes:
      speed: speed of its generator.
      observables: observables of generated events.
    """

    speed: Speed
    observables: Observables


def write(
    compared: Comparison, path: str | Path, *, data: Dataset | None = None, number: int = NUMBER
) -> Path:
    """Writes the page.

    Args:
      compared: result of `compare`.
      path: path of the HTML file; or a folder, which gets report.html, comparison.json and plots.
      data: training data of the runs; by default read or simulated again; if that is not possible, the page
        has no figures of events and no speed.
      number: number of events generated for these figures.

    Returns:
      The path of the HTML file.
    """
    path = Path(path)
    folder = path if path.is_dir() or not path.suffix else None
    data, missing = _data_of(compared.runs, data)
    sides = {} if data is None else {n: _generate(run, data, number) for n, run in compared.runs.items()}
    costs = {name: _costs(run) for name, run in compared.runs.items()}
    figures = [compared.figure(), *_overlays(compared.runs, data, sides)]
    content = _content(compared, sides, costs, figures, missing)
    if folder is None:
        return page.write(path, content)
    for figure in figures:
        figure.save(folder / "plots")
    speeds = {name: side.speed.events_per_cpu_second for name, side in sides.items()}
    metrics = {name: scores.as_json() for name, scores in compared.scores.items()}
    known = {name: cost for name, cost in costs.items() if cost is not None}
    write_json(folder / "comparison.json", {"metrics": metrics, "costs": known, "speeds": speeds})
    return page.write(folder / "report.html", content, images=folder / "plots")


def _content(
    compared: Comparison,
    sides: Mapping[str, Side],
    costs: Mapping[str, Mapping[str, float] | None],
    figures: Sequence[Illustration],
    missing: str,
) -> Report:
    configs = {name: run.config for name, run in compared.runs.items()}
    first = next(iter(compared.runs.values()), None)
    title = "Runs" if first is None or first.system is None else first.system.title
    labels = next((side.observables.labels for side in sides.values()), {})
    sections = [
        Section(
            "The runs side by side",
            [EXPLAINED, *compared.notes(), missing],
            Table(*compared.table()),
        )
    ]
    if sides or any(cost is not None for cost in costs.values()):
        sections.append(Section("What they cost", [EXPLAINED_COSTS], _cost_table(compared, sides, costs)))
    heads, lines = chosen_settings.differing(configs)
    if lines:
        words = "Settings that differ; those that play no role, because of others, are left out."
        sections.append(Section("In what they differ", [words], Table(heads, lines)))
    verdict = compared.verdict()
    return Report(
        title=f"{title}: {format.count(len(compared.scores), 'run')} compared",
        verdict=[verdict] if isinstance(verdict, str) else verdict,
        sections=sections,
        symbols=symbols(labels),
        figures=figures,
        trained=[_trained(name, config) for name, config in configs.items()],
        versions={} if first is None else first.config["versions"],
    )


def _data_of(runs: Mapping[str, Run], data: Dataset | None) -> tuple[Dataset | None, str]:
    """The common training data of all runs, or the reason why they are not available."""
    if not runs:
        return None, ""
    if len({run.config["data"]["sha256"] for run in runs.values()}) > 1:
        return None, "The runs were trained on different data, so no events are drawn side by side."
    try:
        return next(iter(runs.values())).data(data), ""
    except ValueError as error:
        return None, f"No events are drawn side by side. {error}"


def _generate(run: Run, data: Dataset, number: int) -> Side:
    """Events of the first surviving member for the repeated test conditions, and the speed of generation."""
    known = np.asarray(data.test.condition)
    condition = known[np.arange(number) % len(known)]
    folder = None if run.folder is None else run.folder.path
    measured = speed.kept(run.generator, known, folder)
    events = run.generator.events(jax.random.key(0), condition)
    assert run.system is not None
    return Side(measured, run.system.observe(Batch(events, condition), data.spec))  # type: ignore[arg-type]


def _overlays(
    runs: Mapping[str, Run], data: Dataset | None, sides: Mapping[str, Side]
) -> Sequence[Illustration]:
    system = next((run.system for run in runs.values()), None)
    if data is None or system is None:
        return []
    tables = {name: side.observables for name, side in sides.items()}
    return (system.overlay or overlay.overlay)(system.observe(data.test, data.spec), tables)


def _costs(run: Run) -> Mapping[str, float] | None:
    """Costs of the command of the run, if its folder contains them."""
    path = None if run.folder is None else run.folder.path / COSTS
    return read_json(path) if path is not None and path.is_file() else None


def _cost_table(
    compared: Comparison,
    sides: Mapping[str, Side],
    costs: Mapping[str, Mapping[str, float] | None],
) -> Table:
    heads = (
        "run",
        "CPU time [s]",
        "wall time [s]",
        "peak memory [MB]",
        "generated events per CPU second",
        "parameters of the generator",
    )
    lines = []
    for name in compared.scores:
        cost, side = costs.get(name), sides.get(name)
        fields = ("cpu_seconds", "wall_seconds", "peak_megabytes")
        spent = ["–"] * 3 if cost is None else [format.number(cost[field], 3) for field in fields]
        made = ["–"] * 2 if side is None else side.speed.cells()
        lines.append([name, *spent, *made])
    kept = [i for i in range(len(heads)) if any(line[i] != "–" for line in lines)]
    return Table([heads[i] for i in kept], [[line[i] for i in kept] for line in lines])


def _trained(name: str, config: Mapping[str, Any]) -> str:
    chosen, options, data = config["settings"], config["options"], config["data"]
    seeds = "1 seed" if options["members"] == 1 else f"{options['members']} seeds"
    return (
        f"{name}: {chosen['steps']:,} updates of {chosen['batch_size']:,} events, {seeds} from "
        f"{options['seed']} on, on {data['train_events']:,} events of {data['name']}."
    )


EXPLAINED = (
    "Values are means over the seeds of a run; unit 1 is a pure number. The last column is what other real "
    "events give in the place of generated ones."
)
EXPLAINED_COSTS = (
    "Times and memory are those of the whole command, compilation, evaluation and figures included; the logs "
    "of the runs hold the time of training alone. Generation is timed on this machine, compilation apart."
)
