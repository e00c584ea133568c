"""What networks see of four-lepton events, by name."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Scaler
from jaxgen.datasets import scaling
from jaxgen.leptons import SLOTS


class Representation(NamedTuple):
    """An invertible change of events [..., 8, 4] in GeV to rows of numbers.

    Attributes:
      scaler: forward from [..., 8, 4] to [..., size], and inverse.
      size: numbers an event.
      labels: how many of them, the last ones, are one-hot; the inverse takes the largest.
    """

    scaler: Scaler
    size: int
    labels: int


def make(name: str, train_events: np.ndarray) -> Representation:
    """The representation of this name, one of `REPRESENTATIONS`.

    Args:
      name: of the representation.
      train_events: of the training split, [N, 8, 4] in GeV; statistics are of these alone.

    Raises:
      ValueError: for a name that is not known, or events of another shape or not finite.
    """
    checks.one_of("the representation", name, REPRESENTATIONS)
    events = np.asarray(train_events, np.float32)
    checks.shape("events", events, (None, len(SLOTS), 4))
    checks.positive(events=len(events))
    if not np.isfinite(events).all():
        raise ValueError("Expected finite momenta; got NaN or infinity.")
    return REPRESENTATIONS[name](events)


def sparse(train_events: np.ndarray) -> Representation:
    """The published one: the 32 numbers as they are, of which 16 are zero."""
    del train_events
    return Representation(_flatten(), len(SLOTS) * 4, 0)


def standardized(train_events: np.ndarray) -> Representation:
    """The 32 numbers less their means over their standard deviations, 1 in place of that of a constant."""
    columns = np.asarray(train_events, np.float64).reshape(len(train_events), -1)
    scale = scaling.standardized(*mean_and_std(columns))
    return Representation(scaling.compose(_flatten(), scale), columns.shape[1], 0)


def mean_and_std(columns: np.ndarray) -> tuple[Array, Array]:
    """Mean and standard deviation of columns [N, D], in float64, with 1 in place of that of a constant."""
    mean, std = columns.mean(axis=0), columns.std(axis=0)
    std = np.where(std > 1e-7 * np.abs(mean), std, 1.0)
    return jnp.asarray(mean, jnp.float32), jnp.asarray(std, jnp.float32)


def _flatten() -> Scaler:
    return Scaler(lambda x: x.reshape(*x.shape[:-2], -1), lambda y: y.reshape(*y.shape[:-1], len(SLOTS), 4))


REPRESENTATIONS: Mapping[str, Callable[[np.ndarray], Representation]] = {
    "sparse": sparse,
    "standardized": standardized,
}
