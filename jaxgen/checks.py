"""Checks that raise one sentence: what was expected, what came, where."""

from collections.abc import Collection
from typing import Any


def same_shape(**arrays: Any) -> None:
    """Raises unless all arrays have one shape.

    Args:
      **arrays: named arrays of any rank.

    Raises:
      ValueError: naming the first two that differ.
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
      name: what to call the array.
      array: of any rank.
      expected: one entry an axis; None matches any length.

    Raises:
      ValueError: naming both shapes.
    """
    matches = len(array.shape) == len(expected) and all(
        want is None or got == want for got, want in zip(array.shape, expected, strict=True)
    )
    if not matches:
        want = "(" + ", ".join("any" if n is None else str(n) for n in expected) + ")"
        raise ValueError(f"Expected {name} of shape {want}; got {tuple(array.shape)}.")


def one_of(name: str, value: Any, known: Collection[Any]) -> None:
    """Raises unless `value` is among the known ones.

    Raises:
      ValueError: listing the known ones.
    """
    if value not in known:
        raise ValueError(f"Expected {name} to be one of {', '.join(map(str, known))}; got {value!r}.")


def positive(**values: float) -> None:
    """Raises unless all values are above zero.

    Raises:
      ValueError: naming the first that is not.
    """
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"Expected {name} above zero; got {value}.")
