"""Penalties on the critic's slope.

A critic here is a function of a whole batch, [B, ...] -> [B], whose score of one event does not depend on
the others. The gradient of the scores' sum then holds the gradient of each event, which is cheaper than
differentiating event by event.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgen import checks, numerics
from jaxgen.base import Array, Key

Critic = Callable[[Array], Array]


def mix(real: Array, fake: Array, alpha: Array) -> Array:
    """Points on the lines between pairs, alpha * real + (1 - alpha) * fake.

    Args:
      real: [B, ...].
      fake: [B, ...].
      alpha: [B], within [0, 1].

    Returns:
      [B, ...].

    Raises:
      ValueError: where the shapes do not fit.
    """
    checks.same_shape(real=real, fake=fake)
    checks.shape("alpha", alpha, (len(real),))
    alpha = alpha.reshape((-1,) + (1,) * (real.ndim - 1))
    return alpha * real + (1 - alpha) * fake


def mix_at_random(key: Key, real: Array, fake: Array) -> Array:
    """Points drawn uniformly on the lines between pairs.

    Args:
      key: draws one position for each pair.
      real: [B, ...].
      fake: [B, ...].

    Returns:
      [B, ...].

    Raises:
      ValueError: where the shapes differ.
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
    """Euclidean norm of the critic's gradient at each point, [B]; differentiable where it is zero."""
    return numerics.safe_sqrt(squared_slopes(critic, points))


def penalty(slope: Array, *, target: float = 1.0, one_sided: bool = False) -> Array:
    """(slope - target)^2, or max(slope - target, 0)^2 one-sided.

    Args:
      slope: of any shape.
      target: wanted slope.
      one_sided: whether slopes below the target go free.

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
    """Pulls the critic's slope between real and generated events towards a target (arXiv:1704.00028, eq. 3).

    For the slopes themselves, or for positions of one's own, use `slopes`, `mix` and `penalty`.

    Args:
      critic: [B, ...] -> [B].
      key: draws the positions.
      real: [B, ...].
      fake: [B, ...].
      target: wanted slope.
      one_sided: whether slopes below the target go free.

    Returns:
      Penalty for each pair, [B], before any weight (the source weighs its mean with 10).

    Raises:
      ValueError: where the shapes differ.
    """
    points = mix_at_random(key, real, fake)
    return penalty(slopes(critic, points), target=target, one_sided=one_sided)


def data_gradient_penalty(critic: Critic, real: Array) -> Array:
    """Squared slope at the real events (arXiv:1801.04406, eq. 9, without its factor 1/2).

    Args:
      critic: [B, ...] -> [B].
      real: [B, ...].

    Returns:
      [B].
    """
    return squared_slopes(critic, real)
