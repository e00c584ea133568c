"""Checks of arguments; an error states in one sentence what was expected, what was given and where."""

import difflib
from collections.abc import Collection
from numbers import Integral
from typing import Any


def same_shape(**arrays: Any) -> None:
    """Raises unless all arrays have the same shape.

    Args:
      **arrays: named arrays of any rank.

    Raises:
      ValueError: with the names of the first two arrays that differ.
    """
    (first, reference), *others = arrays.items()
    for name, array in others:
        if array.shape != reference.shape:
            raise ValueError(
                f"Expected {name} to have the shape of {first}, {reference.shape}; got {array.shape}."
            )


def shape(name: str, array: Any, expected: tuple[int | None, ...]) -> None:
    """Raises unless `array` has the expected shape.

    Args:
      name: name of the array in the message.
      array: an array of any rank.
      expected: one length per axis; None matches any length.

    Raises:
      ValueError: with both shapes.
    """
    matches = len(array.shape) == len(expected) and all(
        want is None or got == want for got, want in zip(array.shape, expected, strict=True)
    )
    if not matches:
        want = "(" + ", ".join("any" if n is None else str(n) for n in expected) + ")"
        raise ValueError(f"Expected {name} of shape {want}; got {tuple(array.shape)}.")


def one_of(name: str, value: Any, known: Collection[Any]) -> None:
    """Raises unless `value` is one of the known values.

    Raises:
      ValueError: with the list of known values.
    """
    if value not in known:
        raise ValueError(f"Expected {name} to be one of {', '.join(map(str, known))}; got {value!r}.")


def count(**values: Any) -> None:
    """Raises unless all values are integers of at least 1.

    Raises:
      ValueError: with the name of the first value that is not.

    >>> count(num=3.5)
    Traceback (most recent call last):
    ValueError: Expected a whole number from 1 on as num; got 3.5.
    """
    for name, value in values.items():
        _whole(name, value, 1)


def whole(**values: Any) -> None:
    """Raises unless all values are integers of at least 0.

    Raises:
      ValueError: with the name of the first value that is not.
    """
    for name, value in values.items():
        _whole(name, value, 0)


def _whole(name: str, value: Any, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < low:
        raise ValueError(f"Expected a whole number from {low} on as {name}; got {value!r}.")


def unknown(what: str, name: Any, known: Collection[str]) -> str:
    """Error message for an unknown name, with the closest known name.

    >>> unknown("figure", "trend", ["trends", "training"])
    "Expected a figure among trends, training; got 'trend', did you mean trends?"
    """
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f", did you mean {near[0]}?" if near else "."
    return f"Expected a {what} among {', '.join(known) or 'none'}; got {name!r}{hint}"


def positive(**values: float) -> None:
    """Raises unless all values are above zero.

    Raises:
      ValueError: with the name of the first value that is not.
    """
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"Expected {name} above zero; got {value}.")
