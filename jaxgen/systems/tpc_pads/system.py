"""What the harness needs to know of pad responses: data, metrics, figures, files."""

from pathlib import Path

import jax
import numpy as np

from jaxgen.base import Batch, Key, Scaler
from jaxgen.cli.settings import Settings
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.metrics import trends
from jaxgen.metrics.trends import TrendTerms
from jaxgen.models import network
from jaxgen.plots import format as words
from jaxgen.plots.illustration import Illustration
from jaxgen.plots.repetition import repetitions
from jaxgen.plots.worst_trends import describe, shortfalls
from jaxgen.systems.tpc_pads import data as tpc_pads
from jaxgen.systems.tpc_pads import figures as pads
from jaxgen.systems.tpc_pads import pad_classifier
from jaxgen.systems.tpc_pads import simulator as tpc_simulator
from jaxgen.systems.tpc_pads.data import digits as tpc_digits
from jaxgen.systems.tpc_pads.figures.geometry import pulls
from jaxgen.systems.tpc_pads.models.architectures import Architecture
from jaxgen.systems.tpc_pads.observables import geometry
from jaxgen.systems.tpc_pads.symmetries import reflect
from jaxgen.transforms.linear_maps import ConvolutionGeometry

SIMULATED = "simulated"


def read(settings: Settings) -> Dataset:
    """The data set that --data names: the built-in simulator or a file."""
    if settings["data"] == SIMULATED:
        return tpc_simulator.dataset(jax.random.key(settings["data_seed"]), number=settings["data_events"])
    return tpc_pads.read(settings["data"], strict=settings["strict"])


def model(architecture: Architecture, scaler: Scaler, *, reflections: bool = False) -> AdversarialModel:
    """Networks of an architecture between physical units, trained on mirror images too where wanted."""
    return AdversarialModel(
        generator=network.from_module(architecture.generator),
        critic=network.from_module(architecture.critic),
        latent=architecture.latent,
        features=lambda condition: tpc_pads.features(condition, number=architecture.number_features),
        scaler=scaler,
        geometry={
            name: ConvolutionGeometry(found.input_shape, found.padding)
            for name, found in (architecture.geometry or {}).items()
        },
        augment=reflect if reflections else None,
    )


def illustrate(test: Batch, generated: Batch, train: Batch, spec: Spec) -> list[Illustration]:
    """All figures of pad responses."""
    found, floor = _terms(jax.random.key(0), test, generated, train)
    return [
        *pads.chi2_illustrations(found, spec, floor=floor),
        Illustration(
            "geometry",
            "Geometry of the tracks",
            "Residuals, widths, tilt and amplitude fitted against angles and drift length: generated less "
            "real coefficient over the combined error. Beyond 3 is not chance.",
            pulls(geometry.compare(test, generated)),
        ),
        *pads.pad_illustrations(test, generated, spec),
    ]


def failures(key: Key, test: Batch, generated: Batch, train: Batch) -> list[str]:
    """The trends that carry the excess of the chi2 over its floor, and repeated training events, in words."""
    found, floor = _terms(key, test, generated, train)
    spec = tpc_pads.SPEC
    labels = words.trend_labels(spec), words.moment_labels(spec)
    few = Batch(*(x[: len(test.data)] for x in generated))
    features = (pad_classifier.response_features(batch) for batch in (test, few, train))
    return [*(describe(worst, *labels) for worst in shortfalls(found, floor)), *repetitions(*features)]


def _terms(key: Key, test: Batch, generated: Batch, train: Batch) -> tuple[TrendTerms, TrendTerms]:
    return tuple(  # type: ignore[return-value]
        trends.trend_terms(key, trends.pad_table(test), trends.pad_table(other))
        for other in (generated, train)
    )


def finish(images: np.ndarray) -> np.ndarray:
    """Amplitudes are never negative."""
    return np.maximum(images, 0)


def write_samples(folder: Path, batch: Batch) -> None:
    """Writes the digits format, cells of one ADC count and more."""
    tpc_digits.write_digits(folder / "generated.dat", np.asarray(batch.data), np.asarray(batch.condition))


def read_conditions(path: Path) -> np.ndarray:
    """Track parameters from any digits or CSV file, [N, P] float32."""
    return tpc_pads.as_float32(tpc_digits.read_parameters(path))
