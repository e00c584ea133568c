"""Trains any Learner: compiled chunks of updates; between them logs, checkpoints and a look for NaN."""

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Key, Learner, Metrics, PyTree
from jaxgen.data import order as batches
from jaxgen.training import deaths, diagnostics, parallel
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.logs import Logs
from jaxgen.training.programs import Programs, head
from jaxgen.training.progress import Reporter

SHARE, SHORTEST, LONGEST = 0.02, 1e-4, 0.05  # seconds between looks: a share of those since the call


class Members(NamedTuple):
    """What a checkpoint holds.

    Attributes:
      states: of all members, [K, ...].
      died: int32 [K], the update at which each met a value that is not finite; 0 for one that lives.
    """

    states: PyTree
    died: Any

    def state(self, member: int) -> PyTree:
        """The state of one member."""
        return jax.tree.map(lambda x: x[member], self.states)

    @property
    def alive(self) -> list[int]:
        """Numbers of the members that live."""
        return [int(member) for member in np.flatnonzero(np.asarray(self.died) == 0)]


class Trained(NamedTuple):
    """How a training ended.

    Attributes:
      members: as they are.
      step: updates done.
      stopped: whether `on_log` asked to stop.
      interrupted: number of the signal that stopped it; None for none.
    """

    members: Members
    step: int
    stopped: bool
    interrupted: int | None = None


Evaluate = Callable[[Members, int], Mapping[str, Any]]
"""`evaluate(members, step) -> metrics`, one value for each member [K] or one for all."""


@dataclass(frozen=True)
class LoopConfig:
    """How long to train and how often to do what.

    Attributes:
      steps: number of updates of the whole run.
      batch_size: events an update, over all devices.
      seed: of the run; member m uses the key folded with m.
      members: independent runs that train together.
      devices: to split each batch over.
      log_every: updates compiled into one call, after which one line is logged.
      save_every: updates between checkpoints, a multiple of `log_every`.
      evaluate_every: updates between evaluations, a multiple of `log_every`; 0 for none but the last.
    """

    steps: int
    batch_size: int = 32
    seed: int = 0
    members: int = 1
    devices: int = 1
    log_every: int = 100
    save_every: int = 1000
    evaluate_every: int = 0

    def __post_init__(self) -> None:
        checks.positive(
            steps=self.steps,
            batch_size=self.batch_size,
            members=self.members,
            log_every=self.log_every,
            save_every=self.save_every,
        )
        for name in ("save_every", "evaluate_every"):
            value = getattr(self, name)
            if value % self.log_every or value < 0:
                raise ValueError(
                    f"Expected {name} to be a multiple of log_every, {self.log_every}; got {value}."
                )


@dataclass(frozen=True)
class Observers:
    """Who is told what happens.

    Attributes:
      checkpoints: keeps states; None for a run that leaves none.
      logs: writes lines.
      reporter: shows progress.
      evaluate: what it returns is logged and goes into the checkpoint.
      on_log: `on_log(step, metrics)` after each line; True stops the training.
      on_save: `on_save(members, step)` after each checkpoint.
      interrupted: `interrupted()`, the number of a signal to stop after the updates that are running, and
        None as long as there was none; see `interrupts.noticed`.
    """

    checkpoints: Checkpoints | None = None
    logs: Logs | None = None
    reporter: Reporter | None = None
    evaluate: Evaluate | None = None
    on_log: Callable[[int, Mapping[str, Any]], Any] | None = None
    on_save: Callable[[Members, int], None] | None = None
    interrupted: Callable[[], int | None] = lambda: None


def member_keys(seed: int, members: int) -> tuple[Key, Key, Key]:
    """Keys for the initial states, the updates and the order of the data, [K] each."""

    def three(member: jax.Array) -> Key:
        return jax.random.split(jax.random.fold_in(jax.random.key(seed), member), 3)

    keys = jax.vmap(three)(jnp.arange(members))
    return keys[:, 0], keys[:, 1], keys[:, 2]


