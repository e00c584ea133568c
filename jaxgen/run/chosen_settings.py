"""Settings of a run as listed on its page: chosen, default, or without effect."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jaxgen import settings, systems
from jaxgen.learners import idle_settings
from jaxgen.metrics import format
from jaxgen.reports.data import Setting
from jaxgen.run.plan import Options
from jaxgen.settings import Described

ALWAYS = ("steps", "batch_size")
OPTIONS: Mapping[str, str] = {
    "seed": "seed of all random numbers of the training",
    "members": "members trained together, each with its own seed",
    "devices": "devices that share each batch",
    "log_every": "updates between two lines of the log",
    "save_every": "updates between two checkpoints",
    "evaluate_every": "updates between two quick evaluations; 0 for none",
    "keep_checkpoints": "latest checkpoints that are kept",
    "checkpoint": "checkpoint used for the generator",
    "samples_per_condition": "generated events for each test event in the evaluation",
}
"""Descriptions of the options of a run."""


def described(config: Mapping[str, Any]) -> dict[str, Described]:
    """The settings of the run's model by name; empty if this version does not have the model."""
    name, model = config["system"], config["model"]
    if name is None or not systems.known(name) or model not in systems.get(name).models:
        return {}
    return {one.name: one for one in settings.describe(systems.get(name).model(model).settings)}


def chosen(config: Mapping[str, Any]) -> list[Setting]:
    """All settings and options of a run, in the order of their definition.

    A user-defined object is listed under its role. The number of updates and the batch size always count
    as chosen.

    Args:
      config: configuration of the run, as in `config.json`.
    """
    known, values, parts = described(config), dict(config["settings"]), config["parts"]
    idle = idle_settings.idle({name: value for name, value in values.items() if name not in parts})
    found = [
        Setting("model", config["model"], None, "", _title(config), "chosen"),
        *(Setting(name, part, None, "", "own object", "chosen") for name, part in parts.items()),
    ]
    for name, value in values.items():
        if name in parts:
            continue
        one = known.get(name, Described(name, value, str))
        changed = name in ALWAYS or value != plain(one.default)
        kind = "idle" if name in idle else "chosen" if changed else "default"
        found.append(Setting(name, value, one.default, one.unit, one.words, kind))
    usual = asdict(Options())
    for name, value in config["options"].items():
        kind = "chosen" if name in ("seed", "members") or value != usual[name] else "default"
        found.append(Setting(name, value, usual[name], "", OPTIONS[name], kind))
    return found


def differing(configs: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a table of the settings in which runs differ, without those that have no effect.

    Args:
      configs: configuration of each run by its name.
    """
    runs = {
        name: {one.name: _cell(one) for one in chosen(config) if one.kind != "idle"}
        for name, config in configs.items()
    }
    names = dict.fromkeys(name for found in runs.values() for name in found)
    lines = [[name, *(found.get(name, "–") for found in runs.values())] for name in names]
    return ["setting", *runs], [line for line in lines if len(set(line[1:])) > 1]


def _cell(one: Setting) -> str:
    return f"{format.plain(one.value)} {one.unit}".rstrip()


def _title(config: Mapping[str, Any]) -> str:
    name, model = config["system"], config["model"]
    if name is None or not systems.known(name) or model not in systems.get(name).models:
        return "a learner of one's own" if name is None else ""
    return systems.get(name).model(model).title


def plain(value: Any) -> Any:
    """Value as in JSON."""
    return list(value) if isinstance(value, tuple) else value
