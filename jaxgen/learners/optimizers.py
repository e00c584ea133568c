"""Optimizers by name, and learning rates as functions of the step."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxgen import checks
from jaxgen.base import Array, Length, PyTree
from jaxgen.learners.settings import DECAYS, OPTIMIZERS, OptimizerSettings

Schedule = Callable[[Array], Array]


def make(
    name: str,
    *,
    b1: float = 0.9,
    b2: float = 0.999,
    momentum: float = 0.0,
    gradient_clip: float | None = None,
) -> optax.GradientTransformation:
    """The optimizer with this name, for a learning rate of one.

    `update` returns an ascent direction: a learner adds it times -rate(step).

    - rmsprop_tensorflow: g / (sqrt(v) + 1e-7) with v <- 0.9 v + 0.1 g^2 from zero;
    - rmsprop_torch: the same with 0.99 and 1e-8;
    - adam: arXiv:1412.6980, with epsilon 1e-8;
    - sgd: the gradient, or its running sum under `momentum`.

    Args:
      name: one of `OPTIMIZERS`.
      b1: decay rate of Adam's first moment; 0 or 0.5 is usual for adversarial training.
      b2: decay rate of Adam's second moment.
      momentum: momentum of sgd, within [0, 1).
      gradient_clip: largest global norm of the gradients; larger gradients are first scaled down to it. None
        for no limit.

    Returns:
      The gradient transformation.

    Raises:
      ValueError: for an unknown name or a limit that is not positive.
    """
    checks.one_of("optimizer", name, OPTIMIZERS)
    optimizer = {
        "rmsprop_tensorflow": lambda: optax.scale_by_rms(decay=0.9, eps=1e-7, eps_in_sqrt=False),
        "rmsprop_torch": lambda: optax.scale_by_rms(decay=0.99, eps=1e-8, eps_in_sqrt=False),
        "adam": lambda: optax.scale_by_adam(b1=b1, b2=b2),
        "sgd": lambda: optax.trace(decay=momentum) if momentum else optax.identity(),
    }[name]()
    if gradient_clip is None:
        return optimizer
    checks.positive(gradient_clip=gradient_clip)
    return optax.chain(optax.clip_by_global_norm(gradient_clip), optimizer)


def learning_rate_schedule(
    rate: float,
    *,
    decay: str = "exponential",
    factor: float = 0.999,
    steps_per_epoch: int = 1,
    constant_epochs: int = 2,
    total_steps: int | None = None,
    final_fraction: float = 0.0,
) -> Schedule:
    """Learning rate as a function of the step.

    - constant: the rate;
    - exponential: rate * factor^max(epoch - constant_epochs + 1, 0), constant within an epoch. The
      published system decays before each epoch but the first, so its first two epochs run at `rate`;
    - cosine, linear: from rate to rate * final_fraction over `total_steps`, and constant afterwards.

    Args:
      rate: learning rate at the first step.
      decay: one of `DECAYS`.
      factor: factor applied after each epoch.
      steps_per_epoch: number of batches in an epoch.
      constant_epochs: number of epochs at the full rate, at least 1.
      total_steps: length of the run in batches, for cosine and linear.
      final_fraction: final learning rate as a fraction of the initial one, for cosine and linear.

    Returns:
      `schedule(step) -> rate`, where step counts all batches, of the critic and of the generator.

    Raises:
      ValueError: for an unknown decay, or numbers out of range.

    >>> schedule = learning_rate_schedule(1e-4, steps_per_epoch=469)
    >>> f"{schedule(jnp.int32(3900 * 469)):.1e}"
    '2.0e-06'
    """
    checks.one_of("decay", decay, DECAYS)
    checks.positive(
        rate=rate, factor=factor, steps_per_epoch=steps_per_epoch, constant_epochs=constant_epochs
    )
    if decay == "constant":
        return lambda step: jnp.full((), rate)
    if decay == "exponential":
        return lambda step: rate * _power(factor, step // steps_per_epoch - constant_epochs + 1)
    if total_steps is None:
        raise ValueError(f"Expected total_steps for {decay} decay; got None.")
    checks.positive(total_steps=total_steps)

    def schedule(step: Array) -> Array:
        progress = jnp.clip(step / total_steps, 0.0, 1.0)
        left = 1 - progress if decay == "linear" else (1 + jnp.cos(math.pi * progress)) / 2
        return rate * (final_fraction + (1 - final_fraction) * left)

    return schedule


def _power(factor: float, exponent: Array) -> Array:
    """factor^max(exponent, 0), with the logarithm in double precision, as 0.999 is not exact in float32."""
    return jnp.exp(jnp.maximum(exponent, 0) * math.log(factor))


class Descent(NamedTuple):
    """An optimizer and its learning rate.

    Attributes:
      init: `init(params) -> state`.
      apply: `apply(step, gradients, state, params) -> (params, state)`, one update.
    """

    init: Callable[[PyTree], PyTree]
    apply: Callable[[Array, PyTree, PyTree, PyTree], tuple[PyTree, PyTree]]


def descent(
    settings: OptimizerSettings, length: Length, *, rate: float, gradient_limit: float = 0.0
) -> Descent:
    """The optimizer defined by settings, with its learning rate.

    Args:
      settings: name of the optimizer and schedule of the learning rate.
      length: length of the run.
      rate: learning rate at the first step.
      gradient_limit: largest global norm of the gradients; 0 for no limit.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    optimizer = make(settings.optimizer, b1=settings.b1, b2=settings.b2, gradient_clip=gradient_limit or None)
    schedule = learning_rate_schedule(
        rate,
        decay=settings.decay,
        factor=settings.decay_factor,
        steps_per_epoch=length.steps_per_epoch,
        total_steps=length.steps,
    )

    def apply(step: Array, gradients: PyTree, state: PyTree, params: PyTree) -> tuple[PyTree, PyTree]:
        updates, state = optimizer.update(gradients, state, params)
        down = jax.tree.map(lambda leaf: -schedule(step) * leaf, updates)
        return optax.apply_updates(params, down), state

    return Descent(optimizer.init, apply)
