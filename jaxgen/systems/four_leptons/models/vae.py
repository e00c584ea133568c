"""The published variational autoencoder."""

from dataclasses import dataclass

from jaxgen.models.autoencoders import DenseDecoder, DenseEncoder, from_module
from jaxgen.systems.four_leptons.models.autoencoder import (
    LATENT,
    Autoencoder,
    AutoencoderSettings,
    autoencoder,
    size_of,
)


@dataclass(frozen=True)
class VaeSettings(AutoencoderSettings):
    """The published autoencoder: Adam at 1e-4, 120 epochs. The batch size is not published."""

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


MODEL = autoencoder("a variational autoencoder, as published", VaeSettings, networks)
