"""Trains, judges and samples any experiment from its command line."""

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from absl import app, flags, logging

from jaxgen import plots, report
from jaxgen.base import Batch, Learner, PyTree
from jaxgen.cli import settings
from jaxgen.cli.experiment import Experiment, Length
from jaxgen.cli.settings import Settings
from jaxgen.data import order as batches
from jaxgen.data.dataset import Dataset
from jaxgen.plots.illustration import Illustration
from jaxgen.plots.scores import score_illustration
from jaxgen.plots.training import training_illustration
from jaxgen.run import describe, evaluation, run_folder, sampling
from jaxgen.run.run_folder import RunFolder
from jaxgen.training import diagnostics, logs, loop, parallel
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.progress import Reporter

USER_ERRORS = (ValueError, FileNotFoundError, FloatingPointError, OSError)
Instead = Mapping[tuple[str, Any], Callable[[], None]]
EVALUATION, SAMPLES, QUICK = 1, 2, 3  # what the seed is folded with for draws outside of training


def main(experiment: Experiment, *, instead: Instead | None = None) -> None:
    """Runs an experiment from the command line.

    Args:
      experiment: what to run.
      instead: what is done in place of training where a flag has a value, by the two.
    """
    for holder in experiment.flags:  # else --help shows only those of the experiment's own file
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flags.FLAGS[holder.name])
    warnings.formatwarning = lambda message, *_, **__: f"{experiment.name}: {message}\n"
    app.run(lambda argv: run(experiment, argv, instead=instead))


def run(experiment: Experiment, argv: Sequence[str], *, instead: Instead | None = None) -> None:
    """Does what the parsed flags say; what a user can cause ends in one sentence and exit status 1."""
    values = flags.FLAGS
    logging.set_verbosity(logging.WARNING)  # else every checkpoint says a page
    try:
        if len(argv) > 1:
            raise ValueError(f"Expected flags, each with two dashes; got {' '.join(argv[1:])}.")
        if values.workdir is None:
            raise ValueError("Expected --workdir, the run folder; got none.")
        for (name, value), act in (instead or {}).items():
            if values.mode == "train" and values[name].value == value:
                return act()
        folder = RunFolder(Path(values.workdir).absolute())
        if values.mode != "train":
            _adopt(values, folder, experiment)
        chosen = settings.read(values, experiment.flags)
        if chosen["compilation_cache"]:
            _keep_compiled_programs()
        {"train": train, "evaluate": evaluate, "sample": sample}[values.mode](experiment, chosen, folder)
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


def train(experiment: Experiment, chosen: Settings, folder: RunFolder) -> None:
    """Trains or resumes, then judges.

    Raises:
      ValueError: where the folder holds another run, or the settings cannot work; nothing is written then.
    """
    dataset = experiment.read(chosen)
    learner, loop_config = build(experiment, chosen, dataset)
    loop.example_states(learner, dataset.train, loop_config)
    _claim(experiment, chosen, folder, run_folder.describe(experiment.name, chosen, dataset))
    checkpoints = _checkpoints(folder, chosen, experiment)
    start = _resume_from(learner, dataset, loop_config, checkpoints)
    if start >= loop_config.steps and folder.judged() == start:
        print(f"The run in {folder.path} is finished: {start} steps. See {folder.report}.")
        return
    if start:
        print(f"Resuming from step {start}.")
    if start < loop_config.steps:
        with (
            Reporter(loop_config.steps, step=start) as reporter,
            logs.Logs(folder.path, step=start or None, tensorboard=chosen["tensorboard"]) as log,
        ):
            judge = _quick_judge(experiment, dataset, chosen)
            observers = loop.Observers(checkpoints, log, reporter, judge)
            loop.train(learner, dataset.train, loop_config, observers, start=start)
    evaluate(experiment, chosen, folder, dataset)


def _claim(experiment: Experiment, chosen: Settings, folder: RunFolder, config: Mapping[str, Any]) -> None:
    """Makes the folder that of this run, or sees that it is."""
    if chosen["overwrite"]:
        folder.clear()
    if folder.exists():
        _check_same_run(experiment, folder.read_config(), config)
        run_folder.write_json(folder.config, config)
    else:
        folder.start(config)


