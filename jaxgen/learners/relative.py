"""Events in units that depend on what they are made for."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from jaxgen.base import Array, Batch, Key, Learner, Metrics


def relative(learner: Learner, *, unit: Callable[[Array], Array]) -> Learner:
    """A learner that sees events divided by a unit, and whose samples are multiplied by it again.

    A shower is the better described by shares of its expected energy, the wider the range of energies.

    Args:
      learner: whose events are numbers of those units.
      unit: `unit(condition) -> [B]`, above zero, in the units of the events.

    Returns:
      The learner of events as they are.

    >>> from jaxgen.base import Batch
    >>> plain = Learner(
    ...     init=lambda key, batch: batch.data.max(),
    ...     step=lambda key, state, batch: (batch.data.max(), {}),
    ...     sample=lambda key, state, condition, n: jnp.full((n, 2), state),
    ... )
    >>> learner = relative(plain, unit=lambda condition: condition[:, 0])
    >>> state = learner.init(None, Batch(jnp.array([[2.0, 6.0]]), jnp.array([[4.0]])))
    >>> learner.sample(None, state, jnp.array([[10.0]]), 1).tolist()
    [[15.0, 15.0]]
    """

    def divided(batch: Batch) -> Batch:
        return batch._replace(data=batch.data / _along(unit(batch.condition), batch.data))

    def init(key: Key, batch: Batch) -> Any:
        return learner.init(key, divided(batch))

    def step(key: Key, state: Any, batch: Batch) -> tuple[Any, Metrics]:
        return learner.step(key, state, divided(batch))

    def sample(key: Key, state: Any, condition: Array, n: int) -> Array:
        data = learner.sample(key, state, condition, n)
        return data * _along(unit(condition[:n]), data)

    if learner.judge is None:
        return Learner(init, step, sample)
    score = learner.judge.score
    judge = learner.judge._replace(score=lambda state, batch: score(state, divided(batch)))
    return Learner(init, step, sample, judge)


def _along(units: Array, data: Array) -> Array:
    """One number an event, shaped to multiply all numbers of it."""
    return jnp.reshape(units, (-1,) + (1,) * (data.ndim - 1))
