"""Ctrl-C and SIGTERM while training: the updates in progress are finished and saved before the run stops."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
"""Signals that are noticed, where they have the handlers that Python gives them."""

TOGETHER = 0.5  # seconds within which signals are one


class Interrupted(KeyboardInterrupt):
    """A training was stopped by a signal.

    Args:
      signal: number of it; a process that it ends exits with 128 more.
      step: updates done.
      sentence: what became of them, and how to go on.

    Attributes:
      signal: as given.
      step: as given.
    """

    def __init__(self, signal: int, step: int, sentence: str) -> None:
        super().__init__(sentence)
        self.signal, self.step = signal, step


@contextmanager
def noticed() -> Iterator[Callable[[], int | None]]:
    """Within, a signal is noticed only; a Ctrl-C after another signal raises `KeyboardInterrupt` at once.

    Signals within half a second count as one, as `timeout` and others send them twice. Only the main thread
    can do so. Handlers that somebody else has set are left alone.

    Yields:
      A function that gives the number of the signal; None as long as there was none.
    """
    received: list[tuple[int, float]] = []

    def notice(number: int, frame: Any) -> None:
        now = time.monotonic()
        if received and number == signal.SIGINT and now - received[0][1] > TOGETHER:
            raise KeyboardInterrupt
        received.append((number, now))

    ours: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():
        ours = [one for one, usual in SIGNALS.items() if signal.getsignal(one) == usual]
    try:
        for one in ours:
            signal.signal(one, notice)
        yield lambda: received[0][0] if received else None
    finally:
        for one in ours:
            signal.signal(one, SIGNALS[one])
