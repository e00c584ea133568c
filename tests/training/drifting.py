"""A learner whose weight drifts after its events, which may die, and short runs of it."""

import contextlib
import shutil
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import collectives
from jaxgen.base import Batch, Learner
from jaxgen.training import logs, loop
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.loop import LoopConfig, Members, Observers

EVENTS = 10
DATA = Batch(
    np.random.default_rng(0).normal(size=(EVENTS, 3)).astype(np.float32), np.zeros((EVENTS, 0), np.float32)
)
NUMBERED = Batch(np.arange(EVENTS, dtype=np.float32)[:, None], DATA.condition)


class State(NamedTuple):
    step: jax.Array
    weight: jax.Array
    seen: jax.Array


def drifting(
    axis_name=None, *, traces: list | None = None, poison: tuple = (), poisons_loss: bool = False
) -> Learner:
    """Its weight follows the mean event with noise, and it counts how often it saw each number.

    The loss is NaN where an event is NaN. Of the members that `poison` has a step for, the weight becomes
    infinite at that step, or the loss NaN; None for none.
    """
    keys = [jax.random.key_data(key) for key in loop.member_keys(0, max(len(poison), 1))[1]]
    steps = jnp.array([-1 if step is None else step for step in poison] or [-1])

    def init(key, batch):
        weight = jax.random.normal(key, batch.data.shape[1:])
        return State(jnp.zeros((), jnp.int32), weight, jnp.zeros(EVENTS, jnp.int32))

    def step(key, state, batch):
        if traces is not None:
            traces.append(1)
        noise = jax.random.normal(jax.random.fold_in(key, state.step), state.weight.shape)
        mean = collectives.mean(jnp.mean(batch.data, axis=0), axis_name)
        loss = jnp.sum(jnp.square(mean - state.weight))
        weight = 0.9 * state.weight + 0.1 * jnp.nan_to_num(mean) + 0.01 * noise
        ours = jnp.all(jnp.stack(keys) == jax.random.key_data(key), axis=1)
        dies = jnp.any(ours & (steps == state.step + 1))
        weight = jnp.where(dies & (not poisons_loss), jnp.inf, weight)
        loss = jnp.where(dies & poisons_loss, jnp.nan, loss)
        numbers = batch.data[:, :1] == jnp.arange(EVENTS)
        seen = state.seen + collectives.mean(jnp.sum(numbers, axis=0).astype(jnp.float32), axis_name).astype(
            int
        )
        return State(state.step + 1, weight, seen), {"loss": loss, "size": jnp.sum(jnp.abs(state.weight))}

    def sample(key, params, condition, first):
        return jnp.tile(params["weight"], (len(condition), 1))

    return Learner(init, step, lambda state: {"weight": state.weight}, sample)


def config(**changes) -> LoopConfig:
    return LoopConfig(**{"steps": 10, "batch_size": 4, "log_every": 2, "save_every": 4, **changes})


def trained(learner, observers: Observers | None = None, *, data: Batch = DATA, start: int = 0, **changes):
    """The members at the end."""
    return loop.train(learner, data, config(**changes), observers, start=start).members


def resumed(learner, folder, *, start: int, unbroken: Checkpoints, **changes) -> Members:
    """Goes on from a copy of a checkpoint, as after a kill."""
    shutil.copytree(unbroken.folder / str(start), folder / str(start))
    observers = Observers(checkpoints=Checkpoints(folder, keep=None))
    return trained(learner, observers, start=start, **changes)


class Silent:
    """A reporter that remembers what it is told."""

    def __init__(self):
        self.reports, self.sentences = [], []

    def compiling(self):
        return contextlib.nullcontext()

    def report(self, step, metrics):
        self.reports.append((step, metrics))

    def say(self, sentence):
        self.sentences.append(sentence)


def without_times(path) -> list[dict]:
    entries = logs.read_metrics(path)
    return [{name: value for name, value in one.items() if "second" not in name} for one in entries]
