"""Trains, judges and samples any experiment from its command line, through the functions of `jaxgen.run`."""

import os
import shlex
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np
from absl import app, logging
from absl import flags as absl_flags

from jaxgen import settings as model_settings
from jaxgen.cli import flags
from jaxgen.cli.experiment import Experiment
from jaxgen.data import condition_files
from jaxgen.data.dataset import Dataset, as_batch
from jaxgen.run.folder import RunFolder
from jaxgen.run.generator import Generator
from jaxgen.run.loading import load

USER_ERRORS = (ValueError, FileNotFoundError, FloatingPointError, OSError)
Flags = absl_flags.FlagValues


def main(experiment: Experiment) -> None:
    """Runs an experiment from the command line."""
    values = absl_flags.FLAGS
    for holder in flags.define(experiment, values, sys.argv[1:]):
        values.register_key_flag_for_module(sys.argv[0], values[holder.name])  # else --help leaves it out
    warnings.formatwarning = lambda message, *_, **__: f"{experiment.name}: {message}\n"
    app.run(lambda argv: run(experiment, values, argv))


def run(experiment: Experiment, values: Flags, argv: Sequence[str]) -> None:
    """Does what the parsed flags say; what a user can cause ends in one sentence and exit status 1."""
    logging.set_verbosity(logging.WARNING)  # else every checkpoint says a page
    try:
        if len(argv) > 1:
            raise ValueError(f"Expected flags, each with two dashes; got {' '.join(argv[1:])}.")
        if values.workdir is None:
            raise ValueError("Expected --workdir, the run folder; got none.")
        if values.compilation_cache:
            _keep_compiled_programs()
        {"train": train, "evaluate": evaluate, "sample": sample}[values.mode](experiment, values)
    except USER_ERRORS as error:
        if values.traceback:
            raise
        print(f"{experiment.name}: {_sentence(error)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"{experiment.name}: Interrupted; the same command goes on.", file=sys.stderr)
        sys.exit(130)


def _sentence(error: Exception) -> str:
    """What a user reads of an error."""
    if isinstance(error, OSError) and error.strerror:
        if error.filename is None:
            return error.strerror
        return f"Expected to be able to use {error.filename}; got: {error.strerror}."
    return str(error)


def train(experiment: Experiment, values: Flags) -> None:
    """Trains or resumes, then judges where that was not done.

    Raises:
      ValueError: where the folder holds another run, or the settings cannot work; nothing is written then.
    """
    from jaxgen.run.fitting import fit

    if values.model == "all" and experiment.all_models is not None:
        return experiment.all_models(experiment, values)
    system, given = experiment.detector, flags.given_settings(values, experiment)
    chosen = experiment.settings(values.model, given)
    data = system.again(flags.source(values, experiment))
    recipe = system.learner(values.model, data, **chosen)
    folder = RunFolder(Path(values.workdir).absolute())
    options: dict[str, Any] = {option: values[name].value for name, option in flags.OPTIONS.items()}
    run = fit(
        recipe,
        data,
        workdir=folder.path,
        overwrite=values.overwrite,
        tensorboard=values.tensorboard,
        **options,
    )
    if folder.judged() != run.trained_steps:
        _judge(experiment, values, run, data)
    else:
        print(f"See {folder.report}.")


def _judge(
    experiment: Experiment, values: Flags, run: Any, data: Dataset, samples_per_condition: int | None = None
) -> None:
    """Judges a run, and writes its figures and its page."""
    from jaxgen.run import reporting

    scores = run.evaluate(data, samples_per_condition=samples_per_condition)
    path = run.report(command=command(experiment, values, run.config))
    print(reporting.summary(scores, path))


def evaluate(experiment: Experiment, values: Flags) -> None:
    """Judges a checkpoint and writes metrics, figures and the report.

    Raises:
      ValueError: where a flag or the data are not those of the run.
      FileNotFoundError: where there is no checkpoint.
    """
    from jaxgen.run import folder as folders
    from jaxgen.run.run import Run

    folder = RunFolder(Path(values.workdir).absolute())
    config = _config_of(experiment, folder)
    _check_given(experiment, values, config)
    source = {**config["data"]["source"]}
    if "read" in source and flags.given(values, ["data"]):
        source["read"] = values.data
    data = experiment.detector.again(source)
    if folders.fingerprint(data) != config["data"]["sha256"]:
        raise ValueError(
            "Expected the data that the run was trained on; "
            f"those of {source.get('read', 'the simulator')} are others."
        )
    run = Run.open(folder.path)
    if flags.given(values, ["checkpoint"]):
        run.choose(values.checkpoint)
    times = values.samples_per_condition if flags.given(values, ["samples_per_condition"]) else None
    _judge(experiment, values, run, data, times)


def sample(experiment: Experiment, values: Flags) -> None:
    """Writes generated events in the experiment's own format; the same seed gives the same bytes.

    Reads the generator in the run folder and nothing else.
    """
    folder = RunFolder(Path(values.workdir).absolute())
    generator = load(folder.generator)
    system = generator.system
    assert system is not None
    if system.name != experiment.system:
        raise ValueError(
            f"Expected a generator of {experiment.system} in {folder.path}; got one of {system.name}."
        )
    seed = values.seed if flags.given(values, ["seed"]) else int(generator.card.get("seed", 0))
    condition = None if values.conditions is None else _conditions(generator, Path(values.conditions))
    batch = generator.batch(seed, condition, values.num_samples, outside=values.outside)
    folder.samples.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="partial-", dir=folder.samples) as partial:
        plain = as_batch(np.ma.getdata(batch.data), np.asarray(batch.condition))
        system.write(Path(partial), plain)
        _mark(Path(partial), batch.data)
        for written in sorted(Path(partial).iterdir()):
            path = folder.samples / written.name
            os.replace(written, path)
            print(f"Wrote {values.num_samples} events to {path}.")


