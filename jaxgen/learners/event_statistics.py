"""What a learner measures on batches of events, over all devices."""

import jax.numpy as jnp

from jaxgen import collectives
from jaxgen.base import Array


def row_norms(x: Array) -> Array:
    """Euclidean norm of each event, [B, ...] to [B]."""
    return jnp.sqrt(jnp.sum(jnp.square(x.reshape(len(x), -1)), axis=1))


def spread(x: Array, axis_name: str | None) -> Array:
    """Root of the mean variance of the entries of an event [B, ...] over the global batch."""
    mean = collectives.mean(jnp.mean(x, axis=0), axis_name)
    return jnp.sqrt(collectives.mean(jnp.mean(jnp.square(x - mean)), axis_name))


def likeness(real: Array, fake: Array, axis_name: str | None) -> Array:
    """Mean scalar product of a real event with a generated one, in units of their root mean squares.

    It is 1 where all events are one, and 0 where the mean event of either side vanishes.

    Args:
      real: [B, ...].
      fake: [B, ...].
      axis_name: the device axis, or None.

    >>> x = jnp.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(likeness(x, 3 * x, None)), 4)
    0.5
    """
    means = [collectives.mean(jnp.mean(x, axis=0), axis_name) for x in (real, fake)]
    squares = [collectives.mean(jnp.mean(jnp.square(x)), axis_name) * means[0].size for x in (real, fake)]
    size = jnp.sqrt(squares[0]) * jnp.sqrt(squares[1])
    return jnp.sum(means[0] * means[1]) / jnp.maximum(size, 1e-20)
