"""What an encoder said of the latest events, as a prior for new ones (arXiv:1901.00875).

The codes of real events do not fill latent space as the standard normal prior does; decoding around them
leaves out the parts that no event is encoded to. The published buffer holds the codes of all training events
by the final encoder. This one is filled while training: with the capacity of the training split it holds the
codes that the last epoch computed.
"""

from typing import NamedTuple

import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree
from jaxgen.ops import random_numbers


class BufferSettings(NamedTuple):
    """How codes are kept and drawn.

    Attributes:
      capacity: events whose codes are kept, the latest ones.
      scale: alpha of z ~ N(mu, alpha sigma + gamma), with mu and sigma of an event in the buffer.
      added: gamma of it.
      candidates: events drawn from the buffer for each sample; the one whose features are nearest is used.
        Without features the first is.
    """

    capacity: int
    scale: float = 1.0
    added: float = 0.05
    candidates: int = 16


class DensityBuffer(NamedTuple):
    """A ring of codes.

    Attributes:
      means: mu of each event, [capacity, Z].
      deviations: sigma of each event, [capacity, Z].
      features: what each event was made for, [capacity, F]; None where F = 0.
      cursor: the row that is written next, int32.
      filled: rows that hold an event, int32.
    """

    means: Array
    deviations: Array
    features: Array | None
    cursor: Array
    filled: Array


def empty(*, capacity: int, latent: int, features: int) -> DensityBuffer:
    """A buffer of no events, whose rows hold the standard normal prior."""
    return DensityBuffer(
        means=jnp.zeros((capacity, latent)),
        deviations=jnp.ones((capacity, latent)),
        features=jnp.zeros((capacity, features)) if features else None,
        cursor=jnp.zeros((), jnp.int32),
        filled=jnp.zeros((), jnp.int32),
    )


def written(buffer: DensityBuffer, means: Array, deviations: Array, features: Array) -> DensityBuffer:
    """The buffer with the codes [B, Z] of another batch, in place of the oldest ones.

    Raises:
      ValueError: for more events than it has room for.

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
    """What sampling needs of a buffer."""
    kept = {"means": buffer.means, "deviations": buffer.deviations, "filled": buffer.filled}
    return kept if buffer.features is None else {**kept, "features": buffer.features}


def code(
    key: Key, kept: PyTree, features: Array, normal: Array, *, settings: BufferSettings, place: Array
) -> Array:
    """Codes around those of events that are like the samples.

    Args:
      key: of all samples.
      kept: by `published`.
      features: of the samples, [N, F].
      normal: standard normal numbers, [N, Z].
      settings: of the buffer.
      place: words of the number of the first sample.

    Returns:
      [N, Z].
    """
    chosen = choose(key, kept, features, place=place, candidates=settings.candidates)
    return kept["means"][chosen] + (settings.scale * kept["deviations"][chosen] + settings.added) * normal


def choose(key: Key, kept: PyTree, features: Array, *, place: Array | int = 0, candidates: int = 1) -> Array:
    """Rows of the buffer, one for each row of the features.

    All filled rows are equally likely to be among the candidates; of them the one with the nearest features
    is taken, so that latent numbers follow what an event is made for.

    Args:
      key: of all samples.
      kept: by `published`.
      features: [N, F], of samples place, place + 1, ...
      place: number of the first sample, or its words.
      candidates: rows drawn for each sample; one is enough without features.

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
