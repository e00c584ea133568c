"""What a report page says, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jaxgen.metrics.scores import Score
from jaxgen.plots.illustration import Illustration


class Table(NamedTuple):
    """Cells of plain text under heads; the first column names the lines."""

    heads: Sequence[str]
    lines: Sequence[Sequence[str]]


class Section(NamedTuple):
    """Further text, shown before the figures.

    Attributes:
      title: of the section.
      paragraphs: plain text.
      table: shown below them.
    """

    title: str
    paragraphs: Sequence[str]
    table: Table | None = None


@dataclass(frozen=True)
class Report:
    """All that the page says; every string is plain text.

    Attributes:
      title: of the page.
      summary: the verdict in a few sentences.
      headline: name of the metric whose ratio to the floor is shown large; empty for none.
      trained: what was trained, sentences on data, seeds, device and time.
      configuration: settings by name.
      scores: in the order of the table.
      certainty: what the errors and floors are made of; a general text where empty.
      shortfalls: where the generated events are worst, a sentence each.
      findings: of the diagnostics, a sentence each.
      figures: with their captions.
      sections: anything else.
      code: lines of Python that make the run again.
      command: that does the same from a terminal.
      versions: of software, by name.
    """

    title: str
    summary: str = ""
    headline: str = ""
    trained: Sequence[str] = ()
    configuration: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    certainty: Sequence[str] = ()
    shortfalls: Sequence[str] = ()
    findings: Sequence[str] = ()
    figures: Sequence[Illustration] = ()
    sections: Sequence[Section] = ()
    code: str = ""
    command: str = ""
    versions: Mapping[str, Any] = field(default_factory=dict)
