"""A data set: training events, test events, and a description of their numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from jaxgen import checks, display
from jaxgen.base import Array, Batch

if TYPE_CHECKING:
    from jaxgen.plots.illustration import Illustration

KINDS = ("real", "count", "flag", "label")


class Column(NamedTuple):
    """One number of a condition or event.

    Attributes:
      name: name, such as crossing_angle.
      unit: unit; empty for a dimensionless number.
      low: lower end of the nominal range.
      high: upper end of the nominal range.
      kind: one of `KINDS`.
      labels: names of the values 0, 1, ... of a label.
      default: value used if none is given; None if a value is required.

    >>> Column("flavour", kind="label", labels=("electron", "muon"), default=0.0).labels[1]
    'muon'
    """

    name: str
    unit: str = ""
    low: float = -np.inf
    high: float = np.inf
    kind: str = "real"
    labels: tuple[str, ...] = ()
    default: float | None = None

    @property
    def text(self) -> str:
        """The name as text, with its unit.

        >>> Column("drift_length", "time bin").text
        'drift length [time bin]'
        """
        words = self.name.replace("_", " ")
        return f"{words} [{self.unit}]" if self.unit else words


@dataclass(frozen=True)
class Spec:
    """Description of the arrays of a data set.

    Attributes:
      name: name of the data set.
      axes: names of the axes of an event, such as ("pad", "time bin").
      shape: shape of one event.
      columns: description of the numbers of an event: one column for all, or one per entry of the last axis.
      condition: columns of the condition, in order.

    Raises:
      ValueError: if axis names, columns and shape do not match.

    >>> cells = Column("charge", "fC", 0.0), Column("valid", kind="flag")
    >>> Spec("strip", ("cell", "number"), (24, 2), cells, (Column("position", "mm"),)).unit
    'fC'
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    columns: tuple[Column, ...]
    condition: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        if len(self.axes) != len(self.shape):
            raise ValueError(f"Expected {len(self.shape)} names of axes; got {', '.join(self.axes)}.")
        if len(self.columns) != 1 and (not self.shape or len(self.columns) != self.shape[-1]):
            raise ValueError(
                f"Expected one column, or one for each place of the last axis of {self.shape}; "
                f"got {len(self.columns)}."
            )
        for column in (*self.columns, *self.condition):
            checks.one_of(f"the kind of {column.name}", column.kind, KINDS)

    @property
    def unit(self) -> str:
        """Unit of the numbers of an event; a list if the columns have different units.

        >>> Spec("leptons", ("slot", "component"), (8, 2), (Column("E", "GeV"), Column("p", "GeV"))).unit
        'GeV'
        """
        return ", ".join(dict.fromkeys(column.unit for column in self.columns if column.unit))

    def as_json(self) -> dict[str, Any]:
        """The spec in the form that `from_json` reads."""
        columns = {
            name: [
                dict(zip(Column._fields, map(_plain, column), strict=True)) for column in getattr(self, name)
            ]
            for name in ("columns", "condition")
        }
        return {"name": self.name, "axes": list(self.axes), "shape": list(self.shape), **columns}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Spec":
        """The spec written by `as_json`.

        >>> spec = Spec("toy", ("cell",), (3,), (Column("charge", "fC"),))
        >>> Spec.from_json(spec.as_json()) == spec
        True
        """
        columns, condition = (
            tuple(_column(column) for column in content[name]) for name in ("columns", "condition")
        )
        return cls(content["name"], tuple(content["axes"]), tuple(content["shape"]), columns, condition)


def _plain(value: Any) -> Any:
    """Value in a form that JSON can represent: an infinite end of a range becomes None."""
    if isinstance(value, tuple):
        return list(value)
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _column(content: Mapping[str, Any]) -> Column:
    ends = {"low": -np.inf, "high": np.inf}
    given: dict[str, Any] = {
        name: ends.get(name) if value is None else value for name, value in content.items()
    }
    return Column(**{**given, "labels": tuple(content["labels"])})


