"""Errors that a change of one setting avoids; each front end writes the setting in its own syntax."""

from collections.abc import Callable
from typing import Any


def keyword(name: str, value: Any) -> str:
    """A setting in Python syntax.

    >>> keyword("outside", "mark")
    "outside='mark'"
    """
    return f"{name}={value!r}"


class AdvisedError(ValueError):
    """An error in one sentence, and the setting that avoids it in another.

    Attributes:
      sentence: what was expected and what was given.
      setting: name and value of the setting, such as ("outside", "mark").
      effect: effect of the setting.

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
        """The full message, with the setting formatted by `write(name, value)`."""
        return f"{self.sentence} {write(*self.setting)} {self.effect}."
