"""Ctrl-C and SIGTERM while training: the updates in progress are finished and saved before the run stops."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
"""Signals that are noticed, where they have the handlers that Python gives them."""


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
    """Within, the first signal is noticed only; a second one raises `KeyboardInterrupt` at once.

    Only the main thread can do so. Handlers that somebody else has set are left alone.

    Yields:
      A function that gives the number of the signal; None as long as there was none.
    """
    received: list[int] = []

    def notice(number: int, frame: Any) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    ours: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():
        ours = [one for one, usual in SIGNALS.items() if signal.getsignal(one) == usual]
    try:
        for one in ours:
            signal.signal(one, notice)
        yield lambda: received[0] if received else None
    finally:
        for one in ours:
            signal.signal(one, SIGNALS[one])
