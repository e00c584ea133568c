"""Generative fast simulation for high-energy physics in JAX.

    import jaxgen
    from jaxgen.systems import tpc_pads

    data = tpc_pads.simulate(0, 20_000)
    run = jaxgen.fit(tpc_pads.learner("gan", data), data, workdir="runs/a")
    run.evaluate(data)
    run.generator.save("tpc.zip")

Each name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxgen.base import Batch, Estimate, Learner
    from jaxgen.data.dataset import Column, Dataset, Spec
    from jaxgen.metrics.scores import Scores
    from jaxgen.recipe import Recipe
    from jaxgen.run.comparison import compare
    from jaxgen.run.evaluation import evaluate
    from jaxgen.run.fitting import fit
    from jaxgen.run.generator import Generator
    from jaxgen.run.loading import load
    from jaxgen.run.reporting import report
    from jaxgen.run.run import Run
    from jaxgen.system import System

HOMES = {
    "Batch": "base",
    "Column": "data.dataset",
    "Dataset": "data.dataset",
    "Estimate": "base",
    "Generator": "run.generator",
    "Learner": "base",
    "Recipe": "recipe",
    "Run": "run.run",
    "Scores": "metrics.scores",
    "Spec": "data.dataset",
    "System": "system",
    "compare": "run.comparison",
    "evaluate": "run.evaluation",
    "fit": "run.fitting",
    "load": "run.loading",
    "report": "run.reporting",
}
"""The module that defines each public name."""

__all__ = [
    "Batch",
    "Column",
    "Dataset",
    "Estimate",
    "Generator",
    "Learner",
    "Recipe",
    "Run",
    "Scores",
    "Spec",
    "System",
    "compare",
    "evaluate",
    "fit",
    "load",
    "report",
]


def __getattr__(name: str) -> Any:
    if name in HOMES:
        return getattr(import_module(f"jaxgen.{HOMES[name]}"), name)
    raise AttributeError(f"module 'jaxgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
