"""Observables of the events of a sample: a table of named columns with units."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np

from jaxgen import display
from jaxgen.base import Batch
from jaxgen.data.dataset import Spec, as_batch, describe_values

T = TypeVar("T")


class Label(NamedTuple):
    """Name of a quantity in figures and sentences.

    Attributes:
      name: name in words.
      unit: unit; empty for a dimensionless number.
      short: symbol or abbreviation, if one is in use.
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
      columns: values by name, [N], or [N, P] for several values per event; NaN for a missing value.
      labels: labels of the columns.
      batch: the events.
      spec: description of the arrays.

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
        """Number of events, N."""
        return len(self.batch.data)

    def of(self, function: "Callable[[Table], T]") -> T:
        """function(table), computed once and stored."""
        if function not in self._known:
            self._known[function] = function(self)
        return self._known[function]

    def first(self, number: int) -> "Table":
        """The table of the first events, or of all if there are fewer."""
        return self if number >= self.number else self.rows(slice(number))

    def rows(self, chosen: np.ndarray | slice) -> "Table":
        """The table of the events with these indices."""
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
    """The samples of an evaluation.

    Attributes:
      test: real events that were not used in training.
      generated: generated events of one member.
      floor: real training events, compared with the test events in place of generated ones: the same number,
        or all.
      train: all real training events.
    """

    test: Table
    generated: Table
    floor: Table
    train: Table


Suite = Callable[[Any, Table, Table], Mapping[str, Any]]
"""Function that computes several metrics: `suite(key, real, fake) -> {name: Estimate}`, from tables."""


def present(values: np.ndarray) -> np.ndarray:
    """The values that are not NaN, as a flat array.

    >>> present(np.array([[1.0, np.nan], [2.0, 3.0]])).tolist()
    [1.0, 2.0, 3.0]
    """
    return values[~np.isnan(values)]


def symbols(labels: Mapping[str, Label]) -> list[Label]:
    """The labels with a symbol that differs from the name, each symbol once."""
    found: dict[str, Label] = {}
    for label in labels.values():
        if label.short and label.short not in (label.name, label.name.replace(" ", "_")):
            found.setdefault(label.short, label)
    return list(found.values())
