"""Classifiers of tables: what they see of an event, its condition, and what is left without either."""

from collections.abc import Callable, Mapping

import jax
import numpy as np

from jaxgen.base import UNKNOWN, Estimate, Key
from jaxgen.metrics.classifier import Config, TwoSampleTest, two_sample_test
from jaxgen.metrics.distances import host_generator
from jaxgen.metrics.features import groups, standardized
from jaxgen.metrics.glossary import SINGLE_COLUMNS, WITHOUT_CONDITIONS
from jaxgen.metrics.table import Table

FEWEST = 100  # events below which no classifier is trained

Features = Callable[[Table], np.ndarray]


def conditions(table: Table) -> np.ndarray:
    """The conditions as they are, [N, C]."""
    return np.asarray(table.batch.condition, np.float64)


def numbers(table: Table) -> np.ndarray:
    """All numbers of each event in a row, [N, P]."""
    return np.asarray(table.batch.data, np.float64).reshape(table.number, -1)


def events_test(
    key: Key, real: Table, fake: Table, *parts: Features, config: Config | None = None
) -> TwoSampleTest:
    """How well a network that sees some features tells generated from real events.

    Features are standardized by the real events and cut at 10 standard deviations; what an event has not
    counts as 10 below. Events of the same condition, real or generated, are held out together.

    Args:
      key: for the test.
      real: reference events.
      fake: generated events.
      *parts: of the features.
      config: of the network.

    Raises:
      ValueError: where events are too few for two halves.
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
    """Areas under the ROC curve of networks that see an event and its condition, and of one that sees less.

    The last one says where the difference lies. With conditions it sees what the best of the others sees, but
    not these: its area is 0.5 where the events are right and only their conditions are not. Without
    conditions it sees the numbers of the events, each column shuffled among the events of a sample: its area
    is 0.5 where each number is right by itself.

    Args:
      key: for the tests.
      real: reference events.
      fake: generated events.
      seen: features of the networks by name, "" for one without; conditions are added to each.
      alone: features in place of those of the same name that hold something of the conditions.
      given: features of the conditions.
      config: of the networks.

    Returns:
      auc_NAME, and `WITHOUT_CONDITIONS` or `SINGLE_COLUMNS`; not known for fewer than `FEWEST` events.
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
