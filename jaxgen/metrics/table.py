"""What is measured of the events of a sample: a table of named columns with units, worked out once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np

from jaxgen import display
from jaxgen.base import Batch
from jaxgen.data.dataset import Spec, as_batch, describe_values

T = TypeVar("T")


class Label(NamedTuple):
    """A quantity as figures and sentences name it.

    Attributes:
      name: a few words.
      unit: empty for a pure number.
      short: a symbol or code name, where one is in use.
    """

    name: str
    unit: str = ""
    short: str = ""

    @property
    def text(self) -> str:
        """The name with its unit.

        >>> Label("drift length", "time bin").text
        'drift length [time bin]'
        """
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True)
class Table(Mapping[str, np.ndarray]):
    """Observables of N events by name, with the events themselves.

    Attributes:
      columns: values by name, [N] or, where an event has several of a kind, [N, P]; NaN where it has none.
      labels: of the columns.
      batch: the events.
      spec: of the data set.

    >>> events = Batch(np.ones((3, 2)), np.zeros((3, 0)))
    >>> table = Table({"charge": np.array([1.0, 2.0, 3.0])}, {"charge": Label("charge", "fC")}, events, None)
    >>> float(table["charge"].mean()), len(table.first(2).batch.data)
    (2.0, 2)
    """

    columns: Mapping[str, np.ndarray]
    labels: Mapping[str, Label]
    batch: Batch
    spec: Spec
    _known: dict[Callable, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def number(self) -> int:
        """Events in the sample, N."""
        return len(self.batch.data)

    def of(self, function: "Callable[[Table], T]") -> T:
        """function(table), worked out once."""
        if function not in self._known:
            self._known[function] = function(self)
        return self._known[function]

    def first(self, number: int) -> "Table":
        """The same of the first events, or of all where there are fewer."""
        return self if number >= self.number else self.rows(slice(number))

    def rows(self, chosen: np.ndarray | slice) -> "Table":
        """The same of some events, by their places."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        batch = as_batch(*(np.asarray(part)[chosen] for part in self.batch))
        return Table(columns, self.labels, batch, self.spec)

    def __repr__(self) -> str:
        return f"Table of {self.number} events: {', '.join(self.columns)}"

    def _repr_html_(self) -> str:
        heads = ("observable", "unit", "events with it", "mean", "standard deviation", "median")
        lines = []
        for name, values in self.columns.items():
            found = describe_values(values)
            numbers = (f"{found[one]:.4g}" for one in ("mean", "std", "50 %"))
            lines.append([self.labels[name].name, self.labels[name].unit, f"{found['count']:.0f}", *numbers])
        return display.table(heads, lines)


class Samples(NamedTuple):
    """All that generated events are compared with.

    Attributes:
      test: real events that no model saw.
      generated: those of one member.
      floor: real training events that stand for generated ones, as many as there are of them, or all.
      train: all real training events.
    """

    test: Table
    generated: Table
    floor: Table
    train: Table


Suite = Callable[[Any, Table, Table], Mapping[str, Any]]
"""Metrics that are worked out together: `suite(key, real, fake) -> {name: Estimate}`, of tables."""


def present(values: np.ndarray) -> np.ndarray:
    """The values that are not NaN, one after the other.

    >>> present(np.array([[1.0, np.nan], [2.0, 3.0]])).tolist()
    [1.0, 2.0, 3.0]
    """
    return values[~np.isnan(values)]


def symbols(labels: Mapping[str, Label]) -> list[Label]:
    """The labels whose symbol is not just their name, each symbol once."""
    found: dict[str, Label] = {}
    for label in labels.values():
        if label.short and label.short not in (label.name, label.name.replace(" ", "_")):
            found.setdefault(label.short, label)
    return list(found.values())
