"""Turned and mirrored events, as likely as the events they are made of."""

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Batch

_ANGLES = 2.0**30


def turn_and_mirror(seeds: Array, batch: Batch) -> Batch:
    """Turns each event about the beam by an angle of its own, and mirrors it along or across the beam.

    Beams of unpolarized protons know no azimuth and look alike from both sides. Mirroring across a plane that
    holds the beam changes only the sign of triple products of momenta; at leading order, where nothing
    interferes with an absorptive part, these average to zero, and so they do in the events of Pythia 8
    (docs/pages/reference/four_leptons.md). Masses, channels and so the conditions stay.

    Args:
      seeds: uint32 [N], drawn anew for every batch; the two lowest bits choose mirrors, the others the angle.
      batch: events [N, 8, 4] in GeV with their conditions.

    Returns:
      The batch, each event in another form.
    """
    angle = (seeds >> np.uint32(2)).astype(jnp.float32) * (2 * np.pi / _ANGLES)
    along, across = (jnp.where((seeds & bit) > 0, -1.0, 1.0)[:, None] for bit in (np.uint32(1), np.uint32(2)))
    cosine, sine = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
    energy, x, y, z = (batch.data[..., i] for i in range(4))
    y = across * y
    turned = jnp.stack([energy, cosine * x - sine * y, sine * x + cosine * y, along * z], axis=-1)
    return Batch(turned, batch.condition)
