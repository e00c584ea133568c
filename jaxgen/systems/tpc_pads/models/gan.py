"""The GAN for pad responses (Eur. Phys. J. C 81, 599), with any loss and regularizer."""

from dataclasses import dataclass

import numpy as np

from jaxgen.base import Learner, Length, Sampler, Scaler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models import network
from jaxgen.models.network import Network, latent_sampler
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.tpc_pads import representation
from jaxgen.systems.tpc_pads.models import networks
from jaxgen.systems.tpc_pads.models.networks import ARCHITECTURES, Architecture


@dataclass(frozen=True)
class GanSettings(AdversarialSettings):
    """Recommended settings: spectral norm two for each convolution, as many critic as generator updates."""

    steps: int = 120_000
    b1: float = 0.0
    b2: float = 0.9
    average_decay: float = 0.999
    spectral_bound: float = 2.0
    spectral_operator: bool = True
    generator_rate: float = 5e-4
    critic_rate: float = 1e-3
    critic_steps: int = 1
    architecture: str = setting("published", "architecture of both networks", choices=sorted(ARCHITECTURES))
    dropout: float = setting(
        0.0, "fraction of values dropped after each of the critic's convolutions", low=0, high=1
    )
    reflections: bool = setting(True, "whether to train on mirror images of the responses too")


def statistics(data: Dataset, settings: GanSettings) -> dict[str, np.ndarray]:
    """Empty, as amplitudes and tracks are scaled by published constants."""
    del data, settings
    return {}


def _architecture(settings: GanSettings, spec: Spec, parts: Parts) -> Architecture:
    if len(spec.shape) != 2:
        raise ValueError(f"Expected responses of pads and time bins; got the shape {spec.shape}.")
    return networks.get(
        settings.architecture,
        shape=(spec.shape[0], spec.shape[1]),
        outputs=parts.get("loss", LOSSES[settings.loss]).outputs,
        dropout_rate=settings.dropout,
    )


def _scaler(architecture: Architecture, spec: Spec) -> Scaler:
    return representation.by_name(architecture.representation, shape=(spec.shape[0], spec.shape[1]))


def _generator(architecture: Architecture, parts: Parts) -> Network:
    return network.from_module(parts.get("generator", architecture.generator))


def sampler(settings: GanSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates responses from latent variables and the features of the tracks."""
    del statistics
    architecture = _architecture(settings, spec, parts)
    return latent_sampler(
        _generator(architecture, parts),
        latent=architecture.latent,
        features=lambda condition: representation.features(condition, number=architecture.number_features),
        scaler=_scaler(architecture, spec),
    )


def learner(
    settings: GanSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """Adversarial training; own networks are Flax modules, an own loss an `AdversarialLoss`."""
    from jaxgen.learners import adversarial
    from jaxgen.learners.adversarial_model import AdversarialModel
    from jaxgen.systems.tpc_pads.symmetries import reflect

    del statistics
    architecture = _architecture(settings, spec, parts)
    model = AdversarialModel(
        generator=_generator(architecture, parts),
        critic=network.from_module(parts.get("critic", architecture.critic)),
        latent=architecture.latent,
        features=lambda condition: representation.features(condition, number=architecture.number_features),
        scaler=_scaler(architecture, spec),
        geometry=None if "critic" in parts else architecture.geometry,
        augment=reflect if settings.reflections else None,
        loss=parts.get("loss"),
    )
    return adversarial.make(model, settings, length, axis_name=axis_name)


MODEL = Model(
    title="a generator against a critic",
    settings=GanSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
    parts=("generator", "critic", "loss"),
)
