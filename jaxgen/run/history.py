"""Log of a run: its lines, its curves, and findings of the diagnostics."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxgen import checks, display

if TYPE_CHECKING:
    from jaxgen.plots.illustration import Illustration

SHOWN = 8  # number of table rows shown from both ends of the log


class History(Sequence[dict[str, Any]]):
    """The lines of a log, in order.

    Args:
      entries: entries with a step, times and metrics; a list has one value per member.
      members: number of members of the run.

    >>> history = History([{"step": 100, "loss": 2.0}, {"step": 200, "loss": 1.0}])
    >>> len(history), history[-1]["loss"], history.values("loss").tolist()
    (2, 1.0, [2.0, 1.0])
    """

    def __init__(self, entries: Sequence[Mapping[str, Any]], *, members: int = 1) -> None:
        self.entries = [dict(entry) for entry in entries]
        self.members = members

    def __getitem__(self, place: Any) -> Any:
        return self.entries[place]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.entries)

    def values(self, name: str) -> np.ndarray:
        """A logged quantity, [S], or [S, K] for K members; lines without it are omitted.

        Raises:
          KeyError: for a quantity that was never logged.
        """
        if not any(name in entry for entry in self.entries):
            logged = list(dict.fromkeys(name for entry in self.entries for name in entry))
            raise KeyError(checks.unknown("logged quantity", name, logged))
        return np.array([entry[name] for entry in self.entries if name in entry])

    def steps(self, name: str) -> np.ndarray:
        """The updates at which a quantity was logged, [S]."""
        return np.array([entry["step"] for entry in self.entries if name in entry])

    def findings(self) -> list[str]:
        """One sentence per problem, dead members first."""
        from jaxgen.training.diagnostics import Watchers

        watchers = Watchers(self.members)
        found = [sentence for entry in self.entries for sentence in watchers.observe(entry)]
        died = self.entries[-1].get("died", []) if self.entries else []
        dead = [
            f"Member {m} died at update {step}: a value was not finite."
            for m, step in enumerate(died)
            if step
        ]
        return [*dead, *found]

    def plot(self, *, titles: Mapping[str, str] | None = None) -> "Illustration":
        """All curves, in panels.

        Args:
          titles: titles of metrics evaluated during training, by name.
        """
        from jaxgen.plots.training import training_illustration

        return training_illustration(self.entries, titles=titles)

    def table(self) -> tuple[tuple[str, ...], list[list[str]]]:
        """Header and rows of the first and last lines, with means over surviving members."""
        names = tuple(dict.fromkeys(name for entry in self.entries for name in entry if name != "died"))
        shown = self.entries
        if len(shown) > 2 * SHOWN:
            shown = [*shown[:SHOWN], *shown[-SHOWN:]]
        return names, [[_cell(entry.get(name)) for name in names] for entry in shown]

    def __repr__(self) -> str:
        if not self.entries:
            return "History of no lines"
        return f"History of {len(self)} lines up to step {self.entries[-1]['step']}"

    def _repr_html_(self) -> str:
        return display.paragraph(repr(self)) + display.table(*self.table())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    numbers = np.asarray(value, np.float64)
    known = numbers[~np.isnan(numbers)]
    return f"{known.mean():.5g}" if known.size else "nan"