def evaluate(
    experiment: Experiment, chosen: Settings, folder: RunFolder, dataset: Dataset | None = None
) -> None:
    """Judges a checkpoint and writes metrics, figures and the report.

    Raises:
      ValueError: where the data are not those of the run.
      FileNotFoundError: where there is no checkpoint.
    """
    dataset = _same_data(experiment, chosen, folder) if dataset is None else dataset
    learner, loop_config = build(experiment, {**chosen, "devices": 1}, dataset)
    step, states = restore(learner, dataset, loop_config, folder, chosen, experiment)
    draw = sampling.make_sampler(learner, finish=experiment.finish)
    condition = _repeated(np.asarray(dataset.test.condition), chosen, dataset)
    key = jax.random.fold_in(jax.random.key(chosen["seed"]), EVALUATION)
    generated = [
        draw(jax.random.fold_in(key, m), sampling.member(states, m), condition)
        for m in range(chosen["num_seeds"])
    ]
    rows = evaluation.evaluate(key, experiment.suites, dataset.test, dataset.train, generated)
    trained = _checkpoints(folder, chosen, experiment).latest_step()
    history = logs.read_metrics(folder.path)
    figures = [
        training_illustration(history),
        *_of_critic(learner, sampling.member(states, 0), dataset.test, generated[0]),
        *experiment.illustrate(dataset.test, generated[0], dataset.train, dataset.spec),
    ]
    for figure in figures:
        plots.save(figure.figure, folder.plots, figure.name)
    failures = experiment.failures(key, dataset.test, generated[0], dataset.train)
    findings = _findings(history, chosen["num_seeds"])
    content = describe.report_of(
        experiment, folder.read_config(), step, rows, figures, failures, findings, history
    )
    report.write(folder.report, content, images=folder.plots)
    run_folder.write_json(folder.evaluation, {"step": step, "trained": trained, "metrics": rows})
    print(describe.summary(experiment, rows, folder))


def _of_critic(learner: Learner, state: PyTree, test: Batch, generated: Batch) -> list[Illustration]:
    if learner.judge is None:
        return []
    sides = (sampling.scores(learner.judge, state, batch) for batch in (test, generated))
    return [score_illustration(*sides, probability=learner.judge.probability)]


def sample(experiment: Experiment, chosen: Settings, folder: RunFolder) -> None:
    """Writes generated events in the experiment's own format; the same seed gives the same bytes."""
    dataset = _same_data(experiment, chosen, folder)
    learner, loop_config = build(experiment, {**chosen, "devices": 1}, dataset)
    _, states = restore(learner, dataset, loop_config, folder, chosen, experiment)
    state = sampling.member(states, 0)
    condition = np.asarray(dataset.test.condition)
    if chosen["conditions"] is not None:
        condition = _conditions(experiment, learner, state, Path(chosen["conditions"]), condition.shape[1])
    number = chosen["num_samples"]
    condition = condition[np.arange(number) % len(condition)]
    key = jax.random.fold_in(jax.random.key(chosen["seed"]), SAMPLES)
    draw = sampling.make_sampler(learner, finish=experiment.finish)
    folder.samples.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder.samples) as partial:
        experiment.write_samples(Path(partial), draw(key, state, condition))
        for written in sorted(Path(partial).iterdir()):
            path = folder.samples / written.name
            os.replace(written, path)
            print(f"Wrote {number} events to {path}.")


def _conditions(
    experiment: Experiment, learner: Learner, state: PyTree, path: Path, wanted: int
) -> np.ndarray:
    """Conditions from a file: its first columns where it has more, fewer where the learner takes them."""
    condition = experiment.read_conditions(path)
    if condition.shape[1] > wanted:
        print(f"Of the {condition.shape[1]} columns of {path}, the first {wanted} are used, as in training.")
    condition = condition[:, :wanted]
    if condition.shape[1] < wanted:
        try:
            jax.eval_shape(lambda c: learner.sample(jax.random.key(0), state, c, len(c)), condition[:1])
        except Exception:
            raise ValueError(
                f"Expected conditions of {wanted} columns in {path}; got {condition.shape[1]}."
            ) from None
    return condition


