"""Common parts of both autoencoders of four-lepton events: sampling and training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.learners.settings import VariationalSettings
from jaxgen.models.autoencoders import StatefulNetwork, decoder_sampler, squared_error
from jaxgen.models.density_buffer import BufferSettings
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models.inputs import (
    Inputs,
    NetworkSettings,
    augment,
    inputs,
    statistics,
)
from jaxgen.systems.four_leptons.representation import REPRESENTATIONS

LATENT = 20
"""Number of latent variables, as published."""


@dataclass(frozen=True)
class AutoencoderSettings(VariationalSettings, NetworkSettings):
    """Settings of both autoencoders."""

    observation_noise: float = setting(
        0.0, "standard deviation of noise added to samples, on the scale of the networks", low=0
    )


class Autoencoder(NamedTuple):
    """Two networks, and the objective.

    Attributes:
      encoder: maps data and features to mean and log variance of the code.
      decoder: maps features and code to data.
      objective: one of `losses.evidence_bound.OBJECTIVES`.
      buffer: settings for drawing codes around those of training events; None for the standard normal prior.
    """

    encoder: StatefulNetwork
    decoder: StatefulNetwork
    objective: str
    buffer: BufferSettings | None = None


def size_of(settings: AutoencoderSettings) -> int:
    """Number of columns of an event in scaled units."""
    return REPRESENTATIONS[settings.representation].size


def autoencoder(
    title: str, settings: type[AutoencoderSettings], networks: Callable[[Any], Autoencoder]
) -> Model:
    """The model with networks from `networks(settings)`: encoder for training, decoder for sampling."""

    def shared(settings: Any, seen: Inputs) -> dict[str, Any]:
        return {
            "decoder": networks(settings).decoder,
            "latent": LATENT,
            "features": seen.features,
            "scaler": seen.scaler,
            "law": squared_error(seen.size, labels=seen.labels, noise=settings.observation_noise),
            "buffer": networks(settings).buffer,
        }

    def sampler(settings: Any, found: Statistics, spec: Spec, parts: Parts) -> Sampler:
        del parts
        return decoder_sampler(**shared(settings, inputs(settings, found, spec)))

    def learner(
        settings: Any, found: Statistics, spec: Spec, length: Length, axis_name: str | None, parts: Parts
    ) -> Learner:
        from jaxgen.learners import variational
        from jaxgen.learners.variational import VariationalModel
        from jaxgen.systems.four_leptons.losses import paired_event_loss

        del parts
        seen = inputs(settings, found, spec)
        model = VariationalModel(
            encoder=networks(settings).encoder,
            size=seen.size,
            objective=networks(settings).objective,
            event_loss=paired_event_loss if settings.mass_weight else None,
            event_weight=settings.mass_weight,
            augment=augment(settings),
            **shared(settings, seen),
        )
        return variational.make(model, settings, length, axis_name=axis_name)

    return Model(title, settings, statistics, sampler, learner)
