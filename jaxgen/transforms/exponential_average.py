"""Running averages of a parameter tree."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree, Transform


class ExponentialAverageState(NamedTuple):
    """State of the average.

    Attributes:
      step: number of applications so far, int32.
      weight: total weight of the parameters averaged so far, in [0, 1].
      average: a tree with the structure of the parameters.
    """

    step: Array
    weight: Array
    average: PyTree


def exponential_average(
    *, decay: float = 0.999, bias_correction: bool = False, warm_up: bool = False
) -> Transform:
    """The exponential average of all parameters it is applied to.

    average <- d average + (1 - d) params. It starts at the parameters given to `init`, or, with the bias
    correction, at zero and is divided by the weight 1 - d^n, which removes the initial value. With the
    warm-up the decay of application n, from zero, is min(decay, (1 + n) / (10 + n)).

    Args:
      decay: decay d, within [0, 1); the average extends over about 1 / (1 - d) applications.
      bias_correction: whether to remove the initial value.
      warm_up: whether to average over fewer applications at first.

    Returns:
      The transform. `average_of(state)` returns the average without another application.

    Raises:
      ValueError: for a decay out of range.

    >>> transform = exponential_average(decay=0.75)
    >>> state = transform.init(jax.random.key(0), jnp.array(0.0))
    >>> float(transform.apply(jnp.array(4.0), state)[0])
    1.0
    """
    if not 0 <= decay < 1:
        raise ValueError(f"Expected decay within [0, 1); got {decay}.")

    def init(key: Key, params: PyTree) -> ExponentialAverageState:
        del key
        start = jax.tree.map(jnp.zeros_like, params) if bias_correction else params
        weight = jnp.float32(0.0 if bias_correction else 1.0)
        return ExponentialAverageState(jnp.zeros((), jnp.int32), weight, start)

    def apply(params: PyTree, state: ExponentialAverageState) -> tuple[PyTree, ExponentialAverageState]:
        now = jnp.minimum(decay, (1 + state.step) / (10 + state.step)) if warm_up else decay
        average = jax.tree.map(lambda a, p: now * a + (1 - now) * p, state.average, params)
        weight = now * state.weight + (1 - now)
        state = ExponentialAverageState(state.step + 1, weight, average)
        return average_of(state), state

    return Transform(init, apply)


def average_of(state: ExponentialAverageState) -> PyTree:
    """The average in a state; zeros before the first application with bias correction."""
    weight = jnp.where(state.weight > 0, state.weight, 1.0)
    return jax.tree.map(lambda leaf: leaf / weight, state.average)
