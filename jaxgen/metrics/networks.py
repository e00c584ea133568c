"""Classifiers of tables: their input features, and variants without conditions or correlations."""

from collections.abc import Callable, Mapping

import jax
import numpy as np

from jaxgen.base import UNKNOWN, Estimate, Key
from jaxgen.metrics.classifier import Config, TwoSampleTest, two_sample_test
from jaxgen.metrics.distances import host_generator
from jaxgen.metrics.features import groups, standardized
from jaxgen.metrics.glossary import SINGLE_COLUMNS, WITHOUT_CONDITIONS
from jaxgen.metrics.table import Table

FEWEST = 100  # number of events below which no classifier is trained

Features = Callable[[Table], np.ndarray]


def conditions(table: Table) -> np.ndarray:
    """The conditions, [N, C]."""
    return np.asarray(table.batch.condition, np.float64)


def numbers(table: Table) -> np.ndarray:
    """All numbers of each event as one row, [N, P]."""
    return np.asarray(table.batch.data, np.float64).reshape(table.number, -1)


def events_test(
    key: Key, real: Table, fake: Table, *parts: Features, config: Config | None = None
) -> TwoSampleTest:
    """Trains a network on the given features to distinguish generated from real events.

    Features are standardized by the real events and clipped at 10 standard deviations; missing values are set
    to -10. Events with the same condition, real or generated, are always in the same split.

    Args:
      key: random key of the test.
      real: reference events.
      fake: generated events.
      *parts: functions that compute the input features.
      config: configuration of the network.

    Raises:
      ValueError: if there are too few events for two halves.
    """
    sides = [np.column_stack([table.of(part) for part in parts]) for table in (real, fake)]
    together = groups(*(np.asarray(side.batch.condition) for side in (real, fake)))
    return two_sample_test(key, *standardized(*sides), groups=together, config=config)


def areas(
    key: Key,
    real: Table,
    fake: Table,
    *,
    seen: Mapping[str, Features],
    alone: Mapping[str, Features] | None = None,
    given: Features = conditions,
    config: Config | None = None,
) -> dict[str, Estimate]:
    """Areas under the ROC curve of networks given events and conditions, and of one with fewer inputs.

    The last network separates the sources of differences. With conditions, its inputs are those of the best
    other
    network without the conditions: its area is 0.5 if events are right and only their dependence on
    conditions is wrong.
    Without conditions, its inputs are the numbers of the events, each column shuffled among the events of a
    sample: its area is 0.5 if each column has the right distribution.

    Args:
      key: random key of the tests.
      real: reference events.
      fake: generated events.
      seen: input features of the networks by name, "" for an unnamed one; conditions are added to each.
      alone: features that replace those of the same name without conditions, if those depend on the
        conditions.
      given: features of the conditions.
      config: configuration of the networks.

    Returns:
      auc_NAME, and `WITHOUT_CONDITIONS` or `SINGLE_COLUMNS`; unknown for fewer than `FEWEST` events.
    """
    conditional = bool(real.spec.condition)
    last = WITHOUT_CONDITIONS if conditional else SINGLE_COLUMNS
    named = {f"auc_{name}" if name else "auc": part for name, part in seen.items()}
    if min(real.number, fake.number) < FEWEST:
        return dict.fromkeys([*named, last], UNKNOWN)
    found = {
        name: events_test(jax.random.fold_in(key, i), real, fake, part, given, config=config).auc
        for i, (name, part) in enumerate(named.items())
    }
    fold = jax.random.fold_in(key, len(seen))
    if conditional:
        best = max(seen, key=lambda name: found[f"auc_{name}" if name else "auc"].value)
        part = (alone or {}).get(best, seen[best])
        return {**found, last: events_test(fold, real, fake, part, config=config).auc}
    rng = host_generator(fold)
    apart = [rng.permuted(side, axis=0) for side in standardized(numbers(real), numbers(fake))]
    return {**found, last: two_sample_test(fold, *apart, config=config).auc}
