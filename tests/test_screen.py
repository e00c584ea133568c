"""One line is renewed where that can be; a file gets few lines; times are in words."""

import io
import sys
import types

import pytest

from jaxgen import screen
from jaxgen.screen import Count, Line, Stages


@pytest.fixture
def clock(monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: seconds[0])
    return seconds


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_file_gets_a_line_every_ten_seconds_and_the_end(clock, capsys):
    with Stages("Judging", "Judged") as stages:
        for second in range(0, 26, 5):
            clock[0] = float(second)
            stages(f"{second} s")
        clock[0] = 130.0
    told = ["Judging: 0 s", "Judging: 10 s", "Judging: 20 s", "Judged in 2 min 10 s."]
    assert capsys.readouterr().out.splitlines() == told


def test_a_terminal_and_a_notebook_get_one_line(clock):
    for file, renewed in ((Terminal(), None), (io.StringIO(), True)):
        with Stages("Judging", "Judged", file=file, renewed=renewed) as stages:
            stages("1 of 2, correlations")
            stages("2 of 2")
        assert file.getvalue() == (
            f"\rJudging: 1 of 2, correlations\rJudging: 2 of 2{' ' * 14}\rJudged in 0 s. \n"
        )


def test_a_terminal_gets_no_more_than_fits(monkeypatch):
    monkeypatch.setattr(screen.shutil, "get_terminal_size", lambda: types.SimpleNamespace(columns=10))
    file = Terminal()
    Line(file).show("more than ten letters")
    assert file.getvalue() == "\rmore than"


def test_a_long_count_is_shown_from_three_seconds_on(clock, capsys):
    with Count("Generating", 4000, "events") as count:
        for second in range(1, 5):
            clock[0] = float(second)
            count(second * 1000)
    assert capsys.readouterr().out == "Generating: 3,000 of 4,000 events, left 1 s\n"


def test_what_fails_is_not_said_to_be_done(clock, capsys):
    def fail():
        with Stages("Judging", "Judged", renewed=True) as stages:
            stages("1 of 2")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert capsys.readouterr().out == "\rJudging: 1 of 2\n"


def test_quiet_is_silent(capsys):
    for renewed in (False, True):
        with Stages("Judging", "Judged", renewed=renewed, quiet=True) as stages:
            stages("1 of 2")
    assert capsys.readouterr().out == ""


def test_a_notebook_is_known_by_its_shell(monkeypatch):
    assert not screen.in_notebook()
    module = types.ModuleType("IPython")
    monkeypatch.setitem(sys.modules, "IPython", module)
    for name, expected in (("ZMQInteractiveShell", True), ("TerminalInteractiveShell", False)):
        module.get_ipython = lambda name=name: type(name, (), {})()
        assert screen.in_notebook() == screen.interactive() == expected
    module.get_ipython = lambda: None
    assert not screen.interactive()
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert screen.interactive()
