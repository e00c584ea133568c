"""Turned and mirrored showers, as likely as the showers they are made of."""

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Batch
from jaxgen.systems.calorimeter.data.conditions import kind_of

_ENERGY, _X, _Y, _THETA, _PHI, _PHOTON = range(6)


def turn_and_mirror(seeds: Array, batch: Batch) -> Batch:
    """Brings each shower into one of the eight forms that a square has.

    Cells and front face are square, materials know no direction across them, and there is no magnetic field:
    a mirrored particle leaves the mirrored shower. Impact point and azimuth are mirrored with the cells;
    energy, angle from the normal and particle stay.

    Args:
      seeds: uint32 [N], drawn anew for every batch; the three lowest bits choose whether x changes its sign,
        whether y does, and whether both are exchanged thereafter.
      batch: showers [N, 30, 30] with conditions of 0, 1, 3 or 6 columns.

    Returns:
      The batch, each shower in another form; azimuths are within -pi to pi.

    Raises:
      ValueError: for another number of columns.
    """
    kind_of(batch.condition.shape[-1])
    flip_x, flip_y, exchange = ((seeds & np.uint32(bit)) > 0 for bit in (1, 2, 4))
    data = jnp.asarray(batch.data)
    data = jnp.where(flip_x[:, None, None], data[:, ::-1], data)
    data = jnp.where(flip_y[:, None, None], data[:, :, ::-1], data)
    data = jnp.where(exchange[:, None, None], data.swapaxes(1, 2), data)
    columns = list(jnp.asarray(batch.condition).T)
    if len(columns) > _Y:
        x = jnp.where(flip_x, -columns[_X], columns[_X])
        y = jnp.where(flip_y, -columns[_Y], columns[_Y])
        columns[_X], columns[_Y] = jnp.where(exchange, y, x), jnp.where(exchange, x, y)
    if len(columns) > _PHI:
        phi = jnp.where(flip_x, np.pi - columns[_PHI], columns[_PHI])
        phi = jnp.where(flip_y, -phi, phi)
        columns[_PHI] = _within_turn(jnp.where(exchange, np.pi / 2 - phi, phi))
    return Batch(data, jnp.stack(columns, axis=-1) if columns else jnp.asarray(batch.condition))


def _within_turn(phi: Array) -> Array:
    """The same direction by an angle within -pi to pi; angles that are, stay."""
    return phi - 2 * np.pi * jnp.round(phi / (2 * np.pi))