def _mark(folder: Path, data: Any) -> None:
    """Lists the events that are for conditions outside of the trained range, where there are any."""
    beyond = np.ma.getmaskarray(data).reshape(len(data), -1).any(axis=1)
    if beyond.any():
        (folder / "outside.txt").write_text("".join(f"{event}\n" for event in np.flatnonzero(beyond)))
        print(
            f"{beyond.sum()} events are for conditions outside of the trained range: outside.txt lists them."
        )


def _conditions(generator: Generator, path: Path) -> Mapping[str, np.ndarray] | None:
    """Conditions from a file; columns that the generator does not know are left out, and said."""
    if not generator.spec.condition:
        return None
    found, left = condition_files.read(generator.spec.condition, path, system=generator.system)
    if left:
        print(f"Of the columns of {path}, {', '.join(left)} are not used, as in training.")
    return found


def _config_of(experiment: Experiment, folder: RunFolder) -> dict[str, Any]:
    config = folder.read_config()
    if config["system"] != experiment.system:
        raise ValueError(f"Expected a run of {experiment.system} in {folder.path}; got {config['system']}.")
    return config


def _check_given(experiment: Experiment, values: Flags, config: Mapping[str, Any]) -> None:
    """Raises where a flag that was given is not as in the run folder.

    Raises:
      ValueError: naming the first.
    """
    from jaxgen.run.plan import FREE

    was = {**config["settings"], "model": config["model"]}
    was |= {name: config["options"][option] for name, option in flags.OPTIONS.items()}
    source = config["data"]["source"]
    was |= {one.name: source.get(one.argument or one.name) for one in experiment.data}
    was |= {"data_seed": source.get("simulate"), "data_events": source.get("number")}
    free = FREE | {"devices"}
    for name in sorted(flags.given(values, was) - free):
        if values[name].value != was[name]:
            raise ValueError(
                f"Expected --{name} as in the run folder, {was[name]}; got {values[name].value}. "
                "Leave it out."
            )


def command(experiment: Experiment, values: Flags, config: Mapping[str, Any]) -> str:
    """The command that makes a run again, every flag that differs from its default spelled out."""
    parts = ["python", f"experiments/{experiment.name}.py"]
    model = config["model"]
    if len(experiment.detector.models) > 1:
        parts.append(f"--model={model}")
    described = model_settings.describe(experiment.detector.model(model).settings)
    usual = {**{one.name: one.default for one in described}, **experiment.settings(model, {})}
    parts += [
        _argument(name, value)
        for name, value in config["settings"].items()
        if value is not None and _plain(value) != _plain(usual[name])
    ]
    defaults = {name: values[name].default for name in flags.OPTIONS}
    parts += [
        _argument(name, config["options"][option])
        for name, option in flags.OPTIONS.items()
        if config["options"][option] != defaults[name]
    ]
    source = config["data"]["source"]
    told = {
        "data": source.get("read"),
        "data_seed": source.get("simulate"),
        "data_events": source.get("number"),
    }
    told |= {one.name: source.get(one.argument or one.name) for one in experiment.data}
    parts += [
        _argument(name, value)
        for name, value in told.items()
        if value is not None and value != values[name].default
    ]
    return " ".join([*parts, "--workdir=RUN_FOLDER"])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _argument(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{'' if value else 'no'}{name}"
    text = ",".join(value) if isinstance(value, list | tuple) else str(value)
    return f"--{name}={shlex.quote(text)}"


def _keep_compiled_programs() -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jaxgen"
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