def _repeated(condition: np.ndarray, chosen: Settings, dataset: Dataset) -> np.ndarray:
    """Test conditions over and over, by default until there are as many as the floor has events."""
    times = chosen["samples_per_condition"] or max(1, len(dataset.train.data) // len(condition))
    return np.tile(condition, (times, 1))


def build(experiment: Experiment, chosen: Settings, dataset: Dataset) -> tuple[Learner, loop.LoopConfig]:
    """The learner and the length of its training."""
    config = loop.LoopConfig(
        steps=chosen["steps"],
        batch_size=chosen["batch_size"],
        seed=chosen["seed"],
        members=chosen["num_seeds"],
        devices=chosen["devices"],
        log_every=chosen["log_every"],
        save_every=chosen["save_every"],
        evaluate_every=chosen["evaluate_every"],
    )
    parallel.check_devices(config.devices, config.batch_size)
    per_epoch = batches.steps_per_epoch(len(dataset.train.data), config.batch_size)
    length = Length(config.steps, per_epoch)
    return experiment.learner(chosen, dataset, length, parallel.axis_name(config.devices)), config


def _adopt(values: flags.FlagValues, folder: RunFolder, experiment: Experiment) -> None:
    """Takes from the run folder every flag that was not given."""
    config = folder.read_config()
    if config["experiment"] != experiment.name:
        raise ValueError(f"Expected a run of {experiment.name} in {folder.path}; got {config['experiment']}.")
    settings.adopt(values, config["flags"])


def _check_same_run(experiment: Experiment, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if old["experiment"] != new["experiment"]:
        raise ValueError(
            f"Expected a run of {new['experiment']}; the folder holds one of {old['experiment']}."
        )
    same_data = old["data"].get("sha256") == new["data"]["sha256"]
    phrases = settings.differing(
        old["flags"],
        new["flags"],
        extendable=experiment.extendable(new["flags"]),
        ignored=settings.PLACES if same_data else frozenset(),
    )
    if phrases:
        raise ValueError(
            f"Expected the flags of the run in the folder; {'; '.join(phrases)}. "
            "Give them as they were, another --workdir, or --overwrite."
        )
    if not same_data:
        raise ValueError(_changed(new["flags"]))


def _same_data(experiment: Experiment, chosen: Settings, folder: RunFolder) -> Dataset:
    dataset = experiment.read(chosen)
    if run_folder.fingerprint(dataset) != folder.read_config()["data"].get("sha256"):
        raise ValueError(_changed(chosen))
    return dataset


def _changed(chosen: Settings) -> str:
    places = " ".join(f"--{name}={chosen[name]}" for name in sorted(settings.PLACES & chosen.keys()))
    return f"Expected the data that the run was trained on; those of {places} are others."


def _checkpoints(folder: RunFolder, chosen: Settings, experiment: Experiment) -> Checkpoints:
    return Checkpoints(folder.checkpoints, keep=chosen["keep_checkpoints"], best_metric=experiment.headline)


def _resume_from(
    learner: Learner, dataset: Dataset, config: loop.LoopConfig, checkpoints: Checkpoints
) -> int:
    """Step of the latest whole checkpoint, 0 for none."""
    if not checkpoints.steps():
        return 0
    try:
        step, _ = checkpoints.restore(loop.example_states(learner, dataset.train, config))
    except FileNotFoundError as error:
        print(f"{error} Starting anew.")
        return 0
    return step


def restore(
    learner: Learner,
    dataset: Dataset,
    config: loop.LoopConfig,
    folder: RunFolder,
    chosen: Settings,
    experiment: Experiment,
) -> tuple[int, PyTree]:
    """Step and states of the checkpoint that the settings ask for.

    Raises:
      FileNotFoundError: where there is none.
      ValueError: where there is no judged one and --checkpoint=best.
    """
    checkpoints = _checkpoints(folder, chosen, experiment)
    step = checkpoints.best_step() if chosen["checkpoint"] == "best" else None
    if step is None and chosen["checkpoint"] == "best":
        raise ValueError(
            f"Expected a checkpoint judged by {experiment.headline} for --checkpoint=best; found none in "
            f"{folder.checkpoints}."
        )
    example = loop.example_states(learner, dataset.train, config)
    return checkpoints.restore(example, step=step)


def _quick_judge(experiment: Experiment, dataset: Dataset, chosen: Settings) -> loop.Evaluate:
    """Judges all members against training events, so that the best checkpoint is not picked by the test."""
    learner, _ = build(experiment, {**chosen, "devices": 1}, dataset)
    draw = sampling.make_sampler(learner, finish=experiment.finish)
    train = dataset.train
    condition = np.asarray(train.condition)
    key = jax.random.fold_in(jax.random.key(chosen["seed"]), QUICK)

    def judge(states: PyTree, step: int) -> dict[str, Any]:
        del step
        generated = [draw(key, sampling.member(states, m), condition) for m in range(chosen["num_seeds"])]
        values = [experiment.quick(key, train, fake).value for fake in generated]
        return {experiment.headline: values if len(values) > 1 else values[0]}

    return judge


def _findings(history: list[dict[str, Any]], members: int) -> list[str]:
    sentences = []
    for member in range(members):
        name = f"Member {member}: " if members > 1 else ""
        found = diagnostics.watch([diagnostics.of_member(entry, member) for entry in history])
        sentences += [f"{name}{finding.message}" for finding in found]
    return sentences


def _keep_compiled_programs() -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jaxgen"
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
