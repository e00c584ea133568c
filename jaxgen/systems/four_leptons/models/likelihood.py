"""What both flows of four-lepton events share: how a density is sampled and trained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.learners.settings import LikelihoodSettings
from jaxgen.models.density import DensityModel, density_sampler
from jaxgen.system import Statistics
from jaxgen.systems.four_leptons.models.inputs import NetworkSettings, augment, inputs

if TYPE_CHECKING:
    from jaxgen.learners.likelihood import LikelihoodModel


@dataclass(frozen=True)
class DensitySettings(LikelihoodSettings, NetworkSettings):
    """Of both flows."""


def sampler(density: DensityModel, settings: DensitySettings, found: Statistics, spec: Spec) -> Sampler:
    """Events of a density of the columns that are no labels."""
    seen = inputs(settings, found, spec)
    return density_sampler(
        density, features=seen.features, scaler=seen.scaler, size=seen.size, labels=seen.labels
    )


def likelihood_model(
    density: DensityModel, settings: DensitySettings, found: Statistics, spec: Spec
) -> "LikelihoodModel":
    """The density between physical units, as its learner and `held_out_log_likelihood` take it."""
    from jaxgen.learners.likelihood import LikelihoodModel
    from jaxgen.systems.four_leptons.losses import event_loss

    seen = inputs(settings, found, spec)
    return LikelihoodModel(
        density=density,
        features=seen.features,
        scaler=seen.scaler,
        size=seen.size,
        labels=seen.labels,
        event_loss=event_loss if settings.mass_weight else None,
        event_weight=settings.mass_weight,
        augment=augment(settings),
    )


def learner(
    density: DensityModel,
    settings: DensitySettings,
    found: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
) -> Learner:
    """Trains the density by its likelihood."""
    from jaxgen.learners import likelihood

    model = likelihood_model(density, settings, found, spec)
    return likelihood.make(model, settings, length, axis_name=axis_name)
