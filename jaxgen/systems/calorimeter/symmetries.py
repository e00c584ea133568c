"""Rotations and reflections of showers, which leave their distribution unchanged."""

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Batch
from jaxgen.systems.calorimeter.data.conditions import kind_of

_ENERGY, _X, _Y, _THETA, _PHI, _PHOTON = range(6)


def turn_and_mirror(seeds: Array, batch: Batch) -> Batch:
    """Applies one of the eight symmetries of a square to each shower.

    Cells and front face are square, materials are isotropic in the transverse plane, and there is no magnetic
    field:
    a reflected particle produces the reflected shower. Impact point and azimuth are transformed with the
    cells;
    energy, angle from the normal and particle are unchanged.

    Args:
      seeds: uint32 [N], drawn anew for every batch; the three lowest bits select whether x changes its sign,
        whether y does, and whether both are then exchanged.
      batch: showers [N, 30, 30] with conditions of 0, 1, 3 or 6 columns.

    Returns:
      The batch after the transformations; azimuths are within -pi to pi.

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
    """The equivalent angle within -pi to pi; angles in this range are unchanged."""
    return phi - 2 * np.pi * jnp.round(phi / (2 * np.pi))
