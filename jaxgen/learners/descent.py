"""An optimizer together with its learning rate."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import optax

from jaxgen.base import Array, PyTree
from jaxgen.learners import optimizers
from jaxgen.learners.optimizer_config import OptimizerConfig


class Descent(NamedTuple):
    """An optimizer with its learning rate.

    Attributes:
      init: `init(params) -> state`.
      apply: `apply(step, gradients, state, params) -> (params, state)`, one update.
    """

    init: Callable[[PyTree], PyTree]
    apply: Callable[[Array, PyTree, PyTree, PyTree], tuple[PyTree, PyTree]]


def make(
    settings: OptimizerConfig, *, steps_per_epoch: int, total_steps: int, gradient_clip: float | None = None
) -> Descent:
    """Builds the descent.

    Args:
      settings: the optimizer and how its learning rate falls.
      steps_per_epoch: batches in an epoch.
      total_steps: length of the run in batches.
      gradient_clip: largest global norm of the gradients; None for no limit.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    optimizer = optimizers.make(settings.name, b1=settings.b1, b2=settings.b2, gradient_clip=gradient_clip)
    rate = optimizers.learning_rate_schedule(
        settings.rate,
        decay=settings.decay,
        factor=settings.decay_factor,
        steps_per_epoch=steps_per_epoch,
        total_steps=total_steps,
    )

    def apply(step: Array, gradients: PyTree, state: PyTree, params: PyTree) -> tuple[PyTree, PyTree]:
        updates, state = optimizer.update(gradients, state, params)
        down = jax.tree.map(lambda leaf: -rate(step) * leaf, updates)
        return optax.apply_updates(params, down), state

    return Descent(optimizer.init, apply)
