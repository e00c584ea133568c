"""A GAN for four-lepton events, with any loss and regularizer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxgen.base import Array, Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models import network
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import Network, latent_sampler
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models.inputs import Inputs, NetworkSettings, augment, inputs, statistics

leaky_relu = partial(nn.leaky_relu, negative_slope=0.2)


class LabelledGenerator(nn.Module):
    """Dense layers to rows whose last columns are labels, with a softmax.

    Attributes:
      size: length of a row.
      labels: number of one-hot columns, which come last.
      widths: widths of the layers before the last.
      activation: activation after every layer except the last.
    """

    size: int
    labels: int
    widths: tuple[int, ...] = (40,)
    activation: Callable[[Array], Array] = leaky_relu

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to rows [N, size]."""
        rows = DenseGenerator(
            shape=(self.size,), widths=self.widths, activation=self.activation, output=None
        )(features, latent)
        if not self.labels:
            return rows
        numbers, scores = rows[:, : -self.labels], rows[:, -self.labels :]
        return jnp.concatenate([numbers, jax.nn.softmax(scores)], axis=1)


class Architecture(NamedTuple):
    """Widths of both networks.

    Attributes:
      generator: widths of its layers before the last.
      critic: widths of its layers before the last.
      latent: number of latent variables.
    """

    generator: tuple[int, ...]
    critic: tuple[int, ...]
    latent: int = 20


ARCHITECTURES: Mapping[str, Architecture] = {
    "published": Architecture((40,), (64, 128, 256, 512, 1024, 2048)),
    "published_204": Architecture((40,), (204,)),
    "wide": Architecture((128, 128, 128), (128, 128, 128), latent=32),
}
"""Architectures by name.

"published" is a generator 20-40-size and a critic that doubles its width from 64 to 2,048; the source also
mentions a width of 204, which doubling does not give; "published_204" uses it for its only layer.
"""


@dataclass(frozen=True)
class GanSettings(AdversarialSettings, NetworkSettings):
    """The published GAN: cross-entropy, alternating updates of the two networks, 120 epochs.

    Learning rates and batch size are not published.
    """

    steps: int = 60_000
    batch_size: int = 64
    b1: float = 0.5
    loss: str = "minimax"
    regularizer: tuple[str, ...] = ("none",)
    generator_rate: float = 2e-4
    critic_rate: float = 2e-4
    critic_steps: int = 1
    architecture: str = setting("published", "architecture of both networks", choices=sorted(ARCHITECTURES))


def _generator(settings: GanSettings, seen: Inputs, parts: Parts) -> Network:
    widths = ARCHITECTURES[settings.architecture].generator
    return network.from_module(parts.get("generator", LabelledGenerator(seen.size, seen.labels, widths)))


def sampler(settings: GanSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates events from latent variables and the features of the conditions."""
    seen = inputs(settings, statistics, spec)
    return latent_sampler(
        _generator(settings, seen, parts),
        latent=ARCHITECTURES[settings.architecture].latent,
        features=seen.features,
        scaler=seen.scaler,
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
    from jaxgen.systems.four_leptons.losses import event_loss

    seen = inputs(settings, statistics, spec)
    architecture = ARCHITECTURES[settings.architecture]
    outputs = parts.get("loss", LOSSES[settings.loss]).outputs
    critic = DenseCritic(architecture.critic, outputs, leaky_relu)
    model = AdversarialModel(
        generator=_generator(settings, seen, parts),
        critic=network.from_module(parts.get("critic", critic)),
        latent=architecture.latent,
        features=seen.features,
        scaler=seen.scaler,
        augment=augment(settings),
        event_loss=event_loss if settings.mass_weight else None,
        event_weight=settings.mass_weight,
        loss=parts.get("loss"),
    )
    return adversarial.make(model, settings, length, axis_name=axis_name)


MODEL = Model(
    title="a generator against a critic, as published",
    settings=GanSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
    parts=("generator", "critic", "loss"),
)
