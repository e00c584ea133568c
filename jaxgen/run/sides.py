"""Choice of the events to compare: equal numbers in all samples, and no condition in two of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jaxgen.metrics.table import Table


class Sides(NamedTuple):
    """Samples with the same number of events.

    Attributes:
      real: test events.
      floor: other real events, compared in place of the generated ones.
      generated: generated events of each member.
    """

    real: Table
    floor: Table
    generated: Sequence[Table]


def apart(test: Table, train: Table, generated: Sequence[Table]) -> Sides:
    """Half of the test events, and generated events for the conditions of the other half.

    Events with identical conditions share the fluctuations of the conditions, and are closer to one another
    than two independent real samples. The floor is therefore the other half itself: it has the same
    conditions as the generated events, and a perfect generator has the value of the floor within errors. If
    several events are generated for each condition, the first is used. Without conditions all test events are
    compared, and the floor consists of training events.

    Args:
      test: N real events not used in training.
      train: real training events.
      generated: generated events of each member.
    """
    if not test.spec.condition:
        return first(min(test.number, train.number, generated[0].number), test, train, generated)
    order = np.arange(test.number)
    here, there = order[::2], order[1::2]
    chosen = matching(conditions(generated[0]), conditions(test)[there])
    if chosen is None:
        number = min(len(there), generated[0].number)
        return first(number, test.rows(here), test.rows(there), generated)
    return Sides(test.rows(here[: len(there)]), test.rows(there), [one.rows(chosen) for one in generated])


def together(test: Table, train: Table, generated: Sequence[Table]) -> Sides:
    """All test events, and one generated event for each of their conditions; the floor is training events.

    For metrics that account for identical conditions, such as a classifier whose splits keep events of
    one condition together.
    """
    number = min(test.number, train.number, generated[0].number)
    wanted = conditions(test)[:number]
    chosen = matching(conditions(generated[0]), wanted) if test.spec.condition else None
    if chosen is None:
        return first(number, test, train, generated)
    return Sides(test.first(number), train.first(number), [one.rows(chosen) for one in generated])


def first(number: int, real: Table, floor: Table, generated: Sequence[Table]) -> Sides:
    """The first events of each sample."""
    return Sides(real.first(number), floor.first(number), [one.first(number) for one in generated])


def conditions(table: Table) -> np.ndarray:
    """Conditions of the events, float32 [N, C]."""
    return np.asarray(table.batch.condition, np.float32)


def matching(have: np.ndarray, want: np.ndarray) -> np.ndarray | None:
    """Indices of rows with the wanted conditions, each row once; the first ones if there are several.

    Args:
      have: conditions of the available events, [K, C].
      want: wanted conditions, [N, C].

    Returns:
      N row numbers in the order of `want`; None if a condition is not available often enough.

    >>> matching(np.array([[1.0], [2.0], [1.0], [3.0]]), np.array([[3.0], [1.0], [1.0]])).tolist()
    [3, 0, 2]
    >>> matching(np.array([[1.0]]), np.array([[1.0], [1.0]])) is None
    True
    """
    _, label = np.unique(np.concatenate([have, want]), axis=0, return_inverse=True)
    label = label.ravel()
    ours, theirs = label[: len(have)], label[len(have) :]
    places = {pair: row for row, pair in enumerate(_numbered(ours))}
    found = [places.get(pair) for pair in _numbered(theirs)]
    return None if None in found else np.array(found, int)


def _numbered(labels: np.ndarray) -> Iterator[tuple[int, int]]:
    """Each label with the number of equal labels before it."""
    seen: Counter[int] = Counter()
    for label in labels.tolist():
        yield label, seen[label]
        seen[label] += 1
