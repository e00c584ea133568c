"""Codes of the latest training events as a prior for new events (arXiv:1901.00875).

The codes of real events do not fill latent space as the standard normal prior does; decoding around them
avoids regions without codes of real events. The published buffer holds the codes of all training events by
the final encoder. This one is filled during training: with the capacity of the training split it holds the
codes computed in the last epoch.
"""

from typing import NamedTuple

import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree
from jaxgen.ops import random_numbers


class BufferSettings(NamedTuple):
    """How codes are stored and drawn.

    Attributes:
      capacity: number of events whose codes are stored, the latest ones.
      scale: factor alpha in z ~ N(mu, alpha sigma + gamma), with mu and sigma of an event in the buffer.
      added: the term gamma.
      candidates: number of events drawn from the buffer for each sample; the one with the nearest features is
        used, or the first if there are no features.
    """

    capacity: int
    scale: float = 1.0
    added: float = 0.05
    candidates: int = 16


class DensityBuffer(NamedTuple):
    """A ring buffer of codes.

    Attributes:
      means: mu of each event, [capacity, Z].
      deviations: sigma of each event, [capacity, Z].
      features: input features of each event, [capacity, F]; None if F = 0.
      cursor: index of the row that is written next, int32.
      filled: number of rows that hold an event, int32.
    """

    means: Array
    deviations: Array
    features: Array | None
    cursor: Array
    filled: Array


def empty(*, capacity: int, latent: int, features: int) -> DensityBuffer:
    """A buffer without events, whose rows hold the standard normal prior."""
    return DensityBuffer(
        means=jnp.zeros((capacity, latent)),
        deviations=jnp.ones((capacity, latent)),
        features=jnp.zeros((capacity, features)) if features else None,
        cursor=jnp.zeros((), jnp.int32),
        filled=jnp.zeros((), jnp.int32),
    )


def written(buffer: DensityBuffer, means: Array, deviations: Array, features: Array) -> DensityBuffer:
    """The buffer after a batch of codes [B, Z] has replaced the oldest ones.

    Raises:
      ValueError: for more events than its capacity.

    >>> ones, buffer = jnp.ones((2, 1)), empty(capacity=3, latent=1, features=0)
    >>> buffer = written(buffer, jnp.array([[1.0], [2.0]]), ones, ones)
    >>> written(buffer, jnp.array([[3.0], [4.0]]), ones, ones).means[:, 0].tolist()
    [4.0, 2.0, 3.0]
    """
    capacity, number = len(buffer.means), len(means)
    if number > capacity:
        raise ValueError(f"Expected a buffer of at least {number} events, one batch; got {capacity}.")
    rows = (buffer.cursor + jnp.arange(number, dtype=jnp.int32)) % capacity
    old = buffer.features
    return DensityBuffer(
        means=buffer.means.at[rows].set(means),
        deviations=buffer.deviations.at[rows].set(deviations),
        features=None if old is None else old.at[rows].set(features),
        cursor=(buffer.cursor + number) % capacity,
        filled=jnp.minimum(buffer.filled + number, capacity),
    )


def published(buffer: DensityBuffer) -> dict[str, Array]:
    """The parts of a buffer that sampling needs."""
    kept = {"means": buffer.means, "deviations": buffer.deviations, "filled": buffer.filled}
    return kept if buffer.features is None else {**kept, "features": buffer.features}


def code(
    key: Key, kept: PyTree, features: Array, normal: Array, *, settings: BufferSettings, place: Array
) -> Array:
    """Codes drawn around those of stored events with similar features.

    Args:
      key: random key of all samples.
      kept: result of `published`.
      features: features of the samples, [N, F].
      normal: standard normal numbers, [N, Z].
      settings: settings of the buffer.
      place: number of the first sample, as words.

    Returns:
      [N, Z].
    """
    chosen = choose(key, kept, features, place=place, candidates=settings.candidates)
    return kept["means"][chosen] + (settings.scale * kept["deviations"][chosen] + settings.added) * normal


def choose(key: Key, kept: PyTree, features: Array, *, place: Array | int = 0, candidates: int = 1) -> Array:
    """Rows of the buffer, one for each row of the features.

    All filled rows are equally likely to be candidates; the candidate with the nearest features is used, so
    that the distribution of latent variables depends on the condition.

    Args:
      key: random key of all samples.
      kept: result of `published`.
      features: features [N, F] of the samples numbered place, place + 1, ...
      place: number of the first sample, or its words.
      candidates: number of rows drawn for each sample; one is enough without features.

    Returns:
      int32 [N].
    """
    number = len(features)
    count = candidates if "features" in kept else 1
    start = random_numbers.times(random_numbers.words(place), count)
    bits = random_numbers.threefry_bits(random_numbers.threefry_key(key), number * count, start=start)
    bits = bits.reshape(number, count)
    rows = (bits % jnp.maximum(kept["filled"], 1).astype(jnp.uint32)).astype(jnp.int32)
    if count == 1:
        return rows[:, 0]
    distances = jnp.sum(jnp.square(kept["features"][rows] - features[:, None]), axis=-1)
    return jnp.take_along_axis(rows, jnp.argmin(distances, axis=1)[:, None], axis=1)[:, 0]
