"""A flow of rational-quadratic spline couplings over the variables of the decay cascade: the best model."""

from dataclasses import dataclass

from jaxgen.models import spline_flow
from jaxgen.models.density import DensityModel
from jaxgen.settings import setting
from jaxgen.systems.four_leptons.models import likelihood
from jaxgen.systems.four_leptons.models.likelihood import DensitySettings


@dataclass(frozen=True)
class SplineFlowSettings(DensitySettings):
    """Recommended settings; longer training, or training without `symmetries`, memorizes events."""

    steps: int = 3_000
    batch_size: int = 512
    representation: str = "cascade"
    symmetries: bool = True
    decay: str = "cosine"
    average_decay: float = 0.995
    gradient_limit: float = 5.0
    layers: int = setting(8, "layers of the flow", low=1)
    width: int = setting(32, "units of each hidden layer", low=1)
    bins: int = setting(8, "bins of each spline", low=2, high=100)


def density(settings: SplineFlowSettings) -> DensityModel:
    """The density of the flow."""
    return spline_flow.make(layers=settings.layers, width=settings.width, bins=settings.bins)


MODEL = likelihood.flow("a flow of rational-quadratic splines", SplineFlowSettings, density)
