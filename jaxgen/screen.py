"""Progress of long computations: a line renewed in place, or occasional lines in a file."""

import shutil
import sys
import time
from types import TracebackType
from typing import IO

EVERY = 10.0  # seconds between lines in a file
PATIENCE = 3.0  # seconds before progress is shown where most work is done at once


def in_notebook() -> bool:
    """Whether the output goes to a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ in ("ZMQInteractiveShell", "Shell")


def interactive() -> bool:
    """Whether Python runs interactively: in a notebook, or at the prompt of Python or IPython."""
    return hasattr(sys, "ps1") or in_notebook()


def duration(seconds: float) -> str:
    """A time as text.

    >>> duration(0.31), duration(59.4), duration(120.0), duration(130.0), duration(3723.4)
    ('0.3 s', '59 s', '2 min', '2 min 10 s', '1 h 2 min')
    """
    if seconds < 9.95:
        return f"{max(round(seconds, 1), 0.0):g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    number, large, small = (whole, "min", "s") if whole < 3600 else (whole // 60, "h", "min")
    rest = f" {number % 60} {small}" if number % 60 else ""
    return f"{number // 60} {large}{rest}"


def silent(text: str) -> None:
    """Shows nothing."""
    del text


class Line:
    """A line that is renewed in place on a terminal and in a notebook.

    In a file, where that is impossible, a new line is written at most every ten seconds.

    Args:
      file: output stream; standard output by default.
      renewed: whether the line can be renewed in place; detected by default.
      quiet: whether to show nothing.
    """

    def __init__(
        self, file: IO[str] | None = None, *, renewed: bool | None = None, quiet: bool = False
    ) -> None:
        self._file = sys.stdout if file is None else file
        self._terminal = self._file.isatty()
        self._renewed = (self._terminal or in_notebook()) if renewed is None else renewed
        self._quiet = quiet
        self._width = 0
        self._last: float | None = None

    def show(self, text: str) -> None:
        """Replaces the text shown."""
        if self._quiet:
            return
        if self._renewed:
            self._write(text, "")
        elif self._last is None or time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._write(text, "\n")

    def end(self, text: str = "") -> None:
        """Shows the last text, or keeps the current one, and ends the line."""
        if self._quiet:
            return
        if text:
            self._write(text, "\n")
        elif self._width:
            self._write(None, "\n")
        self._width = 0

    def _write(self, text: str | None, end: str) -> None:
        if text is not None and self._renewed:
            if self._terminal:  # a line longer than the terminal cannot be overwritten
                text = text[: shutil.get_terminal_size().columns - 1]
            written = text.ljust(self._width)
            self._width = len(text)
            text = "\r" + written
        self._file.write((text or "") + end)
        self._file.flush()


class Count:
    """Shows the progress and remaining time of a computation once it has taken three seconds.

    Args:
      doing: activity, such as "Generating".
      total: total number of units.
      unit: name of the unit, such as "events".
      file: as for `Line`.
      renewed: as for `Line`.
      quiet: as for `Line`.
    """

    def __init__(
        self,
        doing: str,
        total: int,
        unit: str,
        *,
        file: IO[str] | None = None,
        renewed: bool | None = None,
        quiet: bool = False,
    ) -> None:
        self._doing, self._total, self._unit = doing, total, unit
        self._line = Line(file, renewed=renewed, quiet=quiet)
        self._began = time.monotonic()

    def __call__(self, done: int) -> None:
        """Shows that `done` units are done."""
        took = time.monotonic() - self._began
        if took >= PATIENCE:
            left = duration(round(took * (self._total - done) / max(done, 1)))
            self._line.show(f"{self._doing}: {done:,} of {self._total:,} {self._unit}, left {left}")

    def __enter__(self) -> "Count":
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.end()


class Stages:
    """Shows the current stage of a long computation, and at the end the total time.

    Args:
      doing: activity in the present tense, such as "Judging".
      done: activity in the past tense, such as "Judged".
      file: as for `Line`.
      renewed: as for `Line`.
      quiet: as for `Line`.

    >>> with Stages("Judging", "Judged") as stages:
    ...     stages("1 of 2, correlations")
    Judging: 1 of 2, correlations
    Judged in 0 s.
    """

    def __init__(
        self,
        doing: str,
        done: str,
        *,
        file: IO[str] | None = None,
        renewed: bool | None = None,
        quiet: bool = False,
    ) -> None:
        self._doing, self._done = doing, done
        self._line = Line(file, renewed=renewed, quiet=quiet)
        self._began = time.monotonic()

    def __call__(self, stage: str) -> None:
        """Shows the stage that begins now."""
        self._line.show(f"{self._doing}: {stage}")

    def __enter__(self) -> "Stages":
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        took = duration(time.monotonic() - self._began)
        self._line.end("" if error is not None else f"{self._done} in {took}.")
