"""Judges generated events: every metric with its error, its floor and, over members, its spread."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxgen.base import Batch, Estimate, Key
from jaxgen.cli.experiment import Suite

Row = dict[str, Any]


def evaluate(
    key: Key, suites: Mapping[str, Suite], test: Batch, train: Batch, generated: Sequence[Batch]
) -> dict[str, Row]:
    """Works out all metrics for all members, and for real events in place of generated ones.

    The floor is the same metric of test events against training events, as many of them as there are
    generated events or all where there are fewer.

    Args:
      key: for bootstraps and classifiers; the floor and the members use keys of their own.
      suites: metrics by name of the suite.
      test: real events that no model saw.
      train: real events for the floor.
      generated: one batch for each member.

    Returns:
      By name of the metric: value (mean over members), error (statistical, of one member), spread
      (standard deviation over members, None for one), members, n (generated events), floor with its own
      value, error and n, and ratio of value and floor. None stands for what is not finite.
    """
    number = min(len(train.data), len(generated[0].data))
    floor_events = Batch(*(x[:number] for x in train))
    rows: dict[str, Row] = {}
    for index, suite in enumerate(suites.values()):
        own = jax.random.fold_in(key, index)
        floors = suite(jax.random.fold_in(own, 0), test, floor_events)
        results = [suite(jax.random.fold_in(own, 1 + m), test, fake) for m, fake in enumerate(generated)]
        for name, floor in floors.items():
            estimates = [result[name] for result in results]
            rows[name] = _row(estimates, floor, len(generated[0].data), number)
    return rows


def _row(estimates: Sequence[Estimate], floor: Estimate, number: int, number_floor: int) -> Row:
    values = np.array([estimate.value for estimate in estimates], float)
    errors = np.array([estimate.error for estimate in estimates], float)
    value = float(values.mean())
    return {
        "value": _finite(value),
        "error": _finite(float(errors.mean())),
        "spread": _finite(float(values.std(ddof=1))) if len(values) > 1 else None,
        "members": [_finite(v) for v in values],
        "n": number,
        "floor": {"value": _finite(floor.value), "error": _finite(floor.error), "n": number_floor},
        "ratio": _finite(value / floor.value) if floor.value else None,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
