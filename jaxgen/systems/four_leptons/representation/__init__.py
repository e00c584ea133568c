"""Representations of four-lepton events as inputs of models, by name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Scaler
from jaxgen.data import scalers
from jaxgen.system import Statistics
from jaxgen.systems.four_leptons.representation import cascade, polar
from jaxgen.systems.four_leptons.representation.labels import LABELS
from jaxgen.systems.four_leptons.slots import SHAPE


class Representation(NamedTuple):
    """An invertible transformation of events [..., 8, 4] in GeV to rows of numbers.

    Attributes:
      statistics: `statistics(events)` of the training split, [N, 8, 4] float32, as arrays by name.
      scaler: `scaler(statistics)`, forward from [..., 8, 4] to [..., size], and inverse.
      size: number of columns of an event.
      labels: number of one-hot label columns, which come last; the inverse uses the largest.
    """

    statistics: Callable[[np.ndarray], dict[str, np.ndarray]]
    scaler: Callable[[Statistics], Scaler]
    size: int
    labels: int = 0


def statistics(name: str, events: np.ndarray) -> dict[str, np.ndarray]:
    """Statistics of the training events that the representation with this name needs.

    Args:
      name: one of `REPRESENTATIONS`.
      events: [N, 8, 4] in GeV.

    Raises:
      ValueError: for an unknown name, or events of another shape or not finite.

    >>> statistics("sparse", np.zeros((1, 8, 4)))
    {}
    """
    checks.one_of("the representation", name, REPRESENTATIONS)
    events = np.asarray(events, np.float32)
    checks.shape("events", events, (None, *SHAPE))
    checks.positive(events=len(events))
    if not np.isfinite(events).all():
        raise ValueError("Expected finite momenta; got NaN or infinity.")
    return REPRESENTATIONS[name].statistics(events)


def flat() -> Scaler:
    """The published representation: the 32 numbers of an event, 16 of which are zero."""
    return Scaler(lambda x: x.reshape(*x.shape[:-2], -1), lambda y: y.reshape(*y.shape[:-1], *SHAPE))


def _standardized_statistics(events: np.ndarray) -> dict[str, np.ndarray]:
    mean, std = scalers.mean_and_std(events.reshape(len(events), -1))
    return {"mean": mean.astype(np.float32), "std": std.astype(np.float32)}


def standardized(found: Statistics) -> Scaler:
    """The 32 numbers, standardized; the deviation of a constant is set to 1."""
    scale = scalers.standardized(jnp.asarray(found["mean"]), jnp.asarray(found["std"]))
    return scalers.compose(flat(), scale)


_NUMBERS = SHAPE[0] * SHAPE[1]

REPRESENTATIONS: Mapping[str, Representation] = {
    "sparse": Representation(lambda events: {}, lambda found: flat(), _NUMBERS),
    "standardized": Representation(_standardized_statistics, standardized, _NUMBERS),
    "physical": Representation(polar.statistics, polar.scaler, polar.SIZE, len(LABELS)),
    "physical_relative": Representation(
        partial(polar.statistics, relative=True),
        partial(polar.scaler, relative=True),
        polar.SIZE,
        len(LABELS),
    ),
    "cascade": Representation(cascade.statistics, cascade.scaler, cascade.SIZE, len(LABELS)),
}
"""Representations by name."""
