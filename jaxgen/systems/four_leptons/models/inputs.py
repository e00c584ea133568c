"""Representation of four-lepton events as inputs of models, and its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jaxgen.base import Array, Batch, Scaler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.settings import Settings, setting
from jaxgen.system import Statistics
from jaxgen.systems.four_leptons import representation
from jaxgen.systems.four_leptons.representation import REPRESENTATIONS, conditions
from jaxgen.systems.four_leptons.slots import CHANNELS, SHAPE


@dataclass(frozen=True)
class InputSettings(Settings):
    """Settings of all models."""

    representation: str = setting("sparse", "representation of the events", choices=sorted(REPRESENTATIONS))


@dataclass(frozen=True)
class NetworkSettings(InputSettings):
    """Settings of all models trained by gradient descent."""

    symmetries: bool = setting(False, "whether to train on rotated and reflected events too")
    mass_weight: float = setting(0.0, "weight of the loss of four-lepton masses; 0 for none", low=0)


class Inputs(NamedTuple):
    """Transformations between physical units and the inputs of a model.

    Attributes:
      features: conditions to input features, [B, C] -> [B, F].
      scaler: events to scaled units, [B, 8, 4] -> [B, size], and back.
      size: number of columns of an event.
      labels: number of one-hot label columns, which come last.
      kinds: number of one-hot features, which come first.
    """

    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    labels: int
    kinds: int


def statistics(data: Dataset, settings: InputSettings) -> dict[str, np.ndarray]:
    """Statistics of the events and conditions of the training split that the model needs."""
    return {
        **representation.statistics(settings.representation, np.asarray(data.train.data)),
        **conditions.statistics(np.asarray(data.train.condition)),
    }


def inputs(settings: InputSettings, found: Statistics, spec: Spec) -> Inputs:
    """The transformations for a model.

    Args:
      settings: settings of the model.
      found: result of `statistics`.
      spec: description of the data.

    Raises:
      ValueError: for events of another shape.
    """
    if spec.shape != SHAPE:
        raise ValueError(f"Expected events of 8 slots with 4 components each; got the shape {spec.shape}.")
    seen = REPRESENTATIONS[settings.representation]
    return Inputs(
        features=lambda condition: conditions.features(condition, found),
        scaler=seen.scaler(found),
        size=seen.size,
        labels=seen.labels,
        kinds=len(CHANNELS) if spec.condition else 0,
    )


def augment(settings: NetworkSettings) -> Callable[[Array, Batch], Batch] | None:
    """The function that transforms events by random symmetries during training, if enabled."""
    from jaxgen.systems.four_leptons.symmetries import turn_and_mirror

    return turn_and_mirror if settings.symmetries else None
