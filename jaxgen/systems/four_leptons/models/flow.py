"""The published flow with masked affine layers."""

from dataclasses import dataclass

from jaxgen.models import masked_affine_flow
from jaxgen.models.density import DensityModel
from jaxgen.models.masked_affine_flow import SCALES
from jaxgen.settings import setting
from jaxgen.systems.four_leptons.models import likelihood
from jaxgen.systems.four_leptons.models.likelihood import DensitySettings


@dataclass(frozen=True)
class FlowSettings(DensitySettings):
    """The published flow: 32 layers, Adam at 1e-6, 120 epochs. The batch size is not published."""

    steps: int = 30_000
    batch_size: int = 64
    learning_rate: float = 1e-6
    layers: int = setting(32, "layers of the flow, an even number", low=2)
    width: int = setting(36, "units of each hidden layer", low=1)
    affine_scale: str = setting(
        "sigmoid", "function that bounds scale and shift of each layer", choices=SCALES
    )


def density(settings: FlowSettings) -> DensityModel:
    """The density of the flow."""
    return masked_affine_flow.make(layers=settings.layers, width=settings.width, scale=settings.affine_scale)


MODEL = likelihood.flow("a flow of masked affine layers, as published", FlowSettings, density)
