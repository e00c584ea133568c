"""The page on a run, and the same in a few lines for the screen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxgen import settings
from jaxgen.metrics import format
from jaxgen.metrics.scores import Score, Scores
from jaxgen.plots.illustration import Illustration
from jaxgen.reports import page
from jaxgen.reports.data import Report
from jaxgen.run.options import Options

if TYPE_CHECKING:
    from jaxgen.run.run import Run


def report(run: "Run", path: str | Path | None = None, *, data: Any = None, command: str = "") -> Path:
    """Writes one page on a run: what was trained, how good it is, how sure that is, where it fails.

    Args:
      run: of `fit` or `Run.open`; it is judged first where it was not yet.
      path: of the HTML file; report.html in the run folder where not given.
      data: to judge by, where the run was opened without.
      command: that makes the run again, to stand on the page.

    Returns:
      The path.

    Raises:
      ValueError: where neither a path is given nor a folder is there, or there are no data to judge by.

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
    """Writes the page, and its figures into the run folder where it goes there.

    Raises:
      ValueError: where neither a path is given nor a folder is there.
    """
    content = content_of(run, figures, command=command)
    if path is not None:
        return page.write(path, content)
    if run.folder is None:
        raise ValueError("Expected the path of the page for a run in memory; got none.")
    for figure in figures:
        figure.save(run.folder.plots)
    return page.write(run.folder.report, content, images=run.folder.plots)


def content_of(run: "Run", figures: Sequence[Illustration], *, command: str = "") -> Report:
    """What the page says."""
    config, scores, system = run.config, run.scores, run.system
    rows = {} if scores is None else dict(scores)
    return Report(
        title="An own learner" if system is None else system.title,
        headline="" if scores is None else scores.headline,
        trained=_trained(run),
        configuration={"model": config["model"], **config["settings"], **_own(config), **config["options"]},
        scores=rows,
        certainty=_certainty(run, scores),
        shortfalls=run.failures(),
        findings=run.history.findings(),
        figures=figures,
        code=code(config),
        command=command,
        versions={**config["versions"], "revision": config["revision"] or "not known"},
    )


def _own(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"own objects": config["parts"]} if config["parts"] else {}


def code(config: Mapping[str, Any]) -> str:
    """Lines of Python that make a run of a system again; what is at its default is left out.

    Args:
      config: of the run.
    """
    from jaxgen import systems

    name, model = config["system"], config["model"]
    if name is None or not systems.known(name):
        return ""
    defaults = {one.name: one.default for one in settings.describe(systems.get(name).model(model).settings)}
    listed = {key: list(value) if isinstance(value, tuple) else value for key, value in defaults.items()}
    chosen = {key: value for key, value in config["settings"].items() if value != listed.get(key)}
    usual = Options()
    options = {key: value for key, value in config["options"].items() if value != getattr(usual, key)}
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
    """How the data were made."""
    for way, first in (("read", "read"), ("simulate", "simulate")):
        if way in source:
            rest = {key: value for key, value in source.items() if key != first and value}
            given = "".join(f", {key}={value!r}" for key, value in rest.items())
            return f"{name}.{way}({source[first]!r}{given})"
    return f"{name}.dataset(...)  # your arrays"


def _trained(run: "Run") -> list[str]:
    config = run.config
    data, chosen, options = config["data"], config["settings"], config["options"]
    members = options["members"]
    sentences = [
        f"{data['train_events']} training and {data['test_events']} test events of {data['name']}, "
        f"fingerprint {data['sha256'][:16]}.",
        f"{run.generator.step} updates of {chosen['batch_size']} events each, seed {options['seed']}"
        + (f", {members} members with seeds of their own." if members > 1 else "."),
    ]
    if len(run.history):
        last = run.history[-1]
        devices = f"{options['devices']} device{'s' if options['devices'] > 1 else ''} ({config['device']})"
        cpu, wall = (format.number(last[f"{kind}_seconds"], 3) for kind in ("cpu", "wall"))
        sentences.append(f"{cpu} s of CPU and {wall} s of wall time on {devices}, evaluations included.")
    return [*sentences, *([] if run.scores is None else run.scores.notes)]


def _certainty(run: "Run", scores: Scores | None) -> list[str]:
    if not scores:
        return []
    score: Score = scores[scores.headline] if scores.headline in scores else next(iter(scores.values()))
    members = run.config["options"]["members"]
    luck = (
        f"{members} seeds were trained; values are their means, each listed beside."
        if members > 1
        else "One seed was trained, so how much the result varies from training to training is not known; "
        "five members would tell."
    )
    shared = (
        " Generated events share the conditions of the test events they are compared with, and real training "
        "events do not; so a perfect generator would come out below the floor."
    )
    shown = [f"Figures and sentences on failures show member {run.generator.default}."] if members > 1 else []
    return [
        luck,
        *shown,
        "Errors are statistical, of one sample of events each, mostly from bootstraps.",
        f"The floor is the same metric for {score.floor_number} real training events in place of the "
        f"{score.number} generated ones." + (shared if run.config["data"].get("conditions") else ""),
    ]


def summary(scores: Scores, path: Path | None = None) -> str:
    """A few lines for the screen."""
    shown = [f"{score.title:<50} {score.brief()}" for score in scores.values()]
    said = [scores[scores.headline].verdict()] if scores.headline in scores else []
    return "\n".join([*scores.notes, *shown, *said, *([] if path is None else [f"Report: {path}"])])
