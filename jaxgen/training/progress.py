"""What a run shows while it trains: a bar on a terminal, one renewed line in a notebook, else plain lines."""

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import jax
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from jaxgen.training.deaths import mean_of_living

SHOWN = 4  # metrics, so that a line stays readable
MEMORY = 0.7  # of the rate, from one report to the next


class Reporter:
    """Shows steps, rate, losses and time left; with several processes, only the first one does.

    Args:
      total: number of updates of the whole run.
      step: number of updates done before.
      console: where to show it; standard output by default.
      notebook: whether this is a notebook; found out by default.
    """

    def __init__(
        self, total: int, *, step: int = 0, console: Console | None = None, notebook: bool | None = None
    ) -> None:
        self._total = total
        self._last = (step, time.monotonic())
        self._rate: float | None = None
        self._silent = jax.process_index() != 0
        self._console = console or Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._notebook = _in_notebook() if notebook is None else notebook
        self._width = 0
        self._bar: Progress | None = None
        if self._console.is_terminal and not self._silent:
            columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
            self._bar = Progress(*columns, console=self._console, transient=False)
            self._task = self._bar.add_task(describe(step, total, None, {}), total=total, completed=step)
            self._bar.start()

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
        line = describe(step, self._total, self._rate, metrics)
        if self._bar is not None:
            self._bar.update(self._task, completed=step, description=line)
        elif self._notebook and not self._silent:
            self._renew(line)
        elif not self._silent:
            self._console.print(line, markup=False)

    def say(self, sentence: str) -> None:
        """Shows a sentence, above the bar where there is one."""
        if self._notebook and not self._silent:
            self._renew(sentence)
            self._end_line()
        elif not self._silent:
            self._console.print(sentence, markup=False)

    def _renew(self, line: str) -> None:
        """Writes over the line that stands there."""
        self._console.file.write("\r" + line.ljust(self._width))
        self._console.file.flush()
        self._width = len(line)

    def _end_line(self) -> None:
        if self._width:
            self._console.file.write("\n")
            self._console.file.flush()
        self._width = 0

    def close(self) -> None:
        """Leaves the bar as it stands."""
        self._end_line()
        if self._bar is not None:
            self._bar.stop()

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _in_notebook() -> bool:
    """Whether a notebook reads standard output."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ in ("ZMQInteractiveShell", "Shell")


def describe(step: int, total: int, rate: float | None, metrics: Mapping[str, Any]) -> str:
    """One line on how far a run is.

    Args:
      step: number of updates done.
      total: number of updates of the whole run.
      rate: updates per second; None where it is not known yet.
      metrics: scalars, or one value for each member [K], of which the mean is shown.

    >>> describe(500, 1000, 50.0, {"critic_gap": 2.0, "critic_loss": -0.51})
    'step 500/1000  50 steps/s  critic_loss -0.51  critic_gap 2  left 0:10'
    """
    parts = [f"step {step}/{total}"]
    if rate is not None:
        parts.append(f"{rate:.3g} steps/s" if rate < 100 else f"{rate:.0f} steps/s")
    ordered = sorted(metrics, key=lambda name: "loss" not in name)  # stable: else as they came
    parts += [f"{name} {mean_of_living(metrics[name]):.4g}" for name in ordered[:SHOWN]]
    if rate:
        parts.append(f"left {duration((total - step) / rate)}")
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> duration(3723.4), duration(59.0)
    ('1:02:03', '0:59')
    """
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
