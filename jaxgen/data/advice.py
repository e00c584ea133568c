"""Errors that another setting would avoid, for front ends that write settings in their own way."""

from collections.abc import Callable
from typing import Any


def keyword(name: str, value: Any) -> str:
    """A setting as Python writes it.

    >>> keyword("outside", "mark")
    "outside='mark'"
    """
    return f"{name}={value!r}"


class AdvisedError(ValueError):
    """What is wrong in one sentence, and the setting that avoids it in another.

    Attributes:
      sentence: what was expected, and what came.
      setting: the name and the value that help, such as ("outside", "mark").
      effect: what that does.

    >>> error = AdvisedError("Expected 1 to 9; got 12.", ("outside", "mark"), "lets it pass, marked")
    >>> str(error)
    "Expected 1 to 9; got 12. outside='mark' lets it pass, marked."
    >>> error.worded(lambda name, value: f"--{name}={value}")
    'Expected 1 to 9; got 12. --outside=mark lets it pass, marked.'
    """

    def __init__(self, sentence: str, setting: tuple[str, Any], effect: str) -> None:
        self.sentence, self.setting, self.effect = sentence, setting, effect
        super().__init__(self.worded(keyword))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.sentence, self.setting, self.effect)

    def worded(self, write: Callable[[str, Any], str]) -> str:
        """The whole text, the setting written by `write(name, value)`."""
        return f"{self.sentence} {write(*self.setting)} {self.effect}."
