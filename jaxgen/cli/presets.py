"""Presets: known settings of the command line, one flagfile each, beside a detector's code."""

from pathlib import Path

from jaxgen import checks
from jaxgen.system import System


def names(system: System) -> list[str]:
    """Names of all presets of a detector, the short and the best one first.

    >>> from jaxgen.systems import tpc_pads
    >>> names(tpc_pads.SYSTEM)[:2]
    ['quick', 'best']
    """
    if system.presets is None or not system.presets.is_dir():
        return []
    found = sorted(path.stem for path in system.presets.glob("*.flags"))
    first = [name for name in ("quick", "best") if name in found]
    return first + [name for name in found if name not in first]


def path(system: System, name: str) -> Path:
    """The file of a preset.

    Raises:
      ValueError: where there is none of this name, with the nearest that there is.
    """
    known = names(system)
    if name not in known or system.presets is None:
        raise ValueError(checks.unknown(f"preset of {system.name}", name, known))
    return system.presets / f"{name}.flags"


def title(system: System, name: str) -> str:
    """What a preset is, the first line of its file."""
    first = path(system, name).read_text(encoding="utf-8").splitlines()[0]
    return first.lstrip("# ").strip() if first.startswith("#") else ""


def model_of(system: System, name: str) -> str:
    """The model that a preset trains."""
    for line in path(system, name).read_text(encoding="utf-8").splitlines():
        flag, _, value = line.strip().partition("=")
        if flag == "--model":
            return value
    return next(iter(system.models))


def of_model(system: System, model: str) -> str | None:
    """The preset to train a model by: that of its name, the best one, or another of this model but quick."""
    known = names(system)
    for name in (model, "best", *(name for name in known if name != "quick")):
        if name in known and model_of(system, name) == model:
            return name
    return None
