"""What a run shows while it trains: a bar on a terminal, one renewed line in a notebook, else plain lines."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import jax
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from jaxgen import screen
from jaxgen.training.deaths import mean_of_living

SHOWN = 4  # metrics, so that a line stays readable
MEMORY = 0.7  # of the rate, from one report to the next


class Reporter:
    """Shows steps, rate, losses and time left; with several processes, only the first one does.

    Args:
      total: number of updates of the whole run.
      step: number of updates done before.
      quiet: whether to show nothing.
      console: where to show it; standard output by default.
      notebook: whether this is a notebook; found out by default.
    """

    def __init__(
        self,
        total: int,
        *,
        step: int = 0,
        quiet: bool = False,
        console: Console | None = None,
        notebook: bool | None = None,
    ) -> None:
        self._total = total
        self._last = (step, time.monotonic())
        self._rate: float | None = None
        self._silent = quiet or jax.process_index() != 0
        self._console = console or Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._notebook = screen.in_notebook() if notebook is None else notebook
        self._line = self._new_line()
        self._bar: tuple[Progress, TaskID] | None = None

    def _new_line(self) -> screen.Line:
        renewed = self._notebook or self._console.is_terminal
        return screen.Line(self._console.file, renewed=renewed, quiet=self._silent)

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Says that programs are compiled, and then how long that took; no rate counts this time."""
        line = self._new_line()
        if self._bar is None:
            line.show("Compiling ...")
        began = time.monotonic()
        try:
            with self.aside():
                yield
        except BaseException:
            line.end()
            raise
        sentence = f"Compiled in {screen.duration(time.monotonic() - began)}."
        if self._bar is not None:
            self.say(sentence)
            return
        line.end(sentence)
        if self._notebook or self._console.is_terminal:
            self._show(self._last[0], describe(self._last[0], self._total, None, {}))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done within counts for no rate and no time left."""
        began = time.monotonic()
        yield
        step, since = self._last
        self._last = (step, since + time.monotonic() - began)

    def report(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Shows how far the run is.

        Args:
          step: number of updates done.
          metrics: what may be shown; the losses come first.
        """
        now = time.monotonic()
        rate = (step - self._last[0]) / max(now - self._last[1], 1e-9)
        self._rate = rate if self._rate is None else MEMORY * self._rate + (1 - MEMORY) * rate
        self._last = (step, now)
        self._show(step, describe(step, self._total, self._rate, metrics))

    def _show(self, step: int, line: str) -> None:
        if self._silent:
            return
        if self._notebook:
            self._line.show(line)
        elif self._console.is_terminal:
            self._renew_bar(step, line)
        else:
            self._console.print(line, markup=False, highlight=False)

    def _renew_bar(self, step: int, line: str) -> None:
        if self._bar is None:
            columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
            progress = Progress(*columns, console=self._console, transient=False)
            self._bar = progress, progress.add_task(line, total=self._total)
            progress.start()
        progress, task = self._bar
        progress.update(task, completed=step, description=line)

    def say(self, sentence: str) -> None:
        """Shows a sentence, above the bar where there is one."""
        if self._notebook:
            self._line.end(sentence)
        elif not self._silent:
            self._console.print(sentence, markup=False, highlight=False)

    def close(self) -> None:
        """Leaves the bar as it stands."""
        self._line.end()
        if self._bar is not None:
            self._bar[0].stop()

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def describe(step: int, total: int, rate: float | None, metrics: Mapping[str, Any]) -> str:
    """One line on how far a run is.

    Args:
      step: number of updates done.
      total: number of updates of the whole run.
      rate: updates per second; None where it is not known yet.
      metrics: scalars, or one value for each member [K], of which the mean is shown.

    >>> describe(500, 6500, 50.0, {"critic_gap": 2.0, "critic_loss": -0.51})
    'step 500/6,500  50 steps/s  critic_loss -0.51  critic_gap 2  left 2 min'
    """
    parts = [f"step {step:,}/{total:,}"]
    if rate is not None:
        parts.append(f"{rate:.3g} steps/s" if rate < 100 else f"{rate:,.0f} steps/s")
    ordered = sorted(metrics, key=lambda name: "loss" not in name)  # stable: else as they came
    parts += [f"{name} {mean_of_living(metrics[name]):.4g}" for name in ordered[:SHOWN]]
    if rate:
        parts.append(f"left {screen.duration(round((total - step) / rate))}")
    return "  ".join(parts)
