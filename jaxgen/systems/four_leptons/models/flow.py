"""The published flow of masked affine layers."""

from dataclasses import dataclass

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Spec
from jaxgen.models import masked_affine_flow
from jaxgen.models.density import DensityModel
from jaxgen.models.masked_affine_flow import SCALES
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.four_leptons.models import likelihood
from jaxgen.systems.four_leptons.models.inputs import statistics
from jaxgen.systems.four_leptons.models.likelihood import DensitySettings


@dataclass(frozen=True)
class FlowSettings(DensitySettings):
    """The published flow: 32 layers, Adam at 1e-6, 120 epochs. The size of a batch is not published."""

    steps: int = 30_000
    batch_size: int = 64
    learning_rate: float = 1e-6
    layers: int = setting(32, "of the flow, an even number", low=2)
    width: int = setting(36, "of the hidden layers", low=1)
    affine_scale: str = setting("sigmoid", "how scale and shift of a layer end", choices=SCALES)


def density(settings: FlowSettings) -> DensityModel:
    """The flow itself."""
    return masked_affine_flow.make(layers=settings.layers, width=settings.width, scale=settings.affine_scale)


def sampler(settings: FlowSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Events that the flow makes of normal numbers."""
    del parts
    return likelihood.sampler(density(settings), settings, statistics, spec)


def learner(
    settings: FlowSettings,
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
    title="a flow of masked affine layers, as published",
    settings=FlowSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
