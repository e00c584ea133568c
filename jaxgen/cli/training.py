"""The commands that train, judge and report."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxgen import hardware, settings
from jaxgen.cli import options
from jaxgen.cli.flags import Given, text_of
from jaxgen.system import System

if TYPE_CHECKING:
    from jaxgen.run.run import Run


def train(system: System, given: Given) -> None:
    """Trains or resumes a run, then judges it and writes its report where that was not done.

    Raises:
      ValueError: where the folder holds another run, or the settings cannot work; nothing is written then.
    """
    from jaxgen.run.fitting import fit

    values = given.values
    if values.get("workdir") is None:
        raise ValueError("Expected --workdir, the run folder; got none.")
    hardware.devices()
    model = values.get("model", options.first_model(system))
    if model == "all":
        from jaxgen.cli.all_models import train_all

        return train_all(system, given)
    chosen = options.model_settings(system, model, values)
    source = options.source(system, given.choose(options.of_data(system)), given.typed())
    if not values.get("quiet"):
        print(
            f"{'Reading ' + str(source['read']) if 'read' in source else 'Simulating events'} ...", flush=True
        )
    data = system.again(source)
    recipe = system.learner(model, data, **chosen)
    run = fit(
        recipe,
        data,
        workdir=Path(values["workdir"]).absolute(),
        **{name: values[name] for name in ("overwrite", "tensorboard", "quiet") if name in values},
        **given.choose(settings.describe(options.Options)),
    )
    assert run.folder is not None
    if run.folder.judged() != run.trained_steps:
        run.evaluate(data)
        _report(run, None, quiet=bool(values.get("quiet")))
    elif not values.get("quiet"):
        print(f"See {run.folder.report}.")


def _report(run: "Run", out: Path | None, *, quiet: bool) -> None:
    """Writes the figures and the page of a run that was judged."""
    from jaxgen.run import reporting

    path = run.report(out, command=command(run.config))
    if not quiet:
        assert run.scores is not None
        print(reporting.summary(run.scores, path))


def evaluate(folder: str, given: Given) -> None:
    """Judges a checkpoint of a run, and writes metrics, figures and the report.

    Raises:
      ValueError: where the data are not those of the run.
      FileNotFoundError: where there is no run, or none with a checkpoint.
    """
    values = given.values
    run = _open(folder, values)
    if "checkpoint" in values:
        run.choose(values["checkpoint"])
    run.evaluate(
        _data(run, values), samples_per_condition=values.get("samples_per_condition"), seed=values.get("seed")
    )
    _report(run, None, quiet=bool(values.get("quiet")))


def report(folder: str, given: Given) -> None:
    """Writes the figures and the page of a run.

    Raises:
      ValueError: where the data are not those of the run.
      FileNotFoundError: where there is no run, or none with a checkpoint.
    """
    values = given.values
    run = _open(folder, values)
    run.figures(_data(run, values))
    out = None if values.get("out") is None else Path(values["out"])
    path = run.report(out, command=command(run.config))
    print(f"Report: {path}")


def _open(folder: str, values: Mapping[str, Any]) -> "Run":
    from jaxgen.cli.systems import known
    from jaxgen.run.run import Run

    run = Run.open(folder, system=known(values.get("system")))
    run.quiet = bool(values.get("quiet"))
    return run


def _data(run: "Run", values: Mapping[str, Any]) -> Any:
    """The data of a run: of their file or simulator, or of the file that --data names; None for arrays.

    Raises:
      FileNotFoundError: where the file was moved.
      ValueError: where the data are others.
    """
    from jaxgen.run import folder as folders

    source, moved = {**run.config["data"]["source"]}, values.get("data")
    if moved is not None and "read" not in source:
        raise ValueError(f"Expected no --data, as the run's data are of no file; got {moved}.")
    if not source:
        raise ValueError(
            "Expected a run on events of a file or of the simulator; this one was trained on arrays. "
            "Judge it from Python: jaxgen.Run.open(RUN).evaluate(data)."
        )
    if run.system is None:
        return None
    if moved is not None:
        source["read"] = moved
    file = source.get("read")
    if file is not None and not Path(file).exists():
        raise FileNotFoundError(
            f"Expected the run's data at {file}; found none. --data=FILE says where they are."
        )
    data = run.system.again(source)
    if folders.fingerprint(data) != run.config["data"]["sha256"]:
        others = file or "the simulator"
        raise ValueError(f"Expected the data that the run was trained on; those of {others} are others.")
    return data


def command(config: Mapping[str, Any]) -> str:
    """The command that makes a run again, with every flag that differs from its default.

    Args:
      config: of the run.
    """
    from jaxgen import systems

    name, model = config["system"], config["model"]
    if name is None or not systems.known(name):
        return ""
    system = systems.get(name)
    parts = [f"--model={model}"] if model != options.first_model(system) else []
    described = settings.describe(system.model(model).settings)
    for known, found in (
        (described, config["settings"]),
        (settings.describe(options.Options), config["options"]),
    ):
        parts += [
            text_of(one.name, found[one.name])
            for one in known
            if found[one.name] is not None and _plain(found[one.name]) != _plain(one.default)
        ]
    source = config["data"]["source"]
    names = {"read": "data", "simulate": "data_seed", "number": "data_events"}
    usual = {one.name: one.default for one in options.of_data(system)}
    for key, value in source.items():
        flag = names.get(key, key)
        if flag in usual and value is not None and value != usual[flag]:
            parts.append(text_of(flag, value))
    return " ".join(["jaxgen", "train", name, *map(shlex.quote, parts), "--workdir=RUN_FOLDER"])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
