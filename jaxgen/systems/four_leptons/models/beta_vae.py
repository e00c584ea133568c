"""The autoencoder with skip connections and a density information buffer (arXiv:1901.00875)."""

from dataclasses import dataclass

from jaxgen.models.autoencoders import SkipDecoder, SkipEncoder, from_module
from jaxgen.models.density_buffer import BufferSettings
from jaxgen.settings import setting
from jaxgen.systems.four_leptons.models.autoencoder import (
    LATENT,
    Autoencoder,
    AutoencoderSettings,
    autoencoder,
    size_of,
)


@dataclass(frozen=True)
class BetaVaeSettings(AutoencoderSettings):
    """Recommended settings.

    In the publication columns are divided by their largest value and the learning rate falls in steps; here
    columns are standardized, and the learning rate falls as a cosine.
    """

    steps: int = 10_000
    batch_size: int = 1024
    representation: str = "standardized"
    decay: str = "cosine"
    kl_weight: float = setting(
        1e-6, "B in the loss (1 - B) times the squared error plus B times the divergence", low=0, high=1
    )
    buffer_capacity: int = setting(
        16_000, "events whose codes are stored as centres of new codes; 0 for standard normal codes", low=0
    )
    buffer_scale: float = setting(1.0, "factor on the standard deviations of the stored codes", low=0)
    buffer_added: float = setting(0.05, "number added to the standard deviations of the stored codes", low=0)


def networks(settings: BetaVaeSettings) -> Autoencoder:
    """Dense layers with skip connections, and the buffer of the latest codes."""
    buffer = None
    if settings.buffer_capacity:
        buffer = BufferSettings(settings.buffer_capacity, settings.buffer_scale, settings.buffer_added)
    return Autoencoder(
        encoder=from_module(SkipEncoder(latent=LATENT)),
        decoder=from_module(SkipDecoder(size=size_of(settings), bounded=False)),
        objective="beta",
        buffer=buffer,
    )


MODEL = autoencoder(
    "a beta-variational autoencoder with a density information buffer", BetaVaeSettings, networks
)