def example_members(learner: Learner, data: Batch, config: LoopConfig) -> Members:
    """The shapes of what a run carries, to restore a checkpoint onto."""
    keys, _, _ = member_keys(config.seed, config.members)
    states = jax.eval_shape(parallel.initializer(learner), keys, head(data))
    return Members(states, np.zeros(config.members, np.int32))


def train(
    learner: Learner, data: Batch, config: LoopConfig, observers: Observers | None = None, *, start: int = 0
) -> Trained:
    """Trains from the start or from a checkpoint.

    Args:
      learner: built for `parallel.axis_name(config.devices)`.
      data: training events.
      config: how long.
      observers: who is told; nobody by default.
      start: step of the checkpoint to go on from; 0 for a new run.

    Returns:
      The members. One that met a value that is not finite stays as it was before that chunk of updates.

    Raises:
      NonFiniteError: where all members met a loss or parameter that is not finite, with its name and step.
      ValueError: where devices or batches do not fit, or there are no checkpoints to start from.
    """
    observers = observers or Observers()
    parallel.check_devices(config.devices, config.batch_size)
    init_keys, step_keys, order_keys = member_keys(config.seed, config.members)
    chunks = _chunks(order_keys, len(data.data), config, start)
    programs = Programs(learner, data, step_keys, devices=config.devices)
    if start:
        members = _restored(learner, data, config, observers, start)
    else:
        with _compiling(observers):
            first = next(chunks)
            members = Members(programs.initialize(init_keys, first[1]), np.zeros(config.members, np.int32))
            deaths.finite_members(members.states)  # compiled here, else the first rate would count it
        chunks = itertools.chain([first], chunks)
    states, died = parallel.replicate(members.states, config.devices), np.asarray(members.died)
    watchers = diagnostics.Watchers(config.members)
    for entry in observers.logs.kept if observers.logs is not None else ():
        watchers.observe(entry)  # said before the run was resumed
    stopped = False
    for step, picks in chunks:
        if not programs.ready(picks):
            with _compiling(observers):
                programs.compile(parallel.gathered(states, config.devices), picks)
        if observers.interrupted() is not None:
            break
        before = jax.tree.map(jnp.copy, states) if config.members > 1 else None
        began = time.monotonic()
        states, measured = programs(states, picks)
        _wait(measured, step, observers)
        seconds = time.monotonic() - began
        metrics = {name: np.asarray(values) for name, values in measured.items()}
        found = deaths.find(metrics, parallel.gathered(states, config.devices), died, step)
        if found:
            died = _bury(found, died, start, observers)
        if died.any():
            states = parallel.frozen(before, states, died > 0, config.devices)
        one_copy = Members(parallel.gathered(states, config.devices), died)
        rate = (step - start) / max(seconds, 1e-9)
        start = step
        stopped = _observe(one_copy, metrics, step, rate, config, observers, watchers, len(data.data))
        if stopped:
            break
    members = Members(parallel.gathered(states, config.devices), died)
    interrupted = observers.interrupted()
    kept = observers.checkpoints
    if interrupted is not None and start and kept is not None and kept.latest_step() != start:
        _save(members, start, {}, observers)  # unjudged, as an unbroken run has no such checkpoint to choose
    return Trained(members, start, stopped, interrupted)


def _restored(learner: Learner, data: Batch, config: LoopConfig, observers: Observers, step: int) -> Members:
    if observers.checkpoints is None:
        raise ValueError(f"Expected checkpoints to start from step {step}; got none.")
    return observers.checkpoints.restore(example_members(learner, data, config), step=step)[1]


def _compiling(observers: Observers) -> AbstractContextManager[None]:
    return nullcontext() if observers.reporter is None else observers.reporter.compiling()


