"""Tables that pages ask for by a comment, made of what the code holds, so that nothing is written twice.

<!-- table: settings SYSTEM MODEL -->    settings of a model with defaults, units and bounds
<!-- table: models SYSTEM -->            models of a detector
<!-- table: format SYSTEM -->            numbers of an event and its conditions, with units and ranges
<!-- table: metrics SYSTEM -->           metrics in plain words; `general` in place of a name for those of all
<!-- table: presets -->                  presets of all detectors
<!-- table: options -->                  options of a run
"""

import math
import re

from jaxgen import systems
from jaxgen.cli import presets
from jaxgen.metrics import glossary
from jaxgen.run.options import Options
from jaxgen.settings import describe

MARK = re.compile(r"<!-- table: ([^>]+?) -->")
WIDEST = {"four_leptons": "channel_mass", "calorimeter": "full"}
"""The condition with most columns, by detector, where `simulate` offers a choice."""


def on_page_markdown(markdown, **_):
    """Puts the tables in the place of their marks."""
    return MARK.sub(lambda found: table(*found[1].split()), markdown)


def table(kind, *names):
    """The table of a mark as Markdown, without columns that are empty.

    Raises:
      KeyError: for an unknown kind of table.
    """
    heads, rows = TABLES[kind](*names)
    columns = [column for column in zip(heads, *rows, strict=True) if any(column[1:])]
    heads, *rows = zip(*columns, strict=True)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def settings(system, model):
    """Of a model, one a line."""
    rows = []
    for one in describe(systems.get(system).model(model).settings):
        rows.append([f"`{one.name}`", one.words, f"`{_plain(one.default)}`", one.unit, _bounds(one)])
    return ["setting", "what it is", "default", "unit", "allowed"], rows


def _plain(value):
    return ",".join(value) if isinstance(value, tuple) else value


def _bounds(one):
    if one.choices:
        return ", ".join(f"`{name}`" for name in one.choices)
    if one.kind is bool:
        return "`True`, `False`"
    parts = [("at least", one.low), ("above", one.above), ("at most", one.high)]
    return ", ".join(f"{word} {value:g}" for word, value in parts if value is not None)


def models(system):
    """Of a detector, with their titles."""
    found = systems.get(system)
    return ["model", "what it is"], [[f"`{name}`", found.model(name).title] for name in found.models]


def format_(system):
    """Columns of events and conditions."""
    options = {"condition": WIDEST[system]} if system in WIDEST else {}
    spec = systems.get(system).simulate(0, 8, **options).spec
    parts = [("event", spec.columns), ("condition", spec.condition)]
    rows = [
        [part, f"`{one.name}`", one.unit, _range(one), ", ".join(one.labels), _default(one)]
        for part, columns in parts
        for one in columns
    ]
    return ["part", "name", "unit", "nominal range", "labels", "if left out"], rows


def _range(column):
    ends = [f"{end:.4g}" if math.isfinite(end) else "" for end in (column.low, column.high)]
    if not any(ends):
        return "any"
    return f"{ends[0]} to {ends[1]}" if ends[1] else f"from {ends[0]}"


def _default(column):
    return "" if column.default is None else f"{column.default:g}"


def metrics(system):
    """Titles, meanings, and when to worry."""
    known = glossary.GENERAL if system == "general" else systems.get(system).judging().meanings
    rows = [[f"`{name}`", one.title, one.says, one.bad] for name, one in known.items()]
    return ["name", "title", "what it measures", "when to worry"], rows


def preset_titles():
    """Of all detectors, a preset a line."""
    found = [(name, systems.get(name)) for name in systems.PACKAGES]
    rows = [
        [f"`{name}`", f"`{preset}`", presets.title(system, preset)]
        for name, system in found
        for preset in presets.names(system)
    ]
    return ["detector", "preset", "what it trains"], rows


def options():
    """Of a run, one a line."""
    rows = [[f"`--{one.name}`", one.sentence(), f"`{one.default}`"] for one in describe(Options)]
    return ["option", "what it is", "default"], rows


TABLES = {
    "settings": settings,
    "models": models,
    "format": format_,
    "metrics": metrics,
    "presets": preset_titles,
    "options": options,
}
