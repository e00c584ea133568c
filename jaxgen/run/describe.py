"""What a run says of itself: the report's content and the line on the screen."""

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from jaxgen import report
from jaxgen.base import Estimate
from jaxgen.cli.experiment import Experiment
from jaxgen.cli.settings import NEUTRAL
from jaxgen.metrics import glossary as meanings
from jaxgen.plots import format as words
from jaxgen.plots.illustration import Illustration
from jaxgen.run.evaluation import Row
from jaxgen.run.run_folder import RunFolder


def report_of(
    experiment: Experiment,
    config: Mapping[str, Any],
    step: int,
    rows: Mapping[str, Row],
    figures: Sequence[Illustration],
    failures: Sequence[str],
    findings: Sequence[str],
    history: Sequence[Mapping[str, Any]],
) -> report.Report:
    """The content of the report.

    Args:
      experiment: what was run.
      config: of the run folder.
      step: of the checkpoint that was judged.
      rows: its metrics.
      figures: with captions.
      failures: where the generated events are worst.
      findings: of the diagnostics.
      history: lines of the log.
    """
    metrics = [_row(name, row) for name, row in rows.items()]
    unused = experiment.unused(config["flags"])
    return report.Report(
        title=experiment.title,
        headline=experiment.headline,
        trained=_trained(config, step, history),
        configuration={name: value for name, value in config["flags"].items() if name not in unused},
        metrics=metrics,
        certainty=_certainty(config, rows[experiment.headline]),
        shortfalls=failures,
        findings=findings,
        figures=figures,
        command=command(experiment, config),
        versions={**config["versions"], "revision": config["revision"] or "not known"},
    )


def command(experiment: Experiment, config: Mapping[str, Any]) -> str:
    """The command that makes a run again, every flag that differs from its default spelled out."""
    parts = ["python", f"experiments/{experiment.name}.py"]
    defaults = {holder.name: holder.default for holder in experiment.flags}
    for name, value in config["flags"].items():
        if name in NEUTRAL or value is None or value == defaults[name]:
            continue
        if isinstance(value, bool):
            parts.append(f"--{'' if value else 'no'}{name}")
            continue
        text = ",".join(value) if isinstance(value, list) else str(value)
        parts.append(f"--{name}={shlex.quote(text)}")
    return " ".join([*parts, "--workdir=RUN_FOLDER"])


def summary(experiment: Experiment, rows: Mapping[str, Row], folder: RunFolder) -> str:
    """A few lines for the screen."""
    shown = [f"{meanings.meaning(name).title:<50} {_brief(row)}" for name, row in rows.items()]
    headline = report.verdict(_row(experiment.headline, rows[experiment.headline]))
    return "\n".join([*shown, headline, f"Report: {folder.report}"])


def _brief(row: Row) -> str:
    text = words.estimate(_estimate(row))
    if row["spread"] is not None:
        text += f" (spread of {len(row['members'])} seeds {words.number(row['spread'], 2)})"
    return f"{text}; real against real {words.estimate(_estimate(row['floor']))}"


def _row(name: str, row: Row) -> report.Row:
    return report.Row(
        name=name,
        estimate=_estimate(row),
        floor=_estimate(row["floor"]),
        ratio=_ratio(row),
        number=row["n"],
        members=[_number(value) for value in row["members"]] if len(row["members"]) > 1 else (),
    )


def _ratio(row: Row) -> Estimate | None:
    """Estimate over floor where both are clearly above zero."""
    value, floor = _estimate(row), _estimate(row["floor"])
    if not (value.value > 0 and floor.value > 2 * floor.error > 0):
        return None
    relative = math.hypot(value.error / value.value, floor.error / floor.value)
    ratio = value.value / floor.value
    return Estimate(ratio, ratio * relative)


def _estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate(_number(row["value"]), _number(row["error"]))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _trained(config: Mapping[str, Any], step: int, history: Sequence[Mapping[str, Any]]) -> list[str]:
    data, settings = config["data"], config["flags"]
    seeds = settings["num_seeds"]
    sentences = [
        f"{data['train_events']} training and {data['test_events']} test events of {data['name']}, "
        f"fingerprint {data['sha256'][:16]}.",
        f"{step} updates of {settings['batch_size']} events each, seed {settings['seed']}"
        + (f", {seeds} members with seeds of their own." if seeds > 1 else "."),
    ]
    if history:
        last = history[-1]
        number = settings["devices"]
        devices = f"{number} device{'s' if number > 1 else ''} ({config['device']})"
        cpu, wall = (words.number(last[f"{kind}_seconds"], 3) for kind in ("cpu", "wall"))
        sentences.append(f"{cpu} s of CPU and {wall} s of wall time on {devices}, evaluations included.")
    return sentences


def _certainty(config: Mapping[str, Any], row: Row) -> list[str]:
    seeds = config["flags"]["num_seeds"]
    spread = (
        f"{seeds} seeds were trained; values are their means, each listed beside."
        if seeds > 1
        else "One seed was trained, so how much the result varies from training to training is not known; "
        "--num_seeds=5 would tell."
    )
    shared = (
        " Generated events share the conditions of the test events they are compared with, and real training "
        "events do not; so a perfect generator would come out below the floor."
    )
    return [
        spread,
        "Errors are statistical, of one sample of events each, mostly from bootstraps.",
        f"The floor is the same metric for {row['floor']['n']} real training events in place of the "
        f"{row['n']} generated ones." + (shared if config["data"].get("conditions") else ""),
    ]
