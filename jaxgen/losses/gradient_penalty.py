"""Penalties on the norm of the critic's gradient.

A critic here is a function of a batch, [B, ...] -> [B], in which the score of one event does not depend on
the others. The gradient of the sum of scores then contains the gradient for each event, which is cheaper than
differentiating event by event.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgen import checks, numerics
from jaxgen.base import Array, Key

Critic = Callable[[Array], Array]


def mix(real: Array, fake: Array, alpha: Array) -> Array:
    """Points on the lines between pairs of events, alpha * real + (1 - alpha) * fake.

    Args:
      real: [B, ...].
      fake: [B, ...].
      alpha: [B], within [0, 1].

    Returns:
      [B, ...].

    Raises:
      ValueError: if the shapes do not match.
    """
    checks.same_shape(real=real, fake=fake)
    checks.shape("alpha", alpha, (len(real),))
    alpha = alpha.reshape((-1,) + (1,) * (real.ndim - 1))
    return alpha * real + (1 - alpha) * fake


def mix_at_random(key: Key, real: Array, fake: Array) -> Array:
    """Points drawn uniformly on the lines between pairs of events.

    Args:
      key: random key, for one position per pair.
      real: [B, ...].
      fake: [B, ...].

    Returns:
      [B, ...].

    Raises:
      ValueError: if the shapes differ.
    """
    checks.same_shape(real=real, fake=fake)
    return mix(real, fake, jax.random.uniform(key, (len(real),), real.dtype))


def squared_slopes(critic: Critic, points: Array) -> Array:
    """Squared Euclidean norm of the critic's gradient at each point.

    Args:
      critic: [B, ...] -> [B].
      points: [B, ...].

    Returns:
      [B].
    """
    gradients = jax.grad(lambda x: jnp.sum(critic(x)))(points)
    return jnp.sum(jnp.square(gradients), axis=tuple(range(1, points.ndim)))


def slopes(critic: Critic, points: Array) -> Array:
    """Euclidean norm of the critic's gradient at each point, [B]; differentiable even at zero."""
    return numerics.safe_sqrt(squared_slopes(critic, points))


def penalty(slope: Array, *, target: float = 1.0, one_sided: bool = False) -> Array:
    """(slope - target)^2, or max(slope - target, 0)^2 one-sided.

    Args:
      slope: gradient norms, of any shape.
      target: target value.
      one_sided: whether only slopes above the target are penalized.

    Returns:
      As `slope`.

    >>> penalty(jnp.array([0.5, 3.0]), one_sided=True)
    Array([0., 4.], dtype=float32)
    """
    excess = slope - target
    return jnp.square(jnp.maximum(excess, 0.0) if one_sided else excess)


def gradient_penalty(
    critic: Critic, key: Key, real: Array, fake: Array, *, target: float = 1.0, one_sided: bool = False
) -> Array:
    """Penalizes gradient norms between real and generated events (arXiv:1704.00028, eq. 3).

    To use the gradient norms themselves, or other positions, see `slopes`, `mix` and `penalty`.

    Args:
      critic: [B, ...] -> [B].
      key: random key for the positions.
      real: [B, ...].
      fake: [B, ...].
      target: target value.
      one_sided: whether only slopes above the target are penalized.

    Returns:
      Penalty for each pair, [B], without weight (the source uses a weight of 10 for its mean).

    Raises:
      ValueError: if the shapes differ.
    """
    points = mix_at_random(key, real, fake)
    return penalty(slopes(critic, points), target=target, one_sided=one_sided)


def data_gradient_penalty(critic: Critic, real: Array) -> Array:
    """Squared gradient norm at the real events (arXiv:1801.04406, eq. 9, without its factor 1/2).

    Args:
      critic: [B, ...] -> [B].
      real: [B, ...].

    Returns:
      [B].
    """
    return squared_slopes(critic, real)
