"""Trains any Learner: compiled chunks of updates; between them logs, checkpoints and a stop at NaN."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Batch, Key, Learner, PyTree
from jaxgen.data import order as batches
from jaxgen.training import diagnostics, parallel
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.logs import Logs
from jaxgen.training.progress import Reporter

RESIDENT_BYTES = 2**30  # larger data sets stay on the host and are streamed

Evaluate = Callable[[PyTree, int], Mapping[str, Any]]


class NonFiniteError(FloatingPointError):
    """Training met a value that is not finite."""


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
      evaluate_every: updates between evaluations, a multiple of `log_every`; 0 for none.
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
            if value % self.log_every:
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
      evaluate: `evaluate(states, step) -> metrics`, one value for each member [K] or one for all; what it
        returns is logged and goes into the checkpoint.
    """

    checkpoints: Checkpoints | None = None
    logs: Logs | None = None
    reporter: Reporter | None = None
    evaluate: Evaluate | None = None


def member_keys(seed: int, members: int) -> tuple[Key, Key, Key]:
    """Keys for the initial states, the updates and the order of the data, [K] each."""

    def three(member: jax.Array) -> Key:
        return jax.random.split(jax.random.fold_in(jax.random.key(seed), member), 3)

    keys = jax.vmap(three)(jnp.arange(members))
    return keys[:, 0], keys[:, 1], keys[:, 2]


def example_states(learner: Learner, data: Batch, config: LoopConfig) -> PyTree:
    """The shapes of a run's states, to restore a checkpoint onto."""
    keys, _, _ = member_keys(config.seed, config.members)
    return jax.eval_shape(lambda keys, batch: parallel.initialize(learner, keys, batch), keys, _head(data))


def train(
    learner: Learner, data: Batch, config: LoopConfig, observers: Observers | None = None, *, start: int = 0
) -> PyTree:
    """Trains from the start or from a checkpoint.

    Args:
      learner: built for `parallel.axis_name(config.devices)`.
      data: training events.
      config: how long.
      observers: who is told; nobody by default.
      start: step of the checkpoint to go on from; 0 for a new run.

    Returns:
      The states of all members, [K, ...].

    Raises:
      NonFiniteError: at the first loss or parameter that is not finite, with its name and step.
      ValueError: where devices or batches do not fit, or there are no checkpoints to start from.
    """
    observers = observers or Observers()
    parallel.check_devices(config.devices, config.batch_size)
    init_keys, step_keys, order_keys = member_keys(config.seed, config.members)
    if start:
        if observers.checkpoints is None:
            raise ValueError(f"Expected checkpoints to start from step {start}; got none.")
        _, states = observers.checkpoints.restore(example_states(learner, data, config), step=start)
    else:
        states = parallel.initialize(learner, init_keys, _head(data))
    resident = sum(x.nbytes for x in data) <= RESIDENT_BYTES
    advance = parallel.make_advance(learner, devices=config.devices, resident=resident)
    on_device = parallel.spread(jax.tree.map(jnp.asarray, data), config.devices) if resident else None
    states = parallel.spread(states, config.devices)
    watchers = [diagnostics.Watcher() for _ in range(config.members)]
    for entry in observers.logs.kept if observers.logs is not None else ():
        _findings(entry, watchers)  # said before the run was resumed
    for step, picks in _chunks(order_keys, len(data.data), config, start):
        given = picks if resident else jax.tree.map(lambda x, picks=picks: np.asarray(x)[picks], data)
        states, metrics = advance(states, step_keys, on_device, given)
        metrics = jax.tree.map(np.asarray, metrics)
        _stop_if_not_finite(metrics, states, step, observers)
        _observe(states, metrics, step, config, observers, watchers, len(data.data))
    return parallel.gathered(states, config.devices)


def _head(data: Batch) -> Batch:
    """A few events, which say all that `init` may know."""
    return jax.tree.map(lambda x: x[:64], data)


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


def _stop_if_not_finite(
    metrics: Mapping[str, np.ndarray], states: PyTree, step: int, observers: Observers
) -> None:
    bad = None
    for name, values in metrics.items():
        members, steps = np.nonzero(~np.isfinite(values))
        if len(steps) and (bad is None or steps.min() < bad[0]):
            first = int(np.argmin(steps))
            bad = (int(steps[first]), name, int(members[first]), values[members[first], steps[first]])
    if bad is not None:
        length = next(iter(metrics.values())).shape[1]
        where = f"{bad[1]} of member {bad[2]} became {bad[3]} at step {step - length + bad[0] + 1}"
    elif not parallel.all_finite(states):
        where = f"{diagnostics.first_nonfinite(states)} is not finite at step {step}"
    else:
        return
    saved = observers.checkpoints.latest_step() if observers.checkpoints else None
    kept = "no checkpoint was saved before" if saved is None else f"the last good checkpoint is {saved}"
    raise NonFiniteError(f"Expected finite numbers in training; {where}; {kept}.")


def _observe(
    states: PyTree,
    metrics: Mapping[str, np.ndarray],
    step: int,
    config: LoopConfig,
    observers: Observers,
    watchers: list[diagnostics.Watcher],
    number: int,
) -> None:
    entry: dict[str, Any] = {name: _of_members(values.mean(axis=1)) for name, values in metrics.items()}
    last = step == config.steps
    judged: dict[str, Any] = {}
    due = config.evaluate_every and step % config.evaluate_every == 0
    one_copy = parallel.gathered(states, config.devices)
    if observers.evaluate is not None and (due or last):
        judged = dict(observers.evaluate(one_copy, step))
        entry |= judged
    epoch = step / batches.steps_per_epoch(number, config.batch_size)
    if observers.logs is not None:
        observers.logs.write(step, entry, epoch=round(epoch, 3))
    if observers.reporter is not None:
        observers.reporter.report(step, entry)
        for sentence in _findings({**entry, "step": step}, watchers):
            observers.reporter.say(sentence)
    if observers.checkpoints is not None and (last or step % config.save_every == 0):
        scalars = {name: float(np.mean(value)) for name, value in judged.items()}
        observers.checkpoints.save(step, one_copy, {k: v for k, v in scalars.items() if math.isfinite(v)})


def _of_members(values: np.ndarray) -> Any:
    return float(values[0]) if len(values) == 1 else [float(value) for value in values]


def _findings(entry: Mapping[str, Any], watchers: list[diagnostics.Watcher]) -> list[str]:
    """What went wrong since the entry before, a sentence for each finding."""
    sentences = []
    for member, watcher in enumerate(watchers):
        name = f"Member {member}: " if len(watchers) > 1 else ""
        found = watcher.observe(diagnostics.of_member(entry, member))
        sentences += [f"{name}{finding.message}" for finding in found]
    return sentences
