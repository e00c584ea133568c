"""The small interfaces that every part of jaxgen shares."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import jax

Array = jax.Array
Key = jax.Array
PyTree = Any
Metrics = dict[str, Array]

T = TypeVar("T")


class Batch(NamedTuple):
    """Events with what they were made for, both in physical units.

    Attributes:
      data: detector responses or particles, [N, ...].
      condition: what each was made for, [N, C]; C = 0 where nothing is known.
    """

    data: Array
    condition: Array


class Transform(NamedTuple):
    """A stateful function of a parameter tree.

    Attributes:
      init: `init(key, params) -> state`.
      apply: `apply(params, state) -> (params, state)`.
    """

    init: Callable[[Key, PyTree], PyTree]
    apply: Callable[[PyTree, PyTree], tuple[PyTree, PyTree]]


class Judge(NamedTuple):
    """What a critic says of events.

    Attributes:
      score: `score(state, batch) -> [N]`, of events in physical units.
      probability: whether a score is the probability of being real; else larger is more real.
    """

    score: Callable[[Any, Batch], Array]
    probability: bool


class Learner(NamedTuple):
    """A model family as three pure functions.

    The state is a NamedTuple that has a field `step`, an int32 scalar counting the updates done. Every
    draw inside `step` comes from `fold_in(key, state.step)`, so a resumed run equals an unbroken one.

    Attributes:
      init: `init(key, batch) -> state`; the batch gives shapes and statistics only.
      step: `step(key, state, batch) -> (state, metrics)`, one update from one batch. The key is the
        run's own and is the same at every step. Metrics are scalars.
      sample: `sample(key, state, condition, n) -> data`, n events in physical units; event i is made
        for row i of the condition [n, C].
      judge: the critic of a learner that has one.
    """

    init: Callable[[Key, Batch], Any]
    step: Callable[[Key, Any, Batch], tuple[Any, Metrics]]
    sample: Callable[[Key, Any, Array, int], Array]
    judge: Judge | None = None


class Scaler(NamedTuple):
    """An invertible change of representation.

    Attributes:
      forward: physical units to what a network sees.
      inverse: back again.
    """

    forward: Callable[[Array], Array]
    inverse: Callable[[Array], Array]


class Pair(NamedTuple, Generic[T]):
    """Twins of an adversarial model: parameters, optimizers, optimizer states."""

    generator: T
    critic: T


class Estimate(NamedTuple):
    """A number with its statistical error.

    Attributes:
      value: the estimate.
      error: one standard deviation; NaN where it cannot be given.
    """

    value: float
    error: float


Metric = Callable[[Key, Batch, Batch], Estimate]
