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

    >>> import numpy as np
    >>> events = Batch(np.ones((3, 8, 16)), np.zeros((3, 4)))
    >>> events.first(2).data.shape
    (2, 8, 16)
    """

    data: Array
    condition: Array

    def first(self, number: int) -> "Batch":
        """The first events, or all where there are fewer."""
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
    """What a critic says of events in physical units.

    Attributes:
      score: `score(state, batch) -> [N]`.
      features: `features(state, batch) -> [N, F]`, what the critic's last layer sees of each event.
      probability: whether a score is the probability of being real; else larger is more real.
    """

    score: Callable[[Any, Batch], Array]
    features: Callable[[Any, Batch], Array]
    probability: bool


Sampler = Callable[[Key, PyTree, Array, Any], Array]
"""`sample(key, params, condition, first) -> data`: an event in physical units for each row of the condition
[n, C]. The events are those of the numbers first, first + 1, ..., where first is a whole number below 2^64 or
its two words (see `ops.random_numbers.words`); event i depends on the key, i and its own condition alone.
"""


class Learner(NamedTuple):
    """A model family as pure functions.

    The state is a NamedTuple that has a field `step`, an int32 scalar counting the updates done. Every
    draw inside `step` comes from `fold_in(key, state.step)`, so a resumed run equals an unbroken one.

    Attributes:
      init: `init(key, batch) -> state`; the batch gives shapes only.
      step: `step(key, state, batch) -> (state, metrics)`, one update from one batch. The key is the
        run's own and is the same at every step. Metrics are scalars.
      publish: `publish(state) -> params`, what leaves the training: dictionaries and lists of arrays.
      sample: `sample(key, params, condition, first)` of what was published, see `Sampler`.
      judge: the critic of a learner that has one.

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
"""`event_loss(fake, real, condition) -> scalar`, of a whole batch of events in physical units."""


class Length(NamedTuple):
    """How long a run is.

    Attributes:
      steps: updates.
      steps_per_epoch: whole batches in the training events.
    """

    steps: int = 1
    steps_per_epoch: int = 1


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
"""Nothing to be said."""

LOST = Estimate(float("inf"), float("nan"))
"""As far away as can be."""

Metric = Callable[[Key, Batch, Batch], Estimate]
