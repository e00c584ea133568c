"""Lines shown before training: device, data, and size of the model."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax

from jaxgen import hardware
from jaxgen.base import Learner, PyTree
from jaxgen.data.dataset import Dataset
from jaxgen.run.plan import Options, Plan


def lines(plan: Plan, options: Options, data: Dataset, learner: Learner, states: PyTree) -> list[str]:
    """One line each about device, data and model.

    Args:
      plan: model and length of the training.
      options: options of the run.
      data: training data.
      learner: the learner.
      states: states of all members, or their shapes, [K, ...].
    """
    recipe = plan.recipe
    what = "a learner of one's own" if recipe is None else f"{recipe.name} of {recipe.system.name}"
    members = f"; {options.members} members, seed {options.seed}" if options.members > 1 else ""
    return [
        hardware.describe(options.devices),
        f"Data: {data_in_words(data)}",
        f"Model: {what}: {parameters_in_words(learner, states)}{members}",
    ]


def data_in_words(data: Dataset) -> str:
    """Number, kind and source of the events."""
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    numbers = [f"{len(batch.data):,} {name}" for name, batch in parts.items() if len(batch.data)]
    return f"{_joined(numbers)} events of {data.spec.name}, from {_origin(data.source)}"


def _origin(source: Mapping[str, Any]) -> str:
    if "read" in source:
        return Path(str(source["read"])).name
    return f"the simulator, seed {source['simulate']}" if "simulate" in source else "arrays"


def parameters_in_words(learner: Learner, states: PyTree) -> str:
    """Number of trained parameters of each network, and of those used for sampling."""
    one = jax.eval_shape(lambda tree: jax.tree.map(lambda x: x[0], tree), states)
    params = getattr(one, "params", None)
    published = _count(jax.eval_shape(learner.publish, one))
    if params is None or not _count(params):
        return f"{published:,} parameters"
    if hasattr(params, "_fields"):
        counts = {name: _count(tree) for name, tree in params._asdict().items()}
        return _joined([f"{name} {count:,}" for name, count in counts.items()]) + " parameters"
    total = _count(params)
    rest = f", {published:,} of which make events" if published < total else ""
    return f"{total:,} parameters{rest}"


def _count(tree: PyTree) -> int:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(tree))


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
