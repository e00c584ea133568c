"""What --help and --helpshort print."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from jaxgen.cli import options, presets
from jaxgen.settings import Described
from jaxgen.system import System

GROUPS = (
    "run",
    "evaluation",
    "samples",
    "report",
    "comparison",
    "data",
    "model",
    "mixture",
    "training",
    "adversarial training",
    "regularizer",
    "general",
)
INDENT = 28
WIDEST = 110


def width() -> int:
    """Columns of the screen."""
    return min(shutil.get_terminal_size((100, 24)).columns, WIDEST)


def of_training(system: System, program: str, *, short: bool) -> str:
    """The help on training a detector's models: presets, and all flags by groups, or the short form."""
    lines = [
        f"Trains a model of {system.name}, judges it and writes a report.",
        "",
        f"    {program} --preset=quick --workdir=runs/quick",
        "",
        "Presets (--preset=NAME). Flags on the command line win over those of a preset or a --flagfile.",
        *_items({name: presets.title(system, name) for name in presets.names(system)}),
        "",
        "Models (--model=NAME)",
        *_items({name: system.model(name).title for name in system.models}),
    ]
    described = options.of_training(system)
    if short:
        shown = [one for one in described if one.group in ("run", "data")]
        names = ", ".join(f"--{one.name}" for one in shown)
        rest = f"--help explains all {len(described)} flags."
        return "\n".join([*lines, "", *textwrap.wrap(f"Often used: {names}. {rest}", width())])
    defaults = {name: defaults for name, (_, defaults) in options.of_models(system).items()}
    return "\n".join([*lines, *of_flags(described, defaults, models=list(system.models))])


def of_flags(
    described: Sequence[Described],
    defaults: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    models: Sequence[str] = (),
) -> list[str]:
    """Lines on flags, under headings of their groups.

    Args:
      described: of all flags.
      defaults: of those flags that are settings of models, by model.
      models: names of all models.
    """
    lines: list[str] = []
    for group in GROUPS:
        found = [one for one in described if one.group == group]
        if found:
            lines += ["", f"{group.capitalize()}"]
        for one in found:
            own = (defaults or {}).get(one.name, {})
            lines += _item(_name(one), f"{one.sentence()} {_usual(one, own, models)}".strip())
    return lines


def _name(one: Described) -> str:
    kinds = {int: "N", float: "NUMBER", str: "TEXT", tuple: "NAMES"}
    if one.kind is bool:
        return f"--[no]{one.name}"
    return f"--{one.name}={'NAME' if one.choices and one.kind is str else kinds[one.kind]}"


def _usual(one: Described, own: Mapping[str, Any], models: Sequence[str]) -> str:
    """The default, and which models have the setting where not all do."""
    known = [text_of(value) for value in own.values()] or [text_of(one.default)]
    whose = f"Of {', '.join(own)}. " if own and len(own) < len(models) else ""
    usual = max(known, key=known.count)
    others = [
        f"; {value or 'none'} for {name}" for name, value in zip(own, known, strict=False) if value != usual
    ]
    return f"{whose}Default: {usual}{''.join(others)}." if usual or others else whose


def text_of(value: Any) -> str:
    """A default as one would write it; nothing for None.

    >>> text_of(True), text_of(("a", "b")), text_of(0.0005)
    ('yes', 'a,b', '0.0005')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _items(rows: Mapping[str, str]) -> list[str]:
    return [line for name, words in rows.items() for line in _item(name, f"{words[:1].upper()}{words[1:]}")]


def _item(name: str, words: str) -> list[str]:
    wrapped = textwrap.wrap(words, width() - INDENT) or [""]
    head = f"  {name}"
    if len(head) > INDENT - 2:
        return [head, *(" " * INDENT + line for line in wrapped)]
    return [f"{head:<{INDENT}}{wrapped[0]}".rstrip(), *(" " * INDENT + line for line in wrapped[1:])]
