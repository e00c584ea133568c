"""Trains a recipe, or resumes: the one way of training, from Python and from the command line."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxgen.base import Learner
from jaxgen.data.dataset import Dataset, as_batch
from jaxgen.manifest import write_json
from jaxgen.recipe import Recipe
from jaxgen.run import artifact
from jaxgen.run.evaluation import QUICK
from jaxgen.run.folder import RunFolder
from jaxgen.run.history import History
from jaxgen.run.options import Options
from jaxgen.run.plan import Known, Plan, check_same, configuration, known_of, plan_of
from jaxgen.run.records import card_of, checkpoints_of, chosen_step, read_log
from jaxgen.run.run import Run
from jaxgen.training import loop
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.logs import Logs
from jaxgen.training.loop import Members
from jaxgen.training.progress import Reporter


def fit(
    recipe: Recipe | Learner,
    data: Dataset,
    *,
    steps: int | None = None,
    batch_size: int | None = None,
    seed: int = Options.seed,
    members: int = Options.members,
    devices: int = Options.devices,
    workdir: str | Path | None = None,
    log_every: int = Options.log_every,
    save_every: int = Options.save_every,
    evaluate_every: int = Options.evaluate_every,
    keep_checkpoints: int = Options.keep_checkpoints,
    checkpoint: str = Options.checkpoint,
    samples_per_condition: int = Options.samples_per_condition,
    on_log: Callable[[int, Mapping[str, Any]], Any] | None = None,
    overwrite: bool = False,
    tensorboard: bool = False,
    quiet: bool = False,
) -> Run:
    """Trains, or goes on where a run in the folder was stopped.

    Args:
      recipe: of `system.learner(name, data, ...)`, or a `Learner` of one's own.
      data: its training split is trained on.
      steps: updates of the whole run; those of the recipe where not given.
      batch_size: events an update, over all devices; likewise.
      seed: of the run.
      members: runs that are trained together, each with a seed of its own.
      devices: that share each batch.
      workdir: run folder; None for a run in memory, which cannot be resumed.
      log_every: updates between lines of the log.
      save_every: updates between checkpoints, a multiple of log_every.
      evaluate_every: updates between quick evaluations, a multiple of log_every; 0 for one at the end. They
        use the validation split where there is one, else training events.
      keep_checkpoints: latest ones that stay, beside the best.
      checkpoint: which one the generator comes from, the "best" by the quick evaluations, where there are
        any but the last, or the "latest".
      samples_per_condition: generated events a test event that `Run.evaluate` judges by.
      on_log: `on_log(step, metrics)` after each line; where it returns True the training stops, and the
        folder has it as finished.
      overwrite: whether to delete what a run folder holds and start anew.
      tensorboard: whether to write TensorBoard's files too.
      quiet: whether to show no progress.

    Returns:
      The run.

    Raises:
      ValueError: where settings cannot work or differ from those in the folder; nothing is written then.
      NonFiniteError: where all members met a value that is not finite.

    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 64)
    >>> run = fit(tpc_pads.learner("gan", data), data, steps=2, batch_size=8, quiet=True)
    >>> [line["step"] for line in run.history]
    [2]
    """
    if on_log is not None and not callable(on_log):
        raise ValueError(f"Expected a function as on_log; got {type(on_log).__name__}.")
    options = Options(
        seed=seed,
        members=members,
        devices=devices,
        log_every=log_every,
        save_every=save_every,
        evaluate_every=evaluate_every,
        keep_checkpoints=keep_checkpoints,
        checkpoint=checkpoint,
        samples_per_condition=samples_per_condition,
    )
    plan = plan_of(recipe, data, steps, batch_size)
    learner = plan.learner(len(data.train.data), devices)
    loop.example_members(learner, data.train, plan.loop(options))
    folder = None if workdir is None else RunFolder(Path(workdir).absolute())
    described = configuration(plan, options, data)
    if folder is None:
        return _in_memory(plan, options, described, learner, data, on_log=on_log, quiet=quiet)
    if overwrite:
        folder.clear()
    return _in_folder(
        folder,
        plan,
        options,
        described,
        learner,
        data,
        on_log=on_log,
        tensorboard=tensorboard,
        quiet=quiet,
    )


def _in_folder(
    folder: RunFolder,
    plan: Plan,
    options: Options,
    described: dict[str, Any],
    learner: Learner,
    data: Dataset,
    *,
    on_log: Callable[[int, Mapping[str, Any]], Any] | None,
    tensorboard: bool,
    quiet: bool,
) -> Run:
    """Trains, or goes on with the run of the folder, in which nothing changes before it is sure to fit."""
    config = plan.loop(options)
    old = _old_configuration(folder, described, plan)
    checkpoints = checkpoints_of(folder, options, None if plan.recipe is None else plan.recipe.system)
    start = 0 if old is None else _resume_from(learner, data, config, checkpoints)
    described["finished"] = _claim(folder, described, old)
    keeper = _Keeper(plan, options, described, known_of(data), folder, checkpoints)
    if start:
        keeper.mend()
    if described["finished"] or start >= config.steps:
        if not quiet:
            print(f"The run in {folder.path} is finished: {start} steps.")
        return _of_folder(plan, options, described, data, folder)
    if start and not quiet:
        print(f"Resuming from step {start}.")
    judge = _quick_judge(plan, options, described, data)
    reporter = None if quiet else Reporter(config.steps, step=start)
    with Logs(folder.path, step=start or None, tensorboard=tensorboard) as log:
        observers = loop.Observers(checkpoints, log, reporter, judge, on_log, keeper.save)
        try:
            trained = loop.train(learner, data.train, config, observers, start=start)
        finally:
            if reporter is not None:
                reporter.close()
    if trained.stopped:
        described["finished"] = trained.step
        write_json(folder.config, described)
    return _of_folder(plan, options, described, data, folder)


def _in_memory(
    plan: Plan,
    options: Options,
    described: Mapping[str, Any],
    learner: Learner,
    data: Dataset,
    *,
    on_log: Callable[[int, Mapping[str, Any]], Any] | None,
    quiet: bool,
) -> Run:
    """Trains without a folder; the best members are kept where they are judged."""
    judge = _quick_judge(plan, options, described, data)
    best: list[tuple[float, int, Members]] = []
    wanted = options.checkpoint == "best" and options.evaluate_every

    def judged(members: Members, step: int) -> Mapping[str, Any]:
        assert judge is not None
        found = judge(members, step)
        value = loop.deaths.mean_of_living(next(iter(found.values())))
        if wanted and np.isfinite(value) and (not best or value < best[0][0]):
            best[:] = [(value, step, jax.tree.map(np.asarray, members))]
        return found

    log = Logs(None)
    config = plan.loop(options)
    reporter = None if quiet else Reporter(config.steps)
    observers = loop.Observers(None, log, reporter, None if judge is None else judged, on_log)
    try:
        trained = loop.train(learner, data.train, config, observers)
    finally:
        if reporter is not None:
            reporter.close()
    kept = (best[0][2], best[0][1]) if best else (trained.members, trained.step)
    ended = {**described, "finished": trained.step if trained.stopped else None}
    history = History(log.entries, members=options.members)
    return Run(plan, options, ended, known_of(data), history, members=kept, data=data)


def _of_folder(
    plan: Plan, options: Options, described: Mapping[str, Any], data: Dataset, folder: RunFolder
) -> Run:
    history = History(read_log(folder), members=options.members)
    run = Run(plan, options, described, known_of(data), history, data=data, folder=folder)
    return run if plan.recipe is None else run.with_saved_generator()


def _old_configuration(folder: RunFolder, config: dict[str, Any], plan: Plan) -> dict[str, Any] | None:
    """That of the run in the folder, which this one goes on with; None where there is none yet."""
    if not folder.exists():
        return None
    old = folder.read_config()
    check_same(old, config, plan, folder.path)
    return old


def _claim(folder: RunFolder, config: dict[str, Any], old: Mapping[str, Any] | None) -> int | None:
    """Makes the folder that of this run; the step at which it was told to stop."""
    if old is None:
        folder.start(config)
        return None
    longer = config["settings"]["steps"] > old["settings"]["steps"]
    finished = None if longer else old.get("finished")
    write_json(folder.config, {**config, "finished": finished})
    return finished


def _resume_from(learner: Learner, data: Dataset, config: loop.LoopConfig, checkpoints: Checkpoints) -> int:
    """Step of the latest whole checkpoint, 0 for none."""
    if not checkpoints.steps():
        return 0
    try:
        step, _ = checkpoints.restore(loop.example_members(learner, data.train, config))
    except FileNotFoundError as error:
        print(f"{error} Starting anew.")
        return 0
    return step


class _Keeper:
    """Renews the generator in a run folder with its checkpoints."""

    def __init__(
        self,
        plan: Plan,
        options: Options,
        config: Mapping[str, Any],
        known: Known,
        folder: RunFolder,
        checkpoints: Checkpoints,
    ) -> None:
        self._plan, self._options, self._config = plan, options, config
        self._known, self._folder, self._checkpoints = known, folder, checkpoints
        self._learner = plan.learner(config["data"]["train_events"])

    def save(self, members: Members, step: int) -> None:
        """Writes the generator where this checkpoint is the one that it comes from."""
        if chosen_step(self._checkpoints, self._options) == step:
            self._write(members, step)

    def _write(self, members: Members, step: int) -> None:
        if self._plan.recipe is None or jax.process_index() != 0:
            return
        card = card_of(self._config, None)
        generator = self._plan.generator(self._learner, members, step, self._known, card)
        generator.write(self._folder.generator)

    def mend(self) -> None:
        """Makes the generator that of its checkpoint, where a run was killed between the two."""
        step = chosen_step(self._checkpoints, self._options)
        if step is None or self._plan.recipe is None or self._step_written() == step:
            return
        example = loop.example_members(self._learner, self._plan.example(), self._plan.loop(self._options))
        self._write(self._checkpoints.restore(example, step=step)[1], step)

    def _step_written(self) -> int | None:
        try:
            return artifact.read(self._folder.generator).description["step"]
        except (ValueError, FileNotFoundError):
            return None


def _quick_judge(
    plan: Plan, options: Options, config: Mapping[str, Any], data: Dataset
) -> loop.Evaluate | None:
    """Judges all members by the validation split, or by training events where there is none.

    So the best checkpoint is not picked by the test split.
    """
    if plan.recipe is None:
        return None
    system = plan.recipe.system
    learner = plan.learner(config["data"]["train_events"])
    part = data.validation if len(data.validation.data) else data.train
    condition = np.asarray(part.condition)
    key = jax.random.fold_in(jax.random.key(options.seed), QUICK)
    judging, sampler, known = system.judging(), plan.sampler(), known_of(data)
    seen: dict[str, Any] = {}

    def judge(members: Members, step: int) -> dict[str, Any]:
        if "real" not in seen:
            seen["real"] = system.observe(part, data.spec)
        generator = plan.generator(learner, members, step, known, {}, sampler=sampler)
        values = []
        for m in range(options.members):
            if m not in generator.members:
                values.append(float("nan"))
                continue
            events = generator.member(m).events(key, condition)
            fake = system.observe(as_batch(events, condition), data.spec)
            values.append(judging.quick(key, seen["real"], fake).value)
        return {system.headline: values if len(values) > 1 else values[0]}

    return judge
