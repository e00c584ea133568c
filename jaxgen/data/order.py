"""The order of the training events, which depends only on the key and the epoch."""

import jax

from jaxgen import checks
from jaxgen.base import Array, Key


def steps_per_epoch(number: int, batch_size: int) -> int:
    """Number of full batches in the data set; the remaining events differ in each epoch.

    Raises:
      ValueError: if there are fewer events than one batch.

    >>> steps_per_epoch(3000, 32)
    93
    """
    checks.positive(batch_size=batch_size)
    if number < batch_size:
        raise ValueError(
            f"Expected a batch_size of at most {number}, the number of events; got {batch_size}."
        )
    return number // batch_size


def epoch_order(key: Key, epoch: int | Array, number: int, batch_size: int) -> Array:
    """Indices of the events of each step of an epoch, shuffled, without repetition.

    Args:
      key: key of the run; the epoch number is folded in.
      epoch: number of the epoch, from 0; may be traced.
      number: number of events in the data set.
      batch_size: events per step.

    Returns:
      Indices of events, [steps, batch_size] int32.

    Raises:
      ValueError: if there are fewer events than one batch.
    """
    steps = steps_per_epoch(number, batch_size)
    order = jax.random.permutation(jax.random.fold_in(key, epoch), number)
    return order[: steps * batch_size].reshape(steps, batch_size).astype("int32")
