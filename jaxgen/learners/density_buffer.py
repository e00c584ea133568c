"""What an encoder said of the latest events, as a prior for new ones (arXiv:1901.00875).

The codes of real events do not fill latent space as the standard normal prior does; decoding around them
leaves out the parts that no event is encoded to. The published buffer holds the codes of all training events
by the final encoder. This one is filled while training: with the capacity of the training split it holds the
codes that the last epoch computed.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Key
from jaxgen.ops import random_numbers as noise


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


def choose(
    key: Key, buffer: DensityBuffer, features: Array, *, start: Array | int = 0, candidates: int = 1
) -> Array:
    """Rows of the buffer, one for each row of the features.

    All filled rows are equally likely to be among the candidates; of them the one with the nearest features
    is taken, so that latent numbers follow what an event is made for.

    Args:
      key: of all samples.
      buffer: the codes.
      features: [N, F], of samples start, start + 1, ...
      start: number of the first sample.
      candidates: rows drawn for each sample; one is enough without features.

    Returns:
      int32 [N].
    """
    number = len(features)
    count = 1 if buffer.features is None else candidates
    own = jax.random.wrap_key_data(jax.random.bits(key, (2,), "uint32"), impl="threefry2x32")
    bits = noise.threefry_bits(own, number * count, start=jnp.uint32(start) * np.uint32(count)).reshape(
        number, count
    )
    rows = (bits % jnp.maximum(buffer.filled, 1).astype(jnp.uint32)).astype(jnp.int32)
    if buffer.features is None or count == 1:
        return rows[:, 0]
    distances = jnp.sum(jnp.square(buffer.features[rows] - features[:, None]), axis=-1)
    return jnp.take_along_axis(rows, jnp.argmin(distances, axis=1)[:, None], axis=1)[:, 0]
