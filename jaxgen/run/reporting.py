"""The report page of a run, and a short summary for the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxgen.metrics import format
from jaxgen.metrics.scores import Score, Scores
from jaxgen.metrics.table import symbols
from jaxgen.plots.illustration import Illustration
from jaxgen.reports import page
from jaxgen.reports.data import Report
from jaxgen.run import chosen_settings, speed
from jaxgen.run.options import Options

if TYPE_CHECKING:
    from jaxgen.run.run import Run


def report(run: "Run", path: str | Path | None = None, *, data: Any = None, command: str = "") -> Path:
    """Writes the report page of a run: training, quality, uncertainties, and deviations.

    Args:
      run: run from `fit` or `Run.open`; it is evaluated first if necessary.
      path: path of the HTML file; by default report.html in the run folder.
      data: data for the evaluation, if the run was opened without.
      command: command that repeats the run, shown on the page.

    Returns:
      The path of the page.

    Raises:
      ValueError: if there is neither a path nor a run folder, or there are no data for the evaluation.

    >>> import jaxgen, tempfile
    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 400)
    >>> run = jaxgen.fit(tpc_pads.learner("gan", data), data, steps=2, batch_size=8, quiet=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "<h1>" in jaxgen.report(run, f"{folder}/report.html").read_text()
    True
    """
    run.figures(data)
    return run.report(path, command=command)


def write(run: "Run", figures: Sequence[Illustration], path: Path | None, *, command: str) -> Path:
    """Writes the page, and its figures if the page is in the run folder.

    Raises:
      ValueError: if there is neither a path nor a run folder.
    """
    content = content_of(run, figures, command=command)
    if path is not None:
        return page.write(path, content)
    if run.folder is None:
        raise ValueError("Expected the path of the page for a run in memory; got none.")
    for figure in figures:
        figure.save(run.folder.plots)
    return page.write(run.folder.report, content, images=run.folder.plots)


CURVES = ("training", "critic_scores")
"""Names of figures of the training; the others show events."""


def content_of(run: "Run", figures: Sequence[Illustration], *, command: str = "") -> Report:
    """Content of the page."""
    config, scores, system, samples = run.config, run.scores, run.system, run.samples
    labels = {} if samples is None else samples.test.labels
    costs = []
    if samples is not None:
        folder = None if run.folder is None else run.folder.path
        costs = speed.kept(run.generator, np.asarray(samples.test.batch.condition), folder).table()
    return Report(
        title="An own learner" if system is None else system.title,
        subtitle=_subtitle(run),
        headline="" if scores is None else scores.headline,
        verdict=[] if scores is None else scores.verdict(),
        scores={} if scores is None else dict(scores),
        symbols=symbols(labels),
        shortfalls=run.failures(),
        certainty=_certainty(run, scores),
        figures=[one for one in figures if one.name not in CURVES],
        trained=_trained(run),
        findings=run.history.findings(),
        curves=[one for one in figures if one.name in CURVES],
        costs=costs,
        settings=chosen_settings.chosen(config),
        code=code(config),
        command=command,
        versions={**config["versions"], "revision": config["revision"] or "not known"},
    )


def _subtitle(run: "Run") -> str:
    config = run.config
    what = "An own learner" if config["model"] is None else f"Model {config['model']}"
    own = "".join(f", own {name}" for name in config["parts"])
    members, seed = config["options"]["members"], config["options"]["seed"]
    seeds = f"seed {seed}" if members == 1 else f"{members} seeds from {seed} on"
    return (
        f"{what}{own}: {run.generator.step:,} updates of {config['settings']['batch_size']:,} events, "
        f"{seeds}, trained on {config['data']['train_events']:,} events."
    )


def code(config: Mapping[str, Any]) -> str:
    """Lines of Python that repeat a run; default values are omitted.

    Args:
      config: configuration of the run.
    """
    from jaxgen import systems

    name, model = config["system"], config["model"]
    if name is None or not systems.known(name):
        return ""
    usual = {
        key: chosen_settings.plain(one.default) for key, one in chosen_settings.described(config).items()
    }
    chosen = {
        key: value
        for key, value in config["settings"].items()
        if value != usual.get(key) and key not in config["parts"]
    }
    standard = Options()
    options = {key: value for key, value in config["options"].items() if value != getattr(standard, key)}
    arguments = "".join(f", {key}={value!r}" for key, value in chosen.items())
    own = "".join(f", {key}=..." for key in config["parts"])
    further = "".join(f", {key}={value!r}" for key, value in options.items())
    return "\n".join(
        [
            "import jaxgen",
            f"from jaxgen.systems import {name}",
            "",
            f"data = {_data(name, config['data']['source'])}",
            f"recipe = {name}.learner({model!r}, data{arguments}{own})",
            f'run = jaxgen.fit(recipe, data, workdir="RUN_FOLDER"{further})',
        ]
    )


def _data(name: str, source: Mapping[str, Any]) -> str:
    """Lines of Python that recreate the data."""
    for way, first in (("read", "read"), ("simulate", "simulate")):
        if way in source:
            rest = {key: value for key, value in source.items() if key != first and value}
            given = "".join(f", {key}={value!r}" for key, value in rest.items())
            return f"{name}.{way}({source[first]!r}{given})"
    return f"{name}.dataset(...)  # your arrays"


def _trained(run: "Run") -> list[str]:
    config = run.config
    data, options = config["data"], config["options"]
    sentences = [
        f"{data['train_events']:,} training and {data['test_events']:,} test events of {data['name']}, "
        f"fingerprint {data['sha256'][:16]}.",
        f"{run.generator.step:,} updates of {config['settings']['batch_size']:,} events each.",
    ]
    if len(run.history):
        last = run.history[-1]
        devices = f"{format.count(options['devices'], 'device')} ({config['device']})"
        cpu, wall = (format.number(last[f"{kind}_seconds"], 3) for kind in ("cpu", "wall"))
        sentences.append(f"{cpu} s of CPU and {wall} s of wall time on {devices}, evaluations included.")
    return [" ".join(sentences), *([] if run.scores is None else run.scores.notes)]


def _certainty(run: "Run", scores: Scores | None) -> list[str]:
    if not scores:
        return []
    score: Score = scores[scores.headline] if scores.headline in scores else next(iter(scores.values()))
    members = run.config["options"]["members"]
    seeds = (
        f"{members} seeds were trained; values are their means, each listed below."
        if members > 1
        else "One seed was trained. How much the result varies from training to training is not known; a "
        "training of five members would show it."
    )
    shared = (
        " One half of the test events is compared with events that were generated for the conditions of the "
        "other half, and the floor is that other half; so a perfect generator gives the floor within errors. "
        "Classifiers compare all test events, with training events as their floor."
    )
    shown = [f"Figures and sentences on failures show member {run.generator.default}."] if members > 1 else []
    return [
        seeds,
        *shown,
        "Errors are statistical, of one sample of events each, mostly from bootstraps.",
        "Figures and the sentences on failures use all generated and all test events, with training events "
        "as their floor. So their numbers differ from those of the table, which compares equal samples.",
        f"The floor is the same metric for {score.floor_number:,} real events in place of the "
        f"{score.number:,} generated ones." + (shared if run.config["data"].get("conditions") else ""),
    ]


def summary(scores: Scores, path: Path | None = None) -> str:
    """A short summary for the terminal."""
    shown = [f"{score.label:<70} {score.brief()}" for score in scores.values()]
    said = scores.verdict() if scores else []
    return "\n".join([*scores.notes, *shown, *said, *([] if path is None else [f"Report: {path}"])])
