"""What every model of four-lepton events sees of them, and the settings that this takes."""

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
    """Of all models."""

    representation: str = setting(
        "sparse", "form of the events that the model is given", choices=sorted(REPRESENTATIONS)
    )


@dataclass(frozen=True)
class NetworkSettings(InputSettings):
    """Of all models that descend gradients."""

    symmetries: bool = setting(False, "whether turned and mirrored events are trained on too")
    mass_weight: float = setting(0.0, "weight of the loss of four-lepton masses; 0 for none", low=0)


class Inputs(NamedTuple):
    """What lies between a model and physical units.

    Attributes:
      features: conditions to what the model sees, [B, C] -> [B, F].
      scaler: events to what the model sees, [B, 8, 4] -> [B, size], and back.
      size: numbers an event.
      labels: how many of them, the last ones, are one-hot.
      kinds: how many of the features, the first ones, are one-hot.
    """

    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    labels: int
    kinds: int


def statistics(data: Dataset, settings: InputSettings) -> dict[str, np.ndarray]:
    """What the model needs to know of the events and conditions of the training split."""
    return {
        **representation.statistics(settings.representation, np.asarray(data.train.data)),
        **conditions.statistics(np.asarray(data.train.condition)),
    }


def inputs(settings: InputSettings, found: Statistics, spec: Spec) -> Inputs:
    """What the model sees.

    Args:
      settings: of the model.
      found: by `statistics`.
      spec: of the data.

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
    """Other forms of events while training, where asked for."""
    from jaxgen.systems.four_leptons.symmetries import turn_and_mirror

    return turn_and_mirror if settings.symmetries else None
