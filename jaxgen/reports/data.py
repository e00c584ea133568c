"""What a report page says, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jaxgen.metrics.scores import Score
from jaxgen.metrics.table import Label
from jaxgen.plots.illustration import Illustration


class Table(NamedTuple):
    """Cells of plain text under heads; the first column names the lines."""

    heads: Sequence[str]
    lines: Sequence[Sequence[str]]


class Section(NamedTuple):
    """Further text, shown after the verdict.

    Attributes:
      title: of the section.
      paragraphs: plain text.
      table: shown below them.
    """

    title: str
    paragraphs: Sequence[str]
    table: Table | None = None


class Setting(NamedTuple):
    """A setting of a run.

    Attributes:
      name: of the setting.
      value: that it has.
      default: of the model; None where there is none.
      unit: of the value; empty for none.
      words: what it is.
      kind: "chosen" for one that differs from its default, "default", or "idle" for one that plays no role
        because of others.
    """

    name: str
    value: Any
    default: Any = None
    unit: str = ""
    words: str = ""
    kind: str = "chosen"


@dataclass(frozen=True)
class Report:
    """All that the page says, in the order of the page; every string is plain text.

    Attributes:
      title: of the page.
      subtitle: what was trained, in one line.
      headline: name of the metric whose ratio to the floor is shown large; empty for none.
      verdict: what the metrics say, a sentence each.
      sections: anything else that is a result.
      scores: in the order of the table.
      symbols: quantities that metrics, sentences and figures name by a symbol.
      shortfalls: where the generated events are worst, a sentence each.
      certainty: what the errors and floors are made of; a general text where empty.
      figures: with their captions.
      trained: what was trained, sentences on data, seeds, device and time.
      findings: of the diagnostics, a sentence each; None where nothing was watched.
      curves: figures of the training.
      costs: names and values of speed and memory.
      settings: of the run.
      code: lines of Python that make the run again.
      command: that does the same from a terminal.
      versions: of software, by name.
    """

    title: str
    subtitle: str = ""
    headline: str = ""
    verdict: Sequence[str] = ()
    sections: Sequence[Section] = ()
    scores: Mapping[str, Score] = field(default_factory=dict)
    symbols: Sequence[Label] = ()
    shortfalls: Sequence[str] = ()
    certainty: Sequence[str] = ()
    figures: Sequence[Illustration] = ()
    trained: Sequence[str] = ()
    findings: Sequence[str] | None = None
    curves: Sequence[Illustration] = ()
    costs: Sequence[tuple[str, str]] = ()
    settings: Sequence[Setting] = ()
    code: str = ""
    command: str = ""
    versions: Mapping[str, Any] = field(default_factory=dict)
