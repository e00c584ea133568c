"""The published variational autoencoder."""

from dataclasses import dataclass

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.models.autoencoders import DenseDecoder, DenseEncoder, from_module
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models import autoencoder
from jaxgen.systems.four_leptons.models.autoencoder import (
    LATENT,
    Autoencoder,
    AutoencoderSettings,
    size_of,
)
from jaxgen.systems.four_leptons.models.inputs import statistics


@dataclass(frozen=True)
class VaeSettings(AutoencoderSettings):
    """The published autoencoder: Adam at 1e-4, 120 epochs. The size of a batch is not published."""

    steps: int = 30_000
    batch_size: int = 64
    learning_rate: float = 1e-4


def networks(settings: VaeSettings) -> Autoencoder:
    """Dense layers with batch normalization."""
    return Autoencoder(
        encoder=from_module(DenseEncoder(latent=LATENT)),
        decoder=from_module(DenseDecoder(size=size_of(settings))),
        objective="published",
    )


def sampler(settings: VaeSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Events decoded from standard normal codes."""
    del parts
    return autoencoder.sampler(networks(settings), settings, statistics, spec)


def learner(
    settings: VaeSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """Encoder and decoder, by the squared error of the reconstruction and the divergence of the code."""
    del parts
    return autoencoder.learner(networks(settings), settings, statistics, spec, length, axis_name)


MODEL = Model(
    title="a variational autoencoder, as published",
    settings=VaeSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
