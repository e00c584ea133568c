"""The two published GANs of showers, and a better one with Wasserstein loss."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Learner, Length, Sampler, Scaler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models import network
from jaxgen.models.network import Network, in_units, latent_sampler
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.calorimeter.cells import THRESHOLD
from jaxgen.systems.calorimeter.models import networks
from jaxgen.systems.calorimeter.models.generators import OUTPUTS
from jaxgen.systems.calorimeter.models.networks import ShowerNetworks
from jaxgen.systems.calorimeter.representation import conditions, scalings

IMAGES = sorted(set(scalings.TRANSFORMS) - {"normalized"})
"""Transforms whose result is an image."""


@dataclass(frozen=True)
class ShowerGanSettings(AdversarialSettings):
    """Common settings of the three GANs."""

    architecture: ClassVar[str]
    transform: str = setting("log1p", "transform of the energies of cells", choices=IMAGES)
    output: str | None = setting(
        None,
        "last function of the generator; by default that of its architecture",
        choices=sorted(OUTPUTS),
    )
    relative: bool = setting(True, "whether cells are divided by the expected visible energy")
    symmetries: bool = setting(True, "whether to train on rotated and reflected showers too")


@dataclass(frozen=True)
class PublishedSettings(ShowerGanSettings):
    """Settings of the training of both published networks."""

    steps: int = 6_000
    batch_size: int = 100
    loss: str = "non_saturating"
    critic_steps: int = 2
    generator_steps: int = 3
    reuse_batch: bool = True
    transform: str = "softplus"
    relative: bool = False
    symmetries: bool = False


@dataclass(frozen=True)
class Gan1Settings(PublishedSettings):
    """The first published network: its critic wins, and its tanh cannot reach the energies."""

    architecture = "gan1"
    optimizer: str = "sgd"
    regularizer: tuple[str, ...] = ("last_layer_squared",)
    generator_rate: float = 1e-2


@dataclass(frozen=True)
class Gan2Settings(PublishedSettings):
    """The second published network, with a weaker critic and Adam."""

    architecture = "gan2"
    b1: float = 0.5
    b2: float = 0.9
    regularizer: tuple[str, ...] = ("last_layer_absolute",)


@dataclass(frozen=True)
class WganSettings(ShowerGanSettings):
    """Recommended settings: spectral normalization, and conditions as inputs of both networks."""

    architecture = "conditional"
    steps: int = 40_000
    b1: float = 0.0
    b2: float = 0.9
    average_decay: float = 0.999
    spectral_bound: float = 2.0
    spectral_operator: bool = True
    generator_rate: float = 2e-4
    critic_rate: float = 4e-4
    critic_steps: int = 1


def statistics(data: Dataset, settings: ShowerGanSettings) -> dict[str, np.ndarray]:
    """Statistics of the logarithm of the incident energy, of the visible energy, and of the transform."""
    known = conditions.statistics(data)
    images, threshold = np.asarray(data.train.data), THRESHOLD
    if settings.relative:
        expected = np.asarray(conditions.expected_energy_by(known)(jnp.asarray(data.train.condition)))
        images = images / expected[:, None, None]
        threshold = threshold / float(expected.mean())
    return {**known, **scalings.statistics(settings.transform, images, threshold=threshold)}


def _networks(settings: ShowerGanSettings, scaler: Scaler, parts: Parts) -> ShowerNetworks:
    return networks.get(
        settings.architecture,
        outputs=parts.get("loss", LOSSES[settings.loss]).outputs,
        output_activation=settings.output,
        linear=scaler.inverse,
    )


def _generator(chosen: ShowerNetworks, parts: Parts) -> Network:
    return network.from_module(parts.get("generator", chosen.generator))


def sampler(settings: ShowerGanSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates showers from latent variables and the features of the particles."""
    conditions.check(spec)
    scaler = scalings.by_name(settings.transform, statistics)
    chosen = _networks(settings, scaler, parts)
    sample = latent_sampler(
        _generator(chosen, parts),
        latent=chosen.latent,
        features=conditions.features_by(statistics),
        scaler=scaler,
    )
    return in_units(sample, conditions.expected_energy_by(statistics)) if settings.relative else sample


def learner(
    settings: ShowerGanSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """Adversarial training; own networks are Flax modules, an own loss an `AdversarialLoss`."""
    from jaxgen.learners import adversarial
    from jaxgen.learners.adversarial_model import AdversarialModel
    from jaxgen.learners.relative import relative
    from jaxgen.systems.calorimeter.symmetries import turn_and_mirror

    conditions.check(spec)
    scaler = scalings.by_name(settings.transform, statistics)
    chosen = _networks(settings, scaler, parts)
    model = AdversarialModel(
        generator=_generator(chosen, parts),
        critic=network.from_module(parts.get("critic", chosen.critic)),
        latent=chosen.latent,
        features=conditions.features_by(statistics),
        scaler=scaler,
        geometry=None if "critic" in parts else chosen.geometry,
        augment=turn_and_mirror if settings.symmetries else None,
        loss=parts.get("loss"),
    )
    found = adversarial.make(model, settings, length, axis_name=axis_name)
    return relative(found, unit=conditions.expected_energy_by(statistics)) if settings.relative else found


_model = partial(
    Model,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
    parts=("generator", "critic", "loss"),
)
GAN1 = _model(title="the first published generator and critic", settings=Gan1Settings)
GAN2 = _model(title="the second published generator and critic", settings=Gan2Settings)
WGAN = _model(title="a generator and a critic, both given the incident particle", settings=WganSettings)