def _wait(measured: Metrics, step: int, observers: Observers) -> None:
    """Waits for a call in short sleeps, between which signals are noticed, where reading would sleep on."""
    began = time.monotonic()
    said = False
    while not all(cast(Any, values).is_ready() for values in measured.values()):
        if observers.interrupted() is not None and not said and observers.reporter is not None:
            said = True
            observers.reporter.say(
                f"Interrupted: training stops after update {step:,}, which is saved. Ctrl-C stops at once."
            )
        time.sleep(min(max(SHARE * (time.monotonic() - began), SHORTEST), LONGEST))


def _chunks(keys: Key, number: int, config: LoopConfig, start: int) -> Iterator[tuple[int, np.ndarray]]:
    """Indices of the events of each compiled call [K, steps, B], and the step after it."""
    per_epoch = batches.steps_per_epoch(number, config.batch_size)
    shuffle = jax.jit(
        jax.vmap(
            lambda key, epoch: batches.epoch_order(key, epoch, number, config.batch_size), in_axes=(0, None)
        )
    )
    orders: dict[int, np.ndarray] = {}
    while start < config.steps:
        stop = min((start // config.log_every + 1) * config.log_every, config.steps)
        epochs = range(start // per_epoch, (stop - 1) // per_epoch + 1)
        orders = {
            epoch: orders[epoch] if epoch in orders else np.asarray(shuffle(keys, epoch)) for epoch in epochs
        }
        rows = [orders[step // per_epoch][:, step % per_epoch] for step in range(start, stop)]
        yield stop, np.stack(rows, axis=1)
        start = stop


def _bury(found: list[deaths.Death], died: np.ndarray, before: int, observers: Observers) -> np.ndarray:
    """Notes who died; raises where nobody is left."""
    died = died.copy()
    for death in found:
        died[death.member] = death.step
    if died.all():
        saved = observers.checkpoints.latest_step() if observers.checkpoints else None
        raise deaths.NonFiniteError(deaths.farewell(found, died, saved))
    for death in found:
        if observers.reporter is not None:
            observers.reporter.say(
                f"Member {death.member} died: {death.words}. It stays as it was at step {before}; "
                "the others go on."
            )
    return died


def _observe(
    members: Members,
    metrics: Mapping[str, np.ndarray],
    step: int,
    rate: float,
    config: LoopConfig,
    observers: Observers,
    watchers: diagnostics.Watchers,
    number: int,
) -> bool:
    """Tells everybody, and says whether to stop."""
    dead = np.asarray(members.died) > 0
    entry: dict[str, Any] = {
        name: _of_members(np.where(dead, np.nan, values.mean(axis=1))) for name, values in metrics.items()
    }
    if dead.any():
        entry["died"] = [int(when) for when in members.died]
    last = step == config.steps
    judged: dict[str, Any] = {}
    due = config.evaluate_every and step % config.evaluate_every == 0
    if observers.evaluate is not None and (due or last):
        judged = dict(observers.evaluate(members, step))
        entry |= judged
    epoch = step / batches.steps_per_epoch(number, config.batch_size)
    if observers.logs is not None:
        observers.logs.write(step, entry, epoch=round(epoch, 3), rate=rate)
    if observers.reporter is not None:
        observers.reporter.report(step, entry)
        for sentence in watchers.observe({**entry, "step": step}):
            observers.reporter.say(sentence)
    stop = observers.on_log is not None and bool(observers.on_log(step, entry))
    if last or stop or step % config.save_every == 0:
        _save(members, step, judged, observers)
    return stop and not last


def _save(members: Members, step: int, judged: Mapping[str, Any], observers: Observers) -> None:
    """Keeps the members, with what an evaluation of them found."""
    if observers.checkpoints is None:
        return
    means = {name: deaths.mean_of_living(value) for name, value in judged.items()}
    observers.checkpoints.save(step, members, {k: v for k, v in means.items() if math.isfinite(v)})
    if observers.on_save is not None:
        observers.on_save(members, step)


def _of_members(values: np.ndarray) -> Any:
    return float(values[0]) if len(values) == 1 else [float(value) for value in values]
