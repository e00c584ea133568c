"""Trains a recipe, or resumes: the one way of training, from Python and from the command line."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxgen import extras, hardware, screen
from jaxgen.base import Learner
from jaxgen.data.dataset import Dataset, as_batch
from jaxgen.manifest import write_json
from jaxgen.recipe import Recipe
from jaxgen.run import artifact, introduction
from jaxgen.run.evaluation import QUICK
from jaxgen.run.folder import RunFolder
from jaxgen.run.history import History
from jaxgen.run.options import Options
from jaxgen.run.plan import Known, Plan, check_same, configuration, known_of, plan_of
from jaxgen.run.records import card_of, checkpoints_of, chosen_step, read_log
from jaxgen.run.run import Run
from jaxgen.training import interrupts, loop
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.logs import TENSORBOARD, Logs
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
      tensorboard: whether to write TensorBoard's files too; needs the extra `tensorboard`.
      quiet: whether to show nothing while training, judging and drawing.

    Ctrl-C and SIGTERM stop the training after the updates of the next line of the log, which are saved; a
    second Ctrl-C stops at once. In a notebook and at a prompt `fit` then returns the run as it is; elsewhere
    it raises `Interrupted`. With a workdir the same call goes on from there.

    Returns:
      The run.

    Raises:
      ValueError: where settings cannot work or differ from those in the folder; nothing is written then.
      NonFiniteError: where all members met a value that is not finite.
      Interrupted: a `KeyboardInterrupt`, where the training was stopped by a signal.

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
    hardware.devices()
    if tensorboard:
        extras.load(*TENSORBOARD)
    plan = plan_of(recipe, data, steps, batch_size)
    learner = plan.learner(len(data.train.data), devices)
    example = loop.example_members(learner, data.train, plan.loop(options))
    folder = None if workdir is None else RunFolder(Path(workdir).absolute())
    described = configuration(plan, options, data)
    told = introduction.lines(plan, options, data, learner, example.states)
    session = _Session(plan, options, described, learner, data, told, on_log=on_log, quiet=quiet)
    if folder is None:
        return _in_memory(session)
    if overwrite:
        folder.clear()
    return _in_folder(session, folder, tensorboard=tensorboard)


class _Session(NamedTuple):
    """A call of `fit`.

    Attributes:
      plan: what is trained.
      options: how.
      config: of the run, as `config.json` will have it.
      learner: that trains.
      data: on what.
      introduction: lines that are shown before the training begins.
      on_log: as given.
      quiet: as given.
    """

    plan: Plan
    options: Options
    config: dict[str, Any]
    learner: Learner
    data: Dataset
    introduction: Sequence[str]
    on_log: Callable[[int, Mapping[str, Any]], Any] | None
    quiet: bool

    def train(self, reporter: Reporter, start: int = 0, **observers: Any) -> loop.Trained:
        """Trains; Ctrl-C and SIGTERM end it early."""
        for line in self.introduction:
            reporter.say(line)
        if start:
            reporter.say(f"Resuming from step {start:,}.")
        config = self.plan.loop(self.options)
        with interrupts.noticed() as interrupted, reporter:
            watching = loop.Observers(
                reporter=reporter, on_log=self.on_log, interrupted=interrupted, **observers
            )
            return loop.train(self.learner, self.data.train, config, watching, start=start)


def _in_folder(session: _Session, folder: RunFolder, *, tensorboard: bool) -> Run:
    """Trains, or goes on with the run of the folder, in which nothing changes before it is sure to fit."""
    plan, options, described, learner, data = session[:5]
    config = plan.loop(options)
    old = _old_configuration(folder, described, plan)
    checkpoints = checkpoints_of(folder, options, None if plan.recipe is None else plan.recipe.system)
    start = 0 if old is None else _resume_from(learner, data, config, checkpoints)
    described["finished"] = _claim(folder, described, old)
    keeper = _Keeper(plan, options, described, known_of(data), folder, checkpoints)
    if start:
        keeper.mend()
    reporter = Reporter(config.steps, step=start, quiet=session.quiet)
    if described["finished"] or start >= config.steps:
        reporter.say(f"The run in {folder.path} is finished: {start:,} steps.")
        return _of_folder(session, folder)
    judge = _quick_judge(plan, options, described, data, reporter)
    with Logs(folder.path, step=start or None, tensorboard=tensorboard) as log:
        trained = session.train(
            reporter, start, checkpoints=checkpoints, logs=log, evaluate=judge, on_save=keeper.save
        )
    if trained.stopped:
        described["finished"] = trained.step
        write_json(folder.config, described)
    if trained.interrupted is not None:
        _stop(trained, reporter, f"and saved in {folder.path}", "fit with the same workdir goes on.")
    return _of_folder(session, folder)


def _stop(trained: loop.Trained, reporter: Reporter, saved: str, further: str) -> None:
    """Says how a training that was interrupted goes on; raises where nobody waits for the run.

    Raises:
      Interrupted: unless this is a notebook or a prompt and there is something to return.
    """
    assert trained.interrupted is not None
    if not trained.step:
        sentence = "Stopped before the first update"
        further = "nothing was lost."
    else:
        sentence = " ".join([f"Stopped at update {trained.step:,}", saved]).strip()
    if trained.step and screen.interactive():
        reporter.say(f"{sentence}; {further}")
        return
    reporter.say(f"{sentence}.")
    raise interrupts.Interrupted(trained.interrupted, trained.step, f"{sentence}; {further}")


def _in_memory(session: _Session) -> Run:
    """Trains without a folder; the best members are kept where they are judged."""
    plan, options, described, _, data = session[:5]
    reporter = Reporter(plan.steps, quiet=session.quiet)
    judge = _quick_judge(plan, options, described, data, reporter)
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
    trained = session.train(reporter, logs=log, evaluate=None if judge is None else judged)
    if trained.interrupted is not None:
        _stop(trained, reporter, "", "the run is as it was then.")
    kept = (best[0][2], best[0][1]) if best else (trained.members, trained.step)
    early = trained.stopped or trained.interrupted is not None
    ended = {**described, "finished": trained.step if early else None}
    history = History(log.entries, members=options.members)
    known = known_of(data)
    return Run(plan, options, ended, known, history, members=kept, data=data, quiet=session.quiet)


def _of_folder(session: _Session, folder: RunFolder) -> Run:
    plan, options, config, _, data = session[:5]
    history = History(read_log(folder), members=options.members)
    known = known_of(data)
    run = Run(plan, options, config, known, history, data=data, folder=folder, quiet=session.quiet)
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
        card = card_of(self._config, step, None)
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
    plan: Plan, options: Options, config: Mapping[str, Any], data: Dataset, reporter: Reporter
) -> loop.Evaluate | None:
    """Judges all members by the validation split, or by training events where there is none.

    So the best checkpoint is not picked by the test split. The first time, when programs are compiled, does
    not count for the rate that the reporter shows.
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
        if "real" in seen:
            return judged(members, step)
        with reporter.aside():
            seen["real"] = system.observe(part, data.spec)
            return judged(members, step)

    def judged(members: Members, step: int) -> dict[str, Any]:
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
