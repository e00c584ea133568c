"""Small tables for notebooks and terminals."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def paragraph(text: str) -> str:
    """Text as HTML.

    >>> paragraph("a < b")
    '<p>a &lt; b</p>'
    """
    return f"<p>{escape(text)}</p>"


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table as HTML; cells are plain text.

    >>> table(("name",), [["<x>"]])
    '<table><thead><tr><th>name</th></tr></thead><tbody><tr><td>&lt;x&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def plain_table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table for a terminal; each column is as wide as its longest cell.

    >>> print(plain_table(("name", "mean"), [["charge", "1"]]))
    name    mean
    charge  1
    """
    rows = [list(heads), *map(list, lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in padded)


def show(things: Iterable[Any]) -> None:
    """Displays objects with a rich representation in a notebook; does nothing elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        for thing in things:
            display(thing)
