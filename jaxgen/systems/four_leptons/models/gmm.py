"""A mixture of normal distributions, fitted by expectation maximization."""

from dataclasses import dataclass

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.learners.settings import MixtureSettings
from jaxgen.models.mixture.sampling import mixture_sampler
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models.inputs import InputSettings, inputs, statistics


@dataclass(frozen=True)
class GmmSettings(MixtureSettings, InputSettings):
    """Recommended settings: 42 components with a common covariance.

    With all training events in a batch, an update is one iteration of the standard fit.
    """

    steps: int = 100
    batch_size: int = 16_000


def sampler(settings: GmmSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates events of the mixture for the given channel and mass."""
    del parts
    seen = inputs(settings, statistics, spec)
    return mixture_sampler(
        features=seen.features,
        scaler=seen.scaler,
        labels=seen.labels,
        kinds=seen.kinds,
        covariance=settings.covariance,
    )


def learner(
    settings: GmmSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """The fit; channels and labels share the components and differ in their weights."""
    from jaxgen.learners import mixture
    from jaxgen.learners.mixture import MixtureModel

    del parts
    return mixture.make(
        MixtureModel(**inputs(settings, statistics, spec)._asdict()), settings, length, axis_name=axis_name
    )


MODEL = Model(
    title="a mixture of normal distributions",
    settings=GmmSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
