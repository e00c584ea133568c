"""A flow of spline couplings over the energy fractions of all cells and the visible energy of showers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.base import Learner, Length, Sampler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.settings import LikelihoodSettings
from jaxgen.models import spline_flow
from jaxgen.models.density import density_sampler
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.representation import conditions, scalings

SIZE = CELLS * CELLS + 1
"""Number of columns of a shower: fractions of the cells, and the logarithm of the visible energy."""


@dataclass(frozen=True)
class FlowSettings(LikelihoodSettings):
    """Recommended settings."""

    steps: int = 4_000
    batch_size: int = 128
    decay: str = "cosine"
    average_decay: float = 0.995
    gradient_limit: float = 50.0
    noise: float = 0.02
    layers: int = setting(6, "layers of the flow", low=1)
    width: int = setting(64, "units of each hidden layer", low=1)
    bins: int = setting(6, "bins of each spline", low=2, high=100)
    symmetries: bool = setting(True, "whether to train on rotated and reflected showers too")


def statistics(data: Dataset, settings: FlowSettings) -> dict[str, np.ndarray]:
    """Statistics of the logarithms of incident and visible energy."""
    del settings
    return {**conditions.statistics(data), **scalings.statistics("normalized", np.asarray(data.train.data))}


def _shared(settings: FlowSettings, statistics: Statistics) -> dict[str, Any]:
    """Common arguments of learner and sampler."""
    return {
        "density": spline_flow.make(layers=settings.layers, width=settings.width, bins=settings.bins),
        "features": conditions.features_by(statistics),
        "scaler": scalings.by_name("normalized", statistics),
        "size": SIZE,
    }


def sampler(settings: FlowSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates showers from normal numbers."""
    del parts
    conditions.check(spec)
    return density_sampler(**_shared(settings, statistics))


def learner(
    settings: FlowSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """The flow, trained by maximum likelihood."""
    from jaxgen.learners import likelihood
    from jaxgen.learners.likelihood import LikelihoodModel
    from jaxgen.systems.calorimeter.symmetries import turn_and_mirror

    del parts
    conditions.check(spec)
    model = LikelihoodModel(
        augment=turn_and_mirror if settings.symmetries else None, **_shared(settings, statistics)
    )
    return likelihood.make(model, settings, length, axis_name=axis_name)


MODEL = Model(
    title="spline couplings over the energy fractions of all cells",
    settings=FlowSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
