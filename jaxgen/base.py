"""Interfaces that all parts of jaxgen share."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import jax

Array = jax.Array
Key = jax.Array
PyTree = Any
Metrics = dict[str, Array]

T = TypeVar("T")


class Batch(NamedTuple):
    """Events and the conditions they were produced under, in physical units.

    Attributes:
      data: detector responses or particles, [N, ...].
      condition: conditions of each event, [N, C]; C = 0 for unconditional events.

    >>> import numpy as np
    >>> events = Batch(np.ones((3, 8, 16)), np.zeros((3, 4)))
    >>> events.first(2).data.shape
    (2, 8, 16)
    """

    data: Array
    condition: Array

    def first(self, number: int) -> "Batch":
        """The first `number` events, or all events if there are fewer."""
        return Batch(self.data[:number], self.condition[:number])


class Transform(NamedTuple):
    """A stateful function of a parameter tree.

    Attributes:
      init: `init(key, params) -> state`.
      apply: `apply(params, state) -> (params, state)`.
    """

    init: Callable[[Key, PyTree], PyTree]
    apply: Callable[[PyTree, PyTree], tuple[PyTree, PyTree]]


class Judge(NamedTuple):
    """Outputs of a critic for events in physical units.

    Attributes:
      score: `score(state, batch) -> [N]`.
      features: `features(state, batch) -> [N, F]`, input of the critic's last layer for each event.
      probability: whether the score is the probability that an event is real; otherwise a larger score means
        more real.
    """

    score: Callable[[Any, Batch], Array]
    features: Callable[[Any, Batch], Array]
    probability: bool


Sampler = Callable[[Key, PyTree, Array, Any], Array]
"""`sample(key, params, condition, first) -> data`: one event in physical units for each row of the condition
[n, C]. The events are numbered first, first + 1, ..., where first is a whole number below 2^64, or the two
32-bit words of one (see `ops.random_numbers.words`). Event i depends only on the key, i and its own
condition.
"""


class Learner(NamedTuple):
    """A model family as a set of pure functions.

    The state is a NamedTuple with a field `step`, an int32 scalar that counts the updates done. All random
    numbers inside `step` come from `fold_in(key, state.step)`, so a resumed run equals an uninterrupted one.

    Attributes:
      init: `init(key, batch) -> state`; only the shapes of the batch are used.
      step: `step(key, state, batch) -> (state, metrics)`, one update from one batch. The key belongs to the
        run and is the same at every step. Metrics are scalars.
      publish: `publish(state) -> params`, the parameters needed for sampling: dictionaries and lists of
        arrays.
      sample: `sample(key, params, condition, first)`, generates events from published parameters, see
        `Sampler`.
      judge: the critic, for learners that have one.

    >>> import jax.numpy as jnp
    >>> class State(NamedTuple):
    ...     step: Array
    ...     mean: Array
    >>> init = lambda key, batch: State(jnp.int32(0), jnp.zeros(batch.data.shape[1:]))
    >>> def step(key, state, batch):
    ...     mean = 0.9 * state.mean + 0.1 * batch.data.mean(axis=0)
    ...     return State(state.step + 1, mean), {"loss": jnp.mean((batch.data - mean) ** 2)}
    >>> publish = lambda state: {"mean": state.mean}
    >>> sample = lambda key, params, condition, first: jnp.broadcast_to(params["mean"], (len(condition), 2))
    >>> follower = Learner(init, step, publish, sample)
    >>> state = follower.init(jax.random.key(0), Batch(jnp.ones((4, 2)), jnp.zeros((4, 0))))
    >>> follower.publish(state)["mean"].tolist()
    [0.0, 0.0]
    """

    init: Callable[[Key, Batch], Any]
    step: Callable[[Key, Any, Batch], tuple[Any, Metrics]]
    publish: Callable[[Any], PyTree]
    sample: Sampler
    judge: Judge | None = None


EventLoss = Callable[[Array, Array, Array], Array]
"""`event_loss(fake, real, condition) -> scalar` for a batch of events in physical units."""


class Length(NamedTuple):
    """Length of a run.

    Attributes:
      steps: number of updates.
      steps_per_epoch: number of full batches in the training events.
    """

    steps: int = 1
    steps_per_epoch: int = 1


class Scaler(NamedTuple):
    """An invertible transformation of the data.

    Attributes:
      forward: from physical units to the input of a network.
      inverse: the inverse of `forward`.
    """

    forward: Callable[[Array], Array]
    inverse: Callable[[Array], Array]


class Pair(NamedTuple, Generic[T]):
    """A pair for the two networks of an adversarial model: parameters, optimizers, optimizer states."""

    generator: T
    critic: T


class Estimate(NamedTuple):
    """A number and its statistical uncertainty.

    Attributes:
      value: the estimate.
      error: one standard deviation; NaN if it cannot be estimated.

    >>> def largest(key, real, fake):
    ...     return Estimate(float(fake.data.max() / real.data.max()), 0.01)
    >>> import numpy as np
    >>> events = Batch(np.ones((3, 2)), np.zeros((3, 0)))
    >>> largest(None, events, events).value
    1.0
    """

    value: float
    error: float


UNKNOWN = Estimate(float("nan"), float("nan"))
"""Estimate of a quantity that cannot be estimated."""

LOST = Estimate(float("inf"), float("nan"))
"""Estimate of an infinite distance."""

Metric = Callable[[Key, Batch, Batch], Estimate]
