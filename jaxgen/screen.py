"""What is shown while something takes long: one line renewed in place, or now and then a line in a file."""

import shutil
import sys
import time
from types import TracebackType
from typing import IO

EVERY = 10.0  # seconds between lines in a file
PATIENCE = 3.0  # seconds of which nothing is shown where most work is done at once


def in_notebook() -> bool:
    """Whether a notebook reads standard output."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ in ("ZMQInteractiveShell", "Shell")


def interactive() -> bool:
    """Whether somebody types the next command: in a notebook, or at the prompt of Python or IPython."""
    return hasattr(sys, "ps1") or in_notebook()


def duration(seconds: float) -> str:
    """A time in words.

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

    In a file, where that cannot be, a line is added where the last one is ten seconds old.

    Args:
      file: where it stands; standard output by default.
      renewed: whether it can be renewed; found out by default.
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
        """Shows a text in place of the one before."""
        if self._quiet:
            return
        if self._renewed:
            self._write(text, "")
        elif self._last is None or time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._write(text, "\n")

    def end(self, text: str = "") -> None:
        """Shows the last text, or leaves the one that stands there, and ends the line."""
        if self._quiet:
            return
        if text:
            self._write(text, "\n")
        elif self._width:
            self._write(None, "\n")
        self._width = 0

    def _write(self, text: str | None, end: str) -> None:
        if text is not None and self._renewed:
            if self._terminal:  # a line that does not fit could not be written over
                text = text[: shutil.get_terminal_size().columns - 1]
            written = text.ljust(self._width)
            self._width = len(text)
            text = "\r" + written
        self._file.write((text or "") + end)
        self._file.flush()


class Count:
    """Shows how much of a long work is done and how long the rest will take, once it has taken three seconds.

    Args:
      doing: what is done, such as "Generating".
      total: how much there is.
      unit: of what.
      file: as for `Line`.
      renewed: likewise.
      quiet: likewise.
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
        """Shows that so much is done."""
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
    """Shows which part of a long work is done now, and at the end how long all took.

    Args:
      doing: what is done, such as "Judging".
      done: what it was, such as "Judged".
      file: as for `Line`.
      renewed: likewise.
      quiet: likewise.

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
        """Shows the part that begins now."""
        self._line.show(f"{self._doing}: {stage}")

    def __enter__(self) -> "Stages":
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        took = duration(time.monotonic() - self._began)
        self._line.end("" if error is not None else f"{self._done} in {took}.")
