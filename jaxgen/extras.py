"""Packages that only some need: where one is missing, one sentence says how to install it."""

import importlib.util
from importlib import import_module
from typing import Any


def load(package: str, extra: str, purpose: str) -> Any:
    """A package that comes with an extra of jaxgen.

    Args:
      package: the module.
      extra: that brings it.
      purpose: what it is needed for.

    Raises:
      ValueError: where it is not installed, with the command that installs it.

    >>> load("math", "hdf5", "for square roots").sqrt(4.0)
    2.0
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ValueError(missing(package, extra, purpose)) from error


def installed(package: str) -> bool:
    """Whether a module can be imported; it is not imported."""
    return importlib.util.find_spec(package) is not None


def missing(package: str, extra: str, purpose: str) -> str:
    """The sentence on a package that is missing.

    >>> missing("h5py", "hdf5", "for HDF5 files")
    'Expected the package h5py for HDF5 files; got none: pip install "jaxgen[hdf5]".'
    """
    return f'Expected the package {package} {purpose}; got none: pip install "jaxgen[{extra}]".'
