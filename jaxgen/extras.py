"""Optional packages: if one is missing, the error states how to install it."""

import importlib.util
from importlib import import_module
from typing import Any


def load(package: str, extra: str, purpose: str) -> Any:
    """Imports a package that belongs to an optional extra of jaxgen.

    Args:
      package: name of the module.
      extra: name of the extra that installs it.
      purpose: what the package is needed for.

    Raises:
      ValueError: if it is not installed, with the command that installs it.

    >>> load("math", "hdf5", "for square roots").sqrt(4.0)
    2.0
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ValueError(missing(package, extra, purpose)) from error


def installed(package: str) -> bool:
    """Whether a module is installed; it is not imported."""
    return importlib.util.find_spec(package) is not None


def missing(package: str, extra: str, purpose: str) -> str:
    """Error message for a missing package.

    >>> missing("h5py", "hdf5", "for HDF5 files")
    'Expected the package h5py for HDF5 files; got none: pip install "jaxgen[hdf5]".'
    """
    return f'Expected the package {package} {purpose}; got none: pip install "jaxgen[{extra}]".'
