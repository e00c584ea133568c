"""A signal is noticed once, a second one stops at once, and handlers are as they were afterwards."""

import os
import signal
import threading

import pytest

from jaxgen.training import interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noticed_and_ctrl_c_after_it_stops(monkeypatch, number):
    seconds = [0.0]
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: seconds[0])
    before = [signal.getsignal(one) for one in interrupts.SIGNALS]
    with interrupts.noticed() as interrupted:
        assert interrupted() is None
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGINT)  # at the same time
        seconds[0] = 1.0
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupted() == number
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert [signal.getsignal(one) for one in interrupts.SIGNALS] == before


def test_handlers_of_others_are_left_alone():
    def own(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGTERM, own)
    try:
        with interrupts.noticed():
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_notice_nothing():
    found = []

    def work():
        with interrupts.noticed() as interrupted:
            found.append(interrupted())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [None]
