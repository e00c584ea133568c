"""Tables for screens and notebooks, and things that show themselves where they can."""

import sys
import types
from html.parser import HTMLParser

import pytest

from jaxgen import display

HOSTILE = "<script>alert('x')</script> & \"quotes\""


class Reader(HTMLParser):
    """Tags and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_hostile_text_stays_text():
    for html in (display.paragraph(HOSTILE), display.table([HOSTILE], [[HOSTILE], [HOSTILE]])):
        found = read(html)
        assert "script" not in found.tags
        assert set(found.text) == {HOSTILE}


def test_a_table_has_a_row_a_line():
    found = read(display.table(("name", "mean"), [["charge", "1"], ["angle", "2"]]))
    assert (found.tags.count("tr"), found.tags.count("th"), found.tags.count("td")) == (3, 2, 4)
    assert found.text == ["name", "mean", "charge", "1", "angle", "2"]
    assert read(display.table(("name",), [])).tags.count("tr") == 1


def test_a_table_for_a_screen_is_as_wide_as_its_cells():
    lines = display.plain_table(("a", "b"), [["long name", ""], ["x", "1 ± 2"]]).splitlines()
    assert lines == ["a          b", "long name", "x          1 ± 2"]


def test_lines_of_another_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        display.plain_table(("a", "b"), [["1", "2", "3"]])


def notebook(monkeypatch, shell: object) -> list:
    """An IPython that remembers what it was told to display."""
    shown: list = []
    package, inner = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    package.get_ipython = lambda: shell
    inner.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", inner)
    return shown


def test_things_are_displayed_in_a_notebook_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    display.show(["not here"])
    assert notebook(monkeypatch, None) == []
    shown = notebook(monkeypatch, None)
    display.show(["not here either"])
    assert shown == []
    shown = notebook(monkeypatch, object())
    display.show(iter(["one", "two"]))
    assert shown == ["one", "two"]
