"""Common parts of both flows of four-lepton events: sampling and training of a density."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.learners.settings import LikelihoodSettings
from jaxgen.models.density import DensityModel, density_sampler
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models.inputs import NetworkSettings, augment, inputs, statistics

if TYPE_CHECKING:
    from jaxgen.learners.likelihood import LikelihoodModel


@dataclass(frozen=True)
class DensitySettings(LikelihoodSettings, NetworkSettings):
    """Settings of both flows."""


def likelihood_model(
    density: DensityModel, settings: DensitySettings, found: Statistics, spec: Spec
) -> "LikelihoodModel":
    """The density with its transformations, for its learner and `held_out_log_likelihood`."""
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


def flow(title: str, settings: type[DensitySettings], density: Callable[[Any], DensityModel]) -> Model:
    """A model with the density `density(settings)`, trained by maximum likelihood."""

    def sampler(settings: Any, found: Statistics, spec: Spec, parts: Parts) -> Sampler:
        del parts
        seen = inputs(settings, found, spec)
        return density_sampler(
            density(settings), features=seen.features, scaler=seen.scaler, size=seen.size, labels=seen.labels
        )

    def learner(
        settings: Any, found: Statistics, spec: Spec, length: Length, axis_name: str | None, parts: Parts
    ) -> Learner:
        from jaxgen.learners import likelihood

        del parts
        model = likelihood_model(density(settings), settings, found, spec)
        return likelihood.make(model, settings, length, axis_name=axis_name)

    return Model(title, settings, statistics, sampler, learner)
