"""One self-contained page that says what was trained, how good it is, how sure that is, where it fails."""

import base64
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from jaxgen.base import Estimate
from jaxgen.metrics import glossary as meanings
from jaxgen.plots import format as words
from jaxgen.plots.illustration import Illustration
from jaxgen.plots.saving import render
from jaxgen.report.content import Report, Row, Section, Table
from jaxgen.report.layout import STYLE, TEMPLATE

PIXELS_PER_INCH = 96  # of a page at 100 %
SIGNIFICANT = 2.0
WORRYING = 3.0
MARKED = ' class="worse"'


def write(path: Path | str, content: Report, *, images: Path | str | None = None) -> Path:
    """Writes the page in one move.

    Args:
      path: of the HTML file; its folder is made where it is missing.
      content: what to say.
      images: folder with NAME.png of figures that `plots.save` has just written, to embed as they are;
        others are drawn.

    Returns:
      The path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(page(content, images=images), encoding="utf-8")
    os.replace(partial, path)
    return path


def page(content: Report, *, images: Path | str | None = None) -> str:
    """The page as HTML, which depends on the content only; see `write`."""
    parts = [
        ("verdict", "Verdict", _verdict(content)),
        ("trained", "What was trained", _trained(content)),
        ("quality", "How good it is", _quality(content.metrics)),
        ("certainty", "How sure that is", _certainty(content)),
        ("failures", "Where it fails", _failures(content)),
        *((f"section-{i}", s.title, _section(s)) for i, s in enumerate(content.sections)),
        ("figures", "Figures", _figures(content.figures, images)),
        ("again", "How to make it again", _again(content)),
    ]
    shown = [part for part in parts if part[2]]
    links = "".join(f'<a href="#{name}">{escape(title)}</a>' for name, title, _ in shown)
    body = "".join(
        f'<section id="{name}"><h2>{escape(title)}</h2>{text}</section>' for name, title, text in shown
    )
    return TEMPLATE.format(title=escape(content.title), style=STYLE, links=links, body=body)


def verdict(row: Row) -> str:
    """What a metric that is better when smaller says, in a sentence.

    >>> verdict(Row("trend_chi2", Estimate(1400.0, 80.0), Estimate(1100.0, 70.0), Estimate(1.27, 0.11)))
    'Trend χ² is 1400 ± 80; real events in place of generated ones give 1100 ± 70. The ratio 1.27 ± 0.11 \
is above 1 by 2.5 errors.'
    """
    title = meanings.meaning(row.name).title
    text = f"{title} is {words.estimate(row.estimate)}"
    if row.floor is None:
        return f"{text}; its floor is not known."
    text += f"; real events in place of generated ones give {words.estimate(row.floor)}."
    if row.ratio is None or not math.isfinite(row.ratio.value):
        return text
    text += f" The ratio {words.estimate(row.ratio)}"
    if not (math.isfinite(row.ratio.error) and row.ratio.error > 0):
        return f"{text} has no error."
    away = (row.ratio.value - 1) / row.ratio.error
    if abs(away) < SIGNIFICANT:
        return f"{text} is compatible with 1, which other real events give."
    return f"{text} is {'above' if away > 0 else 'below'} 1 by {abs(away):.1f} errors."


def _verdict(content: Report) -> str:
    row = next((row for row in content.metrics if row.name == content.headline), None)
    box = "" if row is None else _key(row)
    said = [content.summary] if row is None else [content.summary, verdict(row), _luck(row)]
    sentences = [text for i, text in enumerate(said) if i == 0 or text not in content.summary]
    text = " ".join(sentence for sentence in sentences if sentence)
    return box + _paragraphs([text] if text else [])


def _luck(row: Row) -> str:
    finite = [value for value in row.members if math.isfinite(value)]
    if len(finite) < 2:
        return ""
    ends = " to ".join(words.number(float(value)) for value in (min(finite), max(finite)))
    failed = len(row.members) - len(finite)
    return f"Over {len(finite)} seeds it runs from {ends}." + (
        f" Without a value: {failed}." if failed else ""
    )


def _key(row: Row) -> str:
    """The number that matters most, large."""
    says = meanings.meaning(row.name).title
    shown = row.estimate
    if row.ratio is not None:
        shown, says = row.ratio, f"{says} over its real-versus-real floor; other real events give 1"
    return f'<div class="key"><b>{escape(words.estimate(shown))}</b><span>{escape(says)}</span></div>'


def _trained(content: Report) -> str:
    return _paragraphs(content.trained) + _pairs(content.configuration)


def pull(row: Row) -> float:
    """Generated less floor over the combined error; NaN where that makes no sense."""
    if row.floor is None:
        return math.nan
    error = math.hypot(row.estimate.error, row.floor.error)
    return (row.estimate.value - row.floor.value) / error if error > 0 else math.nan


def _quality(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    heads = ("metric", "generated", "real (floor)", "ratio", "difference", "events")
    head = "".join(f"<th>{name}</th>" for name in [*heads, "what it says, and when to worry"])
    body, told = "", ""
    for row in rows:
        says = meanings.meaning(row.name).says
        body += _metric(row, repeated=bool(says) and says == told)
        told = says
    return (
        f'<div class="wide"><table class="metrics"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{_paragraphs([KEY_TO_TABLE])}"
    )


def _metric(row: Row, *, repeated: bool) -> str:
    known = meanings.meaning(row.name)
    away = pull(row)
    worse = known.better * away < -WORRYING
    difference = f"{away:+.1f} errors".replace("-", "−") if math.isfinite(away) else "–"
    numbers = [words.estimate(x) for x in (row.estimate, row.floor, row.ratio)]
    numbers += [f"{difference}, worse" if worse else difference]
    numbers += ["–" if row.number is None else f"{row.number:,}"]
    cells = "".join(f'<td class="number">{escape(text)}</td>' for text in numbers)
    says = "As above." if repeated else f"{escape(known.says)} <em>{escape(known.bad)}</em>"
    note = f' <span class="note">{escape(row.note)}</span>' if row.note else ""
    name = f"<th>{escape(known.title)}<br><code>{escape(row.name)}</code></th>"
    return f"<tr{MARKED * worse}>{name}{cells}<td>{says}{note}</td></tr>"


def members(values: Sequence[float]) -> str:
    """Mean and standard deviation over members.

    >>> members([1.0, 2.0, 3.0]), members([1.0])
    ('2.0 ± 1.0 (3)', '–')
    """
    array = np.asarray(values, np.float64)
    if len(array) < 2:
        return "–"
    return f"{words.estimate(Estimate(float(array.mean()), float(array.std(ddof=1))))} ({len(array)})"


def _certainty(content: Report) -> str:
    spread = [row for row in content.metrics if len(row.members) > 1]
    text = list(content.certainty)
    if content.metrics and not text:
        text = list(EXPLAINED)
        text += [EXPLAINED_MEMBERS.format(len(spread[0].members)) if spread else EXPLAINED_ALONE]
    cells = [
        "".join(
            f'<td class="number">{escape(x)}</td>'
            for x in (words.estimate(row.estimate), members(row.members), _listed(row.members))
        )
        for row in spread
    ]
    if not cells:
        return _paragraphs(text)
    titles = (escape(meanings.meaning(row.name).title) for row in spread)
    lines = "".join(f"<tr><th>{title}</th>{cell}</tr>" for title, cell in zip(titles, cells, strict=True))
    names = ("metric", "value ± its error", "mean ± spread (members)", "each member")
    head = "".join(f"<th>{name}</th>" for name in names)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
    return _paragraphs(text) + table


def _listed(values: Sequence[float]) -> str:
    return ", ".join(words.number(float(value)) for value in values)


def _section(section: Section) -> str:
    return _paragraphs(section.paragraphs) + ("" if section.table is None else _table(section.table))


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.heads)
    lines = ""
    for name, *cells in table.lines:
        row = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)
        lines += f"<tr><th>{escape(name)}</th>{row}</tr>"
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _failures(content: Report) -> str:
    if not (content.metrics or content.shortfalls or content.findings):
        return ""
    worst = _list(content.shortfalls) or _paragraphs(["Nothing stands out above its floor."])
    seen = _list(content.findings) or _paragraphs(
        ["The diagnostics saw no divergence, collapse, vanishing gradient, imbalance or non-finite value."]
    )
    return f"<h3>In the events</h3>{worst}<h3>In training</h3>{seen}"


def _figures(figures: Sequence[Illustration], images: Path | str | None) -> str:
    return "".join(_figure(number, one, images) for number, one in enumerate(figures, start=1))


def _figure(number: int, one: Illustration, images: Path | str | None) -> str:
    path = None if images is None else Path(images) / f"{one.name}.png"
    data = path.read_bytes() if path is not None and path.is_file() else render(one.figure)
    width, height = (round(PIXELS_PER_INCH * inches) for inches in one.figure.get_size_inches())
    source = base64.b64encode(data).decode("ascii")
    title = escape(f"Figure {number}: {one.title}")
    return (
        f'<figure><img src="data:image/png;base64,{source}" width="{width}" height="{height}" alt="{title}">'
        f"<figcaption><b>{title}.</b> {escape(one.caption)}</figcaption></figure>"
    )


def _again(content: Report) -> str:
    command = f"<pre>{escape(content.command)}</pre>" if content.command else ""
    return command + _pairs(content.versions)


def _pairs(pairs: Mapping[str, Any]) -> str:
    if not pairs:
        return ""
    lines = "".join(
        f"<tr><th>{escape(str(key))}</th><td>{escape(_plain(item))}</td></tr>" for key, item in pairs.items()
    )
    return f'<div class="pairs"><table><tbody>{lines}</tbody></table></div>'


def _plain(item: Any) -> str:
    if item is None:
        return "–"
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, float):
        return f"{item:.8g}"
    if isinstance(item, Mapping):
        return ", ".join(f"{key}: {_plain(value)}" for key, value in item.items())
    if isinstance(item, list | tuple):
        return ", ".join(map(_plain, item))
    return str(item)


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>" if texts else ""


EXPLAINED = (
    "Each metric stands beside its floor: the same metric with other real events in the place of the "
    "generated ones. The floor is not zero because samples are finite. A generator that is judged on the "
    "very tracks of the real events shares their chance, and a perfect one comes out below the floor.",
    "The error of a value is statistical: how much it would change with other events of the same law. Where "
    "nothing else is said, it comes from resampling events. The error of a ratio joins those of value and "
    "floor.",
)
KEY_TO_TABLE = (
    "Values are means over members ± the statistical error of one sample. Difference: generated less floor "
    "over the combined error; a line more than three errors to the bad side is marked and says worse."
)
EXPLAINED_MEMBERS = (
    "{} members were trained alike from different seeds. Their spread says how much luck there is in a "
    "training; the statistical error does not hold it."
)
EXPLAINED_ALONE = (
    "A single training is shown; how much another seed would change these numbers cannot be told from it."
)
