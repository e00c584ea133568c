"""Rules for alternating between critic and generator updates."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, Key, PyTree
from jaxgen.learners.settings import STEPPINGS


class Stepping(NamedTuple):
    """A rule that assigns each batch to the critic or the generator.

    Attributes:
      init: `init() -> state`.
      generator: `generator(key, step, state) -> bool`, whether the generator uses this batch.
      observe: `observe(state, was_generator, critic_loss) -> state`, called after the update.
    """

    init: Callable[[], PyTree]
    generator: Callable[[Key, Array, PyTree], Array]
    observe: Callable[[PyTree, Array, Array], PyTree]


def make(name: str, *, critic_steps: int = 8, generator_steps: int = 1, threshold: float = 0.0) -> Stepping:
    """The rule with this name.

    - fixed: `critic_steps` batches for the critic, then `generator_steps` for the generator;
    - stochastic: each batch goes to the generator with probability
      generator_steps / (critic_steps + generator_steps);
    - dynamic: batches go to the critic until its loss falls below the threshold, then one to the generator.

    Args:
      name: one of `STEPPINGS`.
      critic_steps: critic updates per round, at least 1.
      generator_steps: generator updates per round, at least 1; exactly 1 for dynamic stepping.
      threshold: threshold on the critic's loss, for dynamic stepping.

    Raises:
      ValueError: for an unknown name or invalid numbers of steps.

    >>> rule = make("fixed", critic_steps=2)
    >>> [bool(rule.generator(None, step, ())) for step in range(6)]
    [False, False, True, False, False, True]
    """
    checks.one_of("stepping", name, STEPPINGS)
    checks.positive(critic_steps=critic_steps, generator_steps=generator_steps)
    steps = critic_steps + generator_steps
    if name == "fixed":
        return Stepping(tuple, lambda key, step, state: step % steps >= critic_steps, lambda state, *_: state)
    if name == "stochastic":
        share = generator_steps / steps
        return Stepping(
            tuple, lambda key, step, state: jax.random.bernoulli(key, share), lambda state, *_: state
        )
    if generator_steps != 1:
        raise ValueError(f"Expected one generator step under dynamic stepping; got {generator_steps}.")
    return Stepping(
        init=lambda: jnp.zeros((), bool),
        generator=lambda key, step, ready: ready,
        observe=lambda ready, was_generator, loss: ~was_generator & (loss < threshold),
    )
