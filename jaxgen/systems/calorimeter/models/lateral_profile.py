"""Fractions of a shower's energy in the cells of the calorimeter, from a parametrized lateral profile.

Around the axis, the energy density falls as R^2 / pi (r^2 + R^2)^2 (Grindhammer and Peters, hep-ex/0001020,
eq. 15), whose integral over a rectangle is known. Networks with these fractions as inputs need not learn the
position of the axis relative to the cells.
"""

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array
from jaxgen.systems.calorimeter.cells import CELL, CELLS, CENTRES

EDGES = np.append(CENTRES - CELL / 2, CENTRES[-1] + CELL / 2)
"""Edges of the cells along an axis in mm, [31]."""

PLANES = (
    (40.0, 8.0),
    (70.0, 5.0),
    (90.0, 10.0),
    (110.0, 20.0),
    (130.0, 40.0),
    (150.0, 80.0),
    (220.0, 15.0),
    (300.0, 30.0),
)
"""Depth in mm at which the axis is evaluated, and radius R in mm, of each template."""

UNIT = 3.0
"""Unit of logarithms of fractions."""

COARSEST = 1e-4
"""Fraction above which a difference of float32 numbers near one is precise enough."""


def shares(impact: Array, slope: Array, *, depth: Array, radius: Array) -> Array:
    """Fraction of the energy in each cell.

    Args:
      impact: x and y on the front face in mm, [N, 2].
      slope: dx/dz and dy/dz of the axis, [N, 2].
      depth: depth at which the axis is evaluated, mm, [N].
      radius: radius R that contains half of the energy, mm, [N].

    Returns:
      [N, 30, 30]; the sum is less than one by the fraction outside of the calorimeter.

    >>> centred = shares(jnp.zeros((1, 2)), jnp.zeros((1, 2)), depth=jnp.zeros(1), radius=jnp.ones(1))
    >>> round(float(centred[0, 15, 15]), 2)
    0.25
    """
    centre = impact + slope * depth[:, None]
    squared = jnp.square(radius)[:, None, None]
    exact = _by_corners(*_apart(EDGES, centre), squared)
    return jnp.where(exact > COARSEST, exact, _by_centres(*_apart(CENTRES, centre), squared))


def _apart(places: np.ndarray, centre: Array) -> tuple[Array, Array]:
    """Distances along x, [N, P, 1], and along y, [N, 1, P], of positions from the axis."""
    x, y = (jnp.asarray(places) - centre[:, i, None] for i in (0, 1))
    return x[:, :, None], y[:, None, :]


def _by_corners(x: Array, y: Array, squared: Array) -> Array:
    """The integral from its values at the corners of the cells; imprecise for small fractions."""
    from_x, from_y = jnp.sqrt(x * x + squared), jnp.sqrt(y * y + squared)
    corner = x / from_x * _arctan(y / from_x) + y / from_y * _arctan(x / from_y)
    return jnp.diff(jnp.diff(corner, axis=1), axis=2) / (2 * np.pi)


def _arctan(x: Array) -> Array:
    """The arc tangent to 2e-7, in one fused loop; on CPU jnp.arctan calls a function for every number.

    With the reduction and the polynomial of S. Moshier's Cephes library (atanf).
    """
    size = jnp.abs(x)
    large, middle = size > np.tan(3 * np.pi / 8), size > np.tan(np.pi / 8)
    y = jnp.where(large, -1 / jnp.maximum(size, 1.0), jnp.where(middle, (size - 1) / (size + 1), size))
    start = jnp.where(large, np.pi / 2, jnp.where(middle, np.pi / 4, 0.0))
    z = y * y
    inner = ((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1
    return jnp.sign(x) * (start + (inner * z * y + y))


def _by_centres(x: Array, y: Array, squared: Array) -> Array:
    """The integral from the density at the centres of the cells and its second derivatives."""
    distance = x * x + y * y
    reach = distance + squared
    curvature = (24 * distance - 8 * reach) / jnp.square(reach)
    return CELL**2 * squared / (np.pi * jnp.square(reach)) * (1 + CELL**2 / 24 * curvature)


def cell_numbers(impact: Array, slope: Array, deeper: Array, wider: Array) -> Array:
    """Input features of each cell of a shower: logarithms of template fractions, and its position.

    Args:
      impact: x and y on the front face in mm, [N, 2].
      slope: dx/dz and dy/dz of the axis, [N, 2].
      deeper: depth of the shower relative to the usual one, mm, [N].
      wider: logarithm of its width relative to the usual one, [N].

    Returns:
      [N, 900, len(PLANES) + 3], numbers of order one: the templates, then the distance from the axis along
      the direction of its inclination, the distance from the axis, and the square of the distance across.
    """
    templates: list[Array] = [
        jnp.log(shares(impact, slope, depth=depth + deeper, radius=radius * jnp.exp(wider)))
        for depth, radius in PLANES
    ]
    centre = impact + slope * 110.0
    x, y = (distance / 100.0 for distance in _apart(CENTRES, centre))
    lean_x, lean_y = (slope[:, i, None, None] / STEEP for i in (0, 1))
    places = [x * lean_x + y * lean_y, jnp.sqrt(x * x + y * y), jnp.square(x * lean_y - y * lean_x)]
    numbers = jnp.stack([*(template / UNIT for template in templates), *places], axis=-1)
    return numbers.reshape(len(impact), CELLS * CELLS, -1)


STEEP = float(np.tan(np.radians(15.0)))
"""Unit of slopes."""