@dataclass(frozen=True)
class Dataset:
    """Events in physical units.

    Attributes:
      train: training events.
      validation: events of the training split reserved for the choice of settings; empty by default.
      test: events reserved for evaluation.
      spec: description of the arrays.
      source: how to recreate the data set: {"read": path, ...} or {"simulate": seed, ...} with the options;
        empty if it was made from arrays.

    >>> events = Batch(np.zeros((8, 3), np.float32), np.zeros((8, 0), np.float32))
    >>> split(events, Spec("toy", ("cell",), (3,), (Column("charge", "fC"),)))
    Dataset toy: 6 training, 0 validation and 2 test events of shape (3,) in fC, no conditions
    """

    train: Batch
    validation: Batch
    test: Batch
    spec: Spec
    source: Mapping[str, Any] = field(default_factory=dict)

    def made_by(self, **source: Any) -> "Dataset":
        """The same data set with its source."""
        return replace(self, source=source)

    def __repr__(self) -> str:
        numbers = [len(part.data) for part in (self.train, self.validation, self.test)]
        conditions = ", ".join(column.name for column in self.spec.condition)
        return (
            f"Dataset {self.spec.name}: {numbers[0]} training, {numbers[1]} validation and {numbers[2]} test "
            f"events of shape {self.spec.shape} in {self.spec.unit or 'pure numbers'}, "
            f"{f'conditions {conditions}' if conditions else 'no conditions'}"
        )

    def summary(self) -> tuple[tuple[str, ...], list[list[str]]]:
        """Header and rows of a table of all columns: unit, nominal range, values in the training events."""
        heads = ("column", "unit", "nominal range", "mean", "standard deviation", "smallest", "largest")
        lines = []
        for column, values in self.columns():
            found = describe_values(values)
            nominal = f"{column.low:.4g} to {column.high:.4g}" if np.isfinite(column.low) else "any"
            numbers = [f"{found[name]:.4g}" for name in ("mean", "std", "min", "max")]
            name = f"{column.name} ({', '.join(column.labels)})" if column.labels else column.name
            lines.append([name, column.unit, nominal, *numbers])
        return heads, lines

    def columns(self) -> list[tuple[Column, np.ndarray]]:
        """All columns of events and conditions with their values in the training split."""
        data, condition = np.asarray(self.train.data), np.asarray(self.train.condition)
        several = len(self.spec.columns) > 1
        parts = [data[..., i] if several else data for i in range(len(self.spec.columns))]
        given = zip(self.spec.condition, condition.T, strict=True)
        return [*zip(self.spec.columns, parts, strict=True), *given]

    def _repr_html_(self) -> str:
        return display.paragraph(repr(self)) + display.table(*self.summary())

    def figures(self) -> "dict[str, Illustration]":
        """Figures of the training split: first events, mean event, and all columns."""
        from jaxgen.plots import dataset as drawing

        return {one.name: one for one in drawing.draw(self)}

    def show(self) -> None:
        """Prints a summary of the data set, with figures in a notebook."""
        print(repr(self))
        print(display.plain_table(*self.summary()))
        display.show(self.figures().values())


SUMMARY = ("count", "mean", "std", "min", "25 %", "50 %", "75 %", "max")


def describe_values(values: np.ndarray) -> dict[str, float]:
    """Summary statistics of the finite values of an array of any shape, by the names of `SUMMARY`.

    The standard deviation is that of the values, not of their mean. All but the count are NaN if no value is
    finite.

    >>> describe_values(np.array([1.0, 2.0, 3.0, np.nan]))["mean"]
    2.0
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return {"count": 0.0, **dict.fromkeys(SUMMARY[1:], float("nan"))}
    numbers = [len(known), known.mean(), known.std(), *np.quantile(known, [0.0, 0.25, 0.5, 0.75, 1.0])]
    return dict(zip(SUMMARY, map(float, numbers), strict=True))


def as_batch(data: np.ndarray, condition: np.ndarray) -> Batch:
    """Arrays on the host as a batch."""
    return Batch(cast(Array, data), cast(Array, condition))


def split(
    batch: Batch,
    spec: Spec,
    *,
    test_fraction: float = 0.25,
    seed: int = 42,
    validation: float = 0.0,
    full: bool = False,
) -> Dataset:
    """Splits events at random, reproducibly for the same seed and number of events.

    The indices are those of scikit-learn's `train_test_split` with `random_state=seed`.

    Args:
      batch: events, N.
      spec: description of the arrays.
      test_fraction: fraction of events in the test split, rounded up to whole events.
      seed: seed of the permutation.
      validation: fraction of the training split that is reserved: its last events.
      full: whether to train on all events, including those of the test split.

    Returns:
      The data set.

    Raises:
      ValueError: if the training or test split would be empty, or a fraction is out of range.
    """
    number = len(batch.data)
    if not 0 <= validation < 1:
        raise ValueError(f"Expected a validation share within [0, 1); got {validation}.")
    number_test = int(np.ceil(number * test_fraction))
    if not 0 < number_test < number:
        raise ValueError(
            f"Expected events for both splits; got {number} events and a test share of {test_fraction}."
        )
    order = np.random.RandomState(seed).permutation(number)
    test = Batch(*(x[order[:number_test]] for x in batch))
    train = batch if full else Batch(*(x[order[number_test:]] for x in batch))
    kept = len(train.data) - int(len(train.data) * validation)
    if not kept:
        raise ValueError(f"Expected events to train on; got none of {number} beside validation and test.")
    return Dataset(train.first(kept), Batch(*(x[kept:] for x in train)), test, spec)
