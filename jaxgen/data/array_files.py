"""Arrays in NPY and NPZ files, read without executing code from the file."""

from collections.abc import Collection
from os import PathLike
from typing import Any

import numpy as np

from jaxgen.data import file_kinds

ALONE = ""
"""Name given to the array of an NPY file."""


def names(path: str | PathLike) -> list[str]:
    """Names of the arrays in a file; `ALONE` for an NPY file.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a file of another format or a damaged file.
    """
    return _use(path, lambda loaded: loaded.files if hasattr(loaded, "files") else [ALONE])


def read(path: str | PathLike, wanted: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Arrays of a file by name.

    Args:
      path: path of the file.
      wanted: names of the arrays to read if present; None for all.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: for a file of another format, a damaged file, or arrays of Python objects, which need
        pickle.
    """
    found = _use(path, lambda loaded: _arrays(loaded, wanted))
    for name, array in found.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"Expected arrays in a .npz file; got {name!r} of another kind in {path}.")
    return found


def _arrays(loaded: Any, wanted: Collection[str] | None) -> dict[str, Any]:
    if isinstance(loaded, np.ndarray):
        return {ALONE: loaded}
    return {name: loaded[name] for name in loaded.files if wanted is None or name in wanted}


def _use(path: str | PathLike, use: Any) -> Any:
    begin = file_kinds.beginning(path, "a .npy or .npz file")
    if not begin.startswith((file_kinds.NPY, file_kinds.NPZ)):
        raise ValueError(f"Expected a complete .npy or .npz file; got {file_kinds.words(begin)}, {path}.")
    with open(path, "rb") as file:
        try:
            loaded = np.load(file, allow_pickle=False)
            return use(loaded)
        except Exception as error:  # NumPy raises errors of any type for damaged files
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            if "Object arrays" in reason:
                raise ValueError(
                    f"Expected arrays of numbers; got Python objects in {path}, which are not read as they "
                    "could run code: save each column with numpy.savez(PATH, NAME=NUMBERS)."
                ) from None
            raise ValueError(f"Expected a complete .npy or .npz file; got {path}: {reason}.") from error
