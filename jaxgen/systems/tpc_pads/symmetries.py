"""Mirror images of pad responses, which are responses of mirrored tracks."""

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Batch

CROSSING, DIP, DRIFT, PAD = range(4)


def reflect(seeds: Array, batch: Batch) -> Batch:
    """Mirrors each response over pads, over time, over both, or not at all.

    A track mirrored over the pads has the opposite crossing angle, and its fraction of a pad is measured
    from the other side; over time the same holds for the dip angle and the fraction of a time bin. The
    window maps onto itself, integer parts of drift length and pad coordinate are unchanged. Both symmetries
    hold if the shaping is symmetric in time, as in the published digits (docs/pages/reference/tpc_pads.md).

    Args:
      seeds: uint32 [N], drawn anew for every batch; the two lowest bits choose.
      batch: responses [N, pads, time bins] with conditions [N, C >= 4].

    Returns:
      The batch, with one of four reflections applied to each event.
    """
    over_pads, over_time = ((seeds & bit) > 0 for bit in (np.uint32(1), np.uint32(2)))
    data = jnp.where(over_pads[:, None, None], batch.data[:, ::-1], batch.data)
    data = jnp.where(over_time[:, None, None], data[:, :, ::-1], data)
    condition = batch.condition
    for mirrored, angle, coordinate in ((over_pads, CROSSING, PAD), (over_time, DIP, DRIFT)):
        condition = condition.at[:, angle].multiply(jnp.where(mirrored, -1.0, 1.0))
        other = _from_other_side(condition[:, coordinate])
        condition = condition.at[:, coordinate].set(jnp.where(mirrored, other, condition[:, coordinate]))
    return Batch(data, condition)


def _from_other_side(x: Array) -> Array:
    """The same integer part, and one minus the fraction if it is not zero."""
    whole = jnp.floor(x)
    return jnp.where(x > whole, jnp.minimum(2 * whole + 1 - x, jnp.nextafter(whole + 1, whole)), x)
