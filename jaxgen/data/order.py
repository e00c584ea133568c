"""The order of the data, a function of the key and the epoch alone."""

import jax

from jaxgen import checks
from jaxgen.base import Array, Key


def steps_per_epoch(number: int, batch_size: int) -> int:
    """Whole batches in the data set; the events left over are another set in each epoch.

    Raises:
      ValueError: where not even one batch fits.

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
    """Which events each step of an epoch sees, shuffled, without repetition.

    Args:
      key: of the run; every epoch folds its own number in.
      epoch: counted from 0; may be traced.
      number: of events in the data set.
      batch_size: events a step.

    Returns:
      Indices of events, [steps, batch_size] int32.

    Raises:
      ValueError: where not even one batch fits.
    """
    steps = steps_per_epoch(number, batch_size)
    order = jax.random.permutation(jax.random.fold_in(key, epoch), number)
    return order[: steps * batch_size].reshape(steps, batch_size).astype("int32")
