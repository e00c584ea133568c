"""Conversion and checks of the values of a column: numbers, names of labels, text."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jaxgen.data.dataset import Column
from jaxgen.data.text_tables import decimal

Where = Callable[[int], str]
"""Beginning of an error message about the value in a row, such as "tracks.csv, line 3: "."""

FLAG_WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}


def nowhere(row: int) -> str:
    """Empty location, for values that do not come from a file."""
    del row
    return ""


def numbers(column: Column, given: Any, where: Where = nowhere) -> np.ndarray:
    """Converts the values of a column to numbers.

    Args:
      column: column of the spec.
      given: numbers, names of labels in any case, or numbers as text; [] or [N].
      where: location of the values in error messages.

    Returns:
      [] or [N]; float32 input stays float32, all else is float64.

    Raises:
      ValueError: for other shapes and types, or an unknown label.

    >>> numbers(Column("flavour", labels=("e", "mu"), kind="label"), ["MU", "e"])
    array([1., 0.])
    """
    try:
        array = np.asanyarray(given)
    except ValueError:
        raise ValueError(f"Expected one number or a row of them as {column.name}; got ragged rows.") from None
    if array.ndim > 1:
        raise ValueError(
            f"Expected one number or a row of them as {column.name}; got the shape {array.shape}."
        )
    if array.dtype.kind in "US" or (
        array.dtype.kind == "O" and any(isinstance(x, str | bytes) for x in array.flat)
    ):
        return _from_text(column, array, where)
    return as_numbers(column.name, array)


def as_numbers(name: str, given: Any) -> np.ndarray:
    """Real numbers that float32 can represent; float32 input stays float32, all else becomes float64.

    Raises:
      ValueError: for anything else.
    """
    try:
        array = np.asanyarray(given)
    except ValueError:
        raise ValueError(f"Expected a table of numbers as {name}; got ragged rows.") from None
    if np.ma.is_masked(array):
        raise ValueError(f"Expected {name} without masked values; got {np.ma.count_masked(array)} of them.")
    array = np.asarray(array)
    if array.dtype == np.float32:
        return array
    try:
        if array.dtype.kind not in "biufO":
            raise TypeError
        values = array.astype(np.float64)
    except (TypeError, ValueError):
        what = type(given).__name__ if array.dtype.kind == "O" else str(array.dtype)
        raise ValueError(f"Expected real numbers as {name}; got {what}.") from None
    large = np.isfinite(values) & (np.abs(values) > np.finfo(np.float32).max)
    if large.any():
        raise ValueError(f"Expected {name} that float32 can hold; got {values[large].flat[0]:g}.")
    return values


def check(column: Column, values: np.ndarray, where: Where = nowhere) -> None:
    """Raises if one of the values, [] or [N], is not valid for the column.

    Raises:
      ValueError: with the first value that is not finite, not a label, not 0 or 1 for a flag, or not an
        integer for a count.
    """
    values = np.atleast_1d(values)
    if column.labels:
        wrong = ~np.isin(values, np.arange(len(column.labels)))
    elif column.kind == "flag":
        wrong = ~np.isin(values, (0, 1))
    else:
        wrong = ~np.isfinite(values)
        if column.kind == "count":
            wrong = wrong | (values < 0) | (values % 1 != 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{where(row)}Expected {column.name} to be {_wanted(column)}; got {values[row]:g}.")


def _from_text(column: Column, array: np.ndarray, where: Where) -> np.ndarray:
    texts = [x.decode(errors="replace") if isinstance(x, bytes) else str(x) for x in array.ravel()]
    known = _words(column)
    found: list[Any] = [known.get(text.strip(), known.get(text.strip().lower())) for text in texts]
    left = [place for place, value in enumerate(found) if value is None]
    values, wrong = decimal([texts[place] for place in left])
    if wrong is not None:
        row = left[wrong]
        got = repr(texts[row].strip()[:40]) if texts[row].strip() else "nothing"
        raise ValueError(f"{where(row)}Expected {column.name} to be {_wanted(column)}; got {got}.")
    for place, value in zip(left, values, strict=True):
        found[place] = value
    return as_numbers(column.name, np.array(found, np.float64).reshape(array.shape))


def _words(column: Column) -> dict[str, float]:
    """Accepted words for numbers; labels that differ only in case must be given exactly."""
    if not column.labels:
        return FLAG_WORDS if column.kind == "flag" else {}
    lower = [label.lower() for label in column.labels]
    alike = {
        label.lower(): float(i) for i, label in enumerate(column.labels) if lower.count(label.lower()) == 1
    }
    return {**alike, **{label: float(i) for i, label in enumerate(column.labels)}}


def _wanted(column: Column) -> str:
    if column.labels:
        return ", ".join(f"{label} ({i})" for i, label in enumerate(column.labels))
    return {"flag": "0 or 1", "count": "a whole number from 0 on"}.get(column.kind, "a finite number")
