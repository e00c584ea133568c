"""A strip of 24 cells, a detector in three small files: the example of docs/pages/guides/own_detector.md."""

from pathlib import Path

from jaxgen.system import System
from tests.strip.data import dataset, simulate

SYSTEM = System(
    name="strip",
    title="Signals of a strip",
    models={"gan": "tests.strip.gan"},
    dataset=dataset,
    simulate=simulate,
    presets=Path(__file__).parent / "presets",
)
learner = SYSTEM.learner

__all__ = ["SYSTEM", "dataset", "learner", "simulate"]
