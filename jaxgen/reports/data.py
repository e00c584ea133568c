"""Content of a report page as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jaxgen.metrics.scores import Score
from jaxgen.metrics.table import Label
from jaxgen.plots.illustration import Illustration


class Table(NamedTuple):
    """A table of plain text with a header; the first column contains the names of the rows."""

    heads: Sequence[str]
    lines: Sequence[Sequence[str]]


class Section(NamedTuple):
    """A further section, shown after the verdict.

    Attributes:
      title: title of the section.
      paragraphs: plain text.
      table: table below the paragraphs.
    """

    title: str
    paragraphs: Sequence[str]
    table: Table | None = None


class Setting(NamedTuple):
    """A setting of a run.

    Attributes:
      name: name of the setting.
      value: its value.
      default: default of the model; None if there is none.
      unit: unit of the value; empty if it has none.
      words: description.
      kind: "chosen" if it differs from its default, "default", or "idle" if it has no effect because of other
        settings.
    """

    name: str
    value: Any
    default: Any = None
    unit: str = ""
    words: str = ""
    kind: str = "chosen"


@dataclass(frozen=True)
class Report:
    """Content of the page, in its order; every string is plain text.

    Attributes:
      title: title of the page.
      subtitle: what was trained, in one line.
      headline: name of the metric whose ratio to the floor is emphasized; empty for none.
      verdict: sentences on the metrics.
      sections: further results.
      scores: scores in the order of the table.
      symbols: quantities that are denoted by a symbol in metrics, sentences and figures.
      shortfalls: sentences on the largest deviations of generated events.
      certainty: explanation of errors and floors; a general text if empty.
      figures: with their captions.
      trained: sentences on model, data, seeds, device and time.
      findings: sentences from the diagnostics; None if diagnostics were off.
      curves: figures of the training.
      costs: names and values of speed and memory.
      settings: settings of the run.
      code: lines of Python that repeat the run.
      command: command that repeats the run.
      versions: versions of software, by name.
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
