"""Losses for the invariant masses of generated four-lepton events.

The source of these losses names an "invariant-mass loss" without a formula; the two here are its simplest
interpretations. Masses are of all eight slots together, in GeV. The square of a generated mass may be
negative.
Squares below a floor are set to it before the root is taken; such an event has the smallest mass and no
gradient, while above the floor the gradient with respect to the energy, E / m, stays below
E / sqrt(floor).
"""

import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import slots as leptons

FLOOR = 1.0
"""Floor in GeV^2; real four-lepton masses are far above its root."""


def event_loss(fake: Array, real: Array, condition: Array, *, floor: float = FLOOR) -> Array:
    """Wasserstein-1 distance of the distributions of four-lepton masses.

    For two samples of the same size it is the mean distance of the sorted masses (e.g. Villani, Topics in
    Optimal Transportation, section 2.2), so the order of the events does not matter.

    Args:
      fake: generated events, [B, 8, 4] in GeV.
      real: events, [B, 8, 4] in GeV.
      condition: conditions of both, [B, C]; not used.
      floor: smallest square of a mass, in GeV^2.

    Returns:
      The distance in GeV.

    Raises:
      ValueError: for events of other shapes.

    >>> event = jnp.zeros((2, 8, 4))
    >>> fake, real = event.at[:, 0, 0].set(jnp.array([91.0, 125.0])), event.at[:, 0, 0].set(120.0)
    >>> float(event_loss(fake, real, jnp.zeros((2, 0))))
    17.0
    """
    del condition
    return _distance_of_sorted(*_masses(fake, real, floor))


def paired_event_loss(fake: Array, real: Array, condition: Array, *, floor: float = FLOOR) -> Array:
    """Mean squared difference of the masses of event and reconstruction, plus the distance of `event_loss`.

    Args:
      fake: reconstructions, [B, 8, 4] in GeV; row i is the reconstruction of event i.
      real: events, [B, 8, 4] in GeV.
      condition: conditions of both, [B, C]; not used.
      floor: smallest square of a mass, in GeV^2.

    Returns:
      The sum of a term in GeV^2 and one in GeV.

    Raises:
      ValueError: for events of other shapes.

    >>> event = jnp.zeros((2, 8, 4))
    >>> fake, real = event.at[:, 0, 0].set(jnp.array([5.0, 3.0])), event.at[:, 0, 0].set(4.0)
    >>> float(paired_event_loss(fake, real, jnp.zeros((2, 0))))
    2.0
    """
    del condition
    fake_masses, real_masses = _masses(fake, real, floor)
    paired = jnp.mean(jnp.square(fake_masses - real_masses))
    return paired + _distance_of_sorted(fake_masses, real_masses)


def _masses(fake: Array, real: Array, floor: float) -> tuple[Array, Array]:
    checks.shape("events", real, (None, *leptons.SHAPE))
    checks.same_shape(events=real, generated=fake)
    checks.positive(floor=floor)
    first, second = (kinematics.finite_mass(leptons.total(x), floor=floor) for x in (fake, real))
    return first, second


def _distance_of_sorted(fake: Array, real: Array) -> Array:
    return jnp.mean(jnp.abs(jnp.sort(fake) - jnp.sort(real)))
