"""A flow of rational-quadratic spline couplings over the variables of the decay cascade: the best model."""

from dataclasses import dataclass

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.models import spline_flow
from jaxgen.models.density import DensityModel
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models import likelihood
from jaxgen.systems.four_leptons.models.inputs import statistics
from jaxgen.systems.four_leptons.models.likelihood import DensitySettings


@dataclass(frozen=True)
class SplineFlowSettings(DensitySettings):
    """The best settings found: without turned and mirrored events, or longer, it learns events by heart."""

    steps: int = 3_000
    batch_size: int = 512
    representation: str = "cascade"
    symmetries: bool = True
    decay: str = "cosine"
    average_decay: float = 0.995
    gradient_limit: float = 5.0
    layers: int = setting(8, "of the flow", low=1)
    width: int = setting(32, "of the hidden layers", low=1)
    bins: int = setting(8, "of a spline", low=2, high=100)


def density(settings: SplineFlowSettings) -> DensityModel:
    """The flow itself."""
    return spline_flow.make(layers=settings.layers, width=settings.width, bins=settings.bins)


def sampler(settings: SplineFlowSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Events that the flow makes of normal numbers."""
    del parts
    return likelihood.sampler(density(settings), settings, statistics, spec)


def learner(
    settings: SplineFlowSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """The flow, trained by its likelihood."""
    del parts
    return likelihood.learner(density(settings), settings, statistics, spec, length, axis_name)


MODEL = Model(
    title="a flow of rational-quadratic splines",
    settings=SplineFlowSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
