"""A generator against a critic, both of dense layers."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, Learner, Length, Sampler, Scaler
from jaxgen.data import scalers
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models import network
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import latent_sampler
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics

LATENT = 16


@dataclass(frozen=True)
class GanSettings(AdversarialSettings):
    """Of the strip's GAN."""

    steps: int = 2000
    b1: float = 0.0
    critic_steps: int = 2
    generator_rate: float = 1e-3
    critic_rate: float = 1e-3
    width: int = setting(48, "of the layers of both networks", low=1)


def statistics(data: Dataset, settings: GanSettings) -> dict[str, np.ndarray]:
    """Mean and standard deviation of each number of a cell, and of the positions."""
    del settings
    numbers = np.asarray(data.train.data)
    mean, std = scalers.mean_and_std(_logarithm(numbers).reshape(-1, numbers.shape[-1]))
    position = np.asarray(data.train.condition, np.float64)[:, :1]
    centre, width = scalers.mean_and_std(position) if position.size else (np.zeros(1), np.ones(1))
    return {"mean": mean, "std": std, "centre": centre, "width": width}


def _logarithm(numbers):
    """Charges as log(1 + charge / fC), the others as they are."""
    xp = np if isinstance(numbers, np.ndarray) else jnp
    return xp.concatenate([xp.log1p(numbers[..., :1]), numbers[..., 1:]], axis=-1)


def _exponential(numbers: Array) -> Array:
    valid = jnp.where(numbers[..., 2:] > 0.5, 1.0, 0.0)
    charge = jnp.maximum(jnp.expm1(numbers[..., :1]), 0.0)
    return jnp.concatenate([charge, numbers[..., 1:2], jnp.ones_like(valid)], axis=-1) * valid


def scaler(statistics: Statistics) -> Scaler:
    """Charges by their logarithm, every kind of number standardized; what a dead cell has is zero."""
    standard = scalers.standardized(
        jnp.asarray(statistics["mean"], jnp.float32), jnp.asarray(statistics["std"], jnp.float32)
    )
    return scalers.compose(Scaler(_logarithm, _exponential), standard)


def features(condition: Array, statistics: Statistics) -> Array:
    """The position standardized, and the particle as one number of two."""
    if not condition.shape[1]:
        return condition
    centre, width = (float(statistics[name][0]) for name in ("centre", "width"))
    particle = condition[:, 1:] if condition.shape[1] > 1 else jnp.zeros_like(condition)
    return jnp.concatenate([(condition[:, :1] - centre) / width, particle, 1 - particle], axis=1)


def _generator(settings: GanSettings, spec: Spec, parts: Parts) -> network.Network:
    own = DenseGenerator(shape=spec.shape, widths=(settings.width,) * 2)
    return network.from_module(parts.get("generator", own))


def sampler(settings: GanSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Signals from latent numbers and what is known of the particle."""
    return latent_sampler(
        _generator(settings, spec, parts),
        latent=LATENT,
        features=lambda condition: features(condition, statistics),
        scaler=scaler(statistics),
    )


def learner(
    settings: GanSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """The adversarial learner with these networks."""
    from jaxgen.learners import adversarial
    from jaxgen.learners.adversarial_model import AdversarialModel

    critic = parts.get("critic", DenseCritic(widths=(settings.width,) * 2))
    model = AdversarialModel(
        generator=_generator(settings, spec, parts),
        critic=network.from_module(critic),
        latent=LATENT,
        features=lambda condition: features(condition, statistics),
        scaler=scaler(statistics),
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
