"""Progress is plain lines in a file, a bar on a terminal, and one renewed line in a notebook."""

import io

import numpy as np
import pytest
from rich.console import Console

from jaxgen.training import progress
from jaxgen.training.progress import Reporter, describe


@pytest.fixture
def clock(monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: seconds[0])
    return seconds


def test_a_file_gets_one_line_a_report(clock, capsys):
    with Reporter(300, step=100) as reporter:
        clock[0] = 2.0
        reporter.report(200, {"critic_loss": np.array([1.0, 3.0])})
        reporter.say("[Mode] collapse since step 200.")
    assert capsys.readouterr().out.splitlines() == [
        "step 200/300  50 steps/s  critic_loss 2  left 2 s",
        "[Mode] collapse since step 200.",
    ]


def test_the_rate_follows_slowly(clock, capsys):
    reporter = Reporter(1000)
    for clock[0], step in [(1.0, 100), (2.0, 100)]:
        reporter.report(step, {})
    assert "  70 steps/s" in capsys.readouterr().out.splitlines()[-1]


def test_a_terminal_gets_a_bar(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Reporter(200, console=console) as reporter:
        clock[0] = 1.0
        reporter.report(100, {"critic_loss": -0.5})
        reporter.say("A sentence.")
    text = console.file.getvalue()
    assert "━" in text
    assert "step 100/200  100 steps/s  critic_loss -0.5  left 1 s" in text
    assert "A sentence." in text


def shown(text: str) -> list[str]:
    """Lines as a notebook shows them: a carriage return begins the line again."""
    lines = []
    for line in text.split("\n"):
        cells: list[str] = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


def test_a_notebook_gets_one_line_that_is_renewed(clock):
    console = Console(file=io.StringIO())
    with Reporter(300, console=console, notebook=True) as reporter:
        for clock[0], step in ((1.0, 100), (2.0, 200), (3.0, 300)):
            reporter.report(step, {"critic_loss": 10.0 ** (4 - step // 100)})
            assert "\n" not in console.file.getvalue()
    text = console.file.getvalue()
    assert text.count("\r") == 3
    assert shown(text) == ["step 300/300  100 steps/s  critic_loss 10  left 0 s", ""]


def test_a_sentence_in_a_notebook_stays_above_the_line(clock):
    console = Console(file=io.StringIO())
    with Reporter(200, console=console, notebook=True) as reporter:
        clock[0] = 1.0
        reporter.report(100, {"critic_loss": 1.0})
        reporter.say("Short.")
        clock[0] = 2.0
        reporter.report(200, {})
    assert shown(console.file.getvalue()) == ["Short.", "step 200/200  100 steps/s  left 0 s", ""]
    silent = Console(file=io.StringIO())
    Reporter(200, console=silent, notebook=True).close()
    assert silent.file.getvalue() == ""


def test_compiling_is_said_and_counts_for_no_rate(clock, capsys):
    with Reporter(300) as reporter:
        with reporter.compiling():
            assert capsys.readouterr().out == "Compiling ...\n"
            clock[0] = 130.0
        clock[0] = 132.0
        reporter.report(100, {})
    assert capsys.readouterr().out.splitlines() == [
        "Compiled in 2 min 10 s.",
        "step 100/300  50 steps/s  left 4 s",
    ]


def test_where_lines_can_be_renewed_compiling_is_one_line(clock):
    for options in ({"notebook": True}, {}):
        console = Console(file=io.StringIO(), force_terminal=not options, width=120)
        with Reporter(300, console=console, **options) as reporter, reporter.compiling():
            assert console.file.getvalue() == "\rCompiling ..."
            clock[0] += 12.0
        assert shown(console.file.getvalue())[0] == "Compiled in 12 s."
        assert "step 0/300" in console.file.getvalue()
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Reporter(300, console=console) as reporter:
        reporter.report(200, {})
        with reporter.compiling():  # of a last, shorter call: the bar is there
            clock[0] += 3.0
    assert "Compiled in 3 s." in console.file.getvalue()


def test_a_compilation_that_fails_leaves_its_line(clock):
    console = Console(file=io.StringIO())
    with pytest.raises(ValueError, match="no"), Reporter(3, console=console, notebook=True).compiling():
        raise ValueError("no")
    assert console.file.getvalue() == "\rCompiling ...\n"


def test_values_of_dead_members_are_left_out_of_the_mean():
    line = describe(1, 2, None, {"loss": [1.0, float("nan"), 3.0]})
    assert line == "step 1/2  loss 2"


@pytest.mark.parametrize("process", [0, 1])
def test_other_processes_and_quiet_runs_are_silent(monkeypatch, capsys, process):
    monkeypatch.setattr(progress.jax, "process_index", lambda: process)
    for notebook in (False, True):
        with Reporter(10, notebook=notebook, quiet=process == 0) as reporter:
            with reporter.compiling():
                pass
            reporter.report(5, {"loss": 1.0})
            reporter.say("A sentence.")
    assert capsys.readouterr().out == ""


def test_losses_come_first_and_a_few_metrics_are_shown():
    line = describe(1, 2, None, {"a": 1, "b": 1, "c": 1, "d": 1, "generator_loss": 1})
    assert line == "step 1/2  generator_loss 1  a 1  b 1  c 1"
