"""Which events are compared: as many on both sides, and no condition on both."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jaxgen.metrics.table import Table


class Sides(NamedTuple):
    """Samples of the same number of events.

    Attributes:
      real: test events.
      floor: other real events, which take the place of the generated ones.
      generated: of each member.
    """

    real: Table
    floor: Table
    generated: Sequence[Table]


def apart(test: Table, train: Table, generated: Sequence[Table]) -> Sides:
    """One half of the test events against generated ones for the conditions of the other half.

    Events that share their conditions share the chance of these, and are nearer to one another than real
    events are to other real ones. So the floor is the other half itself: it has the very conditions of the
    generated events, and a perfect generator gives the value of the floor within errors, however many events
    there are for each condition; the first of them is used. Without conditions all test events are compared,
    and the floor is made of training events.

    Args:
      test: N real events that no model saw.
      train: real training events.
      generated: events of each member.
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
    """All test events against a generated one for each of their conditions; the floor is training events.

    For metrics that may know that the conditions are the same, such as a classifier that holds out events of
    one condition together.
    """
    number = min(test.number, train.number, generated[0].number)
    wanted = conditions(test)[:number]
    chosen = matching(conditions(generated[0]), wanted) if test.spec.condition else None
    if chosen is None:
        return first(number, test, train, generated)
    return Sides(test.first(number), train.first(number), [one.rows(chosen) for one in generated])


def first(number: int, real: Table, floor: Table, generated: Sequence[Table]) -> Sides:
    """The first events of all."""
    return Sides(real.first(number), floor.first(number), [one.first(number) for one in generated])


def conditions(table: Table) -> np.ndarray:
    """Those of the events, float32 [N, C]."""
    return np.asarray(table.batch.condition, np.float32)


def matching(have: np.ndarray, want: np.ndarray) -> np.ndarray | None:
    """Rows that have the wanted conditions, each row once, the first ones where there are several.

    Args:
      have: conditions of the events to choose from, [K, C].
      want: conditions, [N, C].

    Returns:
      N row numbers in the order of `want`; None where a condition is not there often enough.

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
    """Each label with how many equal ones come before it."""
    seen: Counter[int] = Counter()
    for label in labels.tolist():
        yield label, seen[label]
        seen[label] += 1
