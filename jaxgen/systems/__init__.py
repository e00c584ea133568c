"""The registry of detectors: names and their packages, which are imported on first use."""

from importlib import import_module
from types import ModuleType

from jaxgen import checks
from jaxgen.system import System

PACKAGES: dict[str, str | System] = {
    "tpc_pads": "jaxgen.systems.tpc_pads",
    "calorimeter": "jaxgen.systems.calorimeter",
    "four_leptons": "jaxgen.systems.four_leptons",
}
"""Packages with a SYSTEM, or systems, by name."""


def get(system: str | ModuleType | System) -> System:
    """The detector for a name, a package or a system.

    Raises:
      ValueError: for an unknown name, or a package without a SYSTEM.

    >>> get("tpc_pads").title
    'Pad responses of the MPD time projection chamber'
    """
    if isinstance(system, System):
        return system
    if isinstance(system, ModuleType):
        found = getattr(system, "SYSTEM", None)
        if not isinstance(found, System):
            raise ValueError(f"Expected a package with a SYSTEM; got {system.__name__}, which has none.")
        return found
    checks.one_of("the system", system, PACKAGES)
    package = PACKAGES[system]
    return import_module(package).SYSTEM if isinstance(package, str) else package


def known(name: str) -> bool:
    """Whether a detector of this name is registered."""
    return name in PACKAGES


def register(name: str, system: str | System) -> None:
    """Adds a detector: a `System`, or the name of a package with an attribute SYSTEM.

    >>> register("pads_again", get("tpc_pads"))
    >>> PACKAGES.pop("pads_again").name
    'tpc_pads'
    """
    PACKAGES[name] = system
