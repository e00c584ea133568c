"""Training on events in units that depend on their condition."""

from collections.abc import Callable
from typing import Any

from jaxgen.base import Array, Batch, Key, Learner, Metrics
from jaxgen.models.network import along, in_units


def relative(learner: Learner, *, unit: Callable[[Array], Array]) -> Learner:
    """A learner that is trained on events divided by a unit, and whose samples are multiplied by it.

    For showers in a wide energy range it helps to use fractions of the expected energy.

    Args:
      learner: learner for events in these units.
      unit: `unit(condition) -> [B]`, above zero, in the units of the events.

    Returns:
      The learner for events in physical units.

    >>> import jax.numpy as jnp
    >>> plain = Learner(
    ...     init=lambda key, batch: batch.data.max(),
    ...     step=lambda key, state, batch: (batch.data.max(), {}),
    ...     publish=lambda state: state,
    ...     sample=lambda key, params, condition, first: jnp.full((len(condition), 2), params),
    ... )
    >>> learner = relative(plain, unit=lambda condition: condition[:, 0])
    >>> state = learner.init(None, Batch(jnp.array([[2.0, 6.0]]), jnp.array([[4.0]])))
    >>> learner.sample(None, learner.publish(state), jnp.array([[10.0]]), 0).tolist()
    [[15.0, 15.0]]
    """

    def divided(batch: Batch) -> Batch:
        return batch._replace(data=batch.data / along(unit(batch.condition), batch.data))

    def init(key: Key, batch: Batch) -> Any:
        return learner.init(key, divided(batch))

    def step(key: Key, state: Any, batch: Batch) -> tuple[Any, Metrics]:
        return learner.step(key, state, divided(batch))

    judge = learner.judge
    if judge is not None:
        score, features = judge.score, judge.features
        judge = judge._replace(
            score=lambda state, batch: score(state, divided(batch)),
            features=lambda state, batch: features(state, divided(batch)),
        )
    return Learner(init, step, learner.publish, in_units(learner.sample, unit), judge)
