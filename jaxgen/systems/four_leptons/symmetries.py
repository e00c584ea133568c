"""Rotations and reflections of events, which leave their distribution unchanged."""

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Batch

_ANGLES = 2.0**30


def turn_and_mirror(seeds: Array, batch: Batch) -> Batch:
    """Rotates each event about the beam, and reflects it along or across the beam, at random.

    Collisions of unpolarized protons are symmetric in azimuth and in the beam direction. Reflection in a
    plane that contains the beam changes only the sign of triple products of momenta; at leading order,
    without interference with an absorptive part, these average to zero, and so they do in the events of
    Pythia 8 (docs/pages/reference/four_leptons.md). Masses, channels and hence the conditions are unchanged.

    Args:
      seeds: uint32 [N], drawn anew for every batch; the two lowest bits select reflections, the others the
        angle.
      batch: events [N, 8, 4] in GeV with their conditions.

    Returns:
      The batch after the transformations.
    """
    angle = (seeds >> np.uint32(2)).astype(jnp.float32) * (2 * np.pi / _ANGLES)
    along, across = (jnp.where((seeds & bit) > 0, -1.0, 1.0)[:, None] for bit in (np.uint32(1), np.uint32(2)))
    cosine, sine = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
    energy, x, y, z = (batch.data[..., i] for i in range(4))
    y = across * y
    turned = jnp.stack([energy, cosine * x - sine * y, sine * x + cosine * y, along * z], axis=-1)
    return Batch(turned, batch.condition)
