"""Detectors by the names that a command line gives them: registered ones, or Python packages of a user."""

import os
import sys
from importlib import import_module
from pathlib import Path

from jaxgen import checks, systems
from jaxgen.system import System


def find(name: str) -> System:
    """The detector of a registered name, or of a Python package with a SYSTEM, which is registered then.

    Packages are looked for in the working folder too.

    Raises:
      ValueError: where there is none, with the nearest name that there is.

    >>> find("tpc_pads").name
    'tpc_pads'
    """
    if systems.known(name):
        return systems.get(name)
    if not ("." in name or Path(name, "__init__.py").is_file() or Path(f"{name}.py").is_file()):
        raise ValueError(checks.unknown("detector", name, systems.PACKAGES))
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise ValueError(
            f"Expected a detector or the Python package of one; found none named {name}."
        ) from None
    system = systems.get(module)
    systems.register(system.name, name)
    return system


def known(name: str | None) -> System | None:
    """The detector of --system; None where it was not given."""
    return None if name is None else find(name)
