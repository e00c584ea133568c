"""The page as HTML: one file that needs nothing else and depends on its content only."""

import math
import os
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from jaxgen.base import Estimate
from jaxgen.metrics import format
from jaxgen.metrics.scores import Score
from jaxgen.plots.illustration import Illustration, image
from jaxgen.reports.data import Report

HEADS = (
    "metric",
    "generated",
    "real (floor)",
    "ratio",
    "difference",
    "events",
    "what it says, and when to worry",
)
MEMBER_HEADS = (
    "metric",
    "value ± its error",
    "mean ± standard deviation (members)",
    "each member",
)


def write(path: Path | str, report: Report, *, images: Path | str | None = None) -> Path:
    """Writes the page in one move.

    Args:
      path: of the HTML file; its folder is made where it is missing.
      report: what to say.
      images: folder with NAME.png of figures that were just saved, to embed as they are; others are drawn.

    Returns:
      The path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(page(report, images=images), encoding="utf-8")
    os.replace(partial, path)
    return path


def page(report: Report, *, images: Path | str | None = None) -> str:
    """The page as HTML; see `write`."""
    source = resources.files("jaxgen.reports").joinpath("template.html").read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(source)
    several = [score for score in report.scores.values() if len(score.members) > 1]
    return template.render(
        report=report,
        **_verdict(report),
        configuration=[(name, _plain(value)) for name, value in report.configuration.items()],
        heads=HEADS,
        metrics=_metrics(list(report.scores.values())),
        explained=KEY_TO_TABLE,
        certain=_certainty(report, several),
        member_heads=MEMBER_HEADS,
        members=[_member_line(score) for score in several],
        no_findings=NO_FINDINGS,
        drawn=[_figure(number, one, images) for number, one in enumerate(report.figures, start=1)],
        versions=[(name, _plain(value)) for name, value in report.versions.items()],
    )


def _verdict(report: Report) -> dict[str, Any]:
    """The number that matters most, large, and sentences on it."""
    score = report.scores.get(report.headline)
    if score is None:
        return {"key": None, "verdict_text": [report.summary]}
    further = [text for text in (score.verdict(), _luck(score)) if text not in report.summary]
    text = " ".join(filter(None, [report.summary, *further]))
    shown, says = score.estimate, score.title
    if score.ratio is not None:
        shown, says = score.ratio, f"{says} over its real-versus-real floor; other real events give 1"
    return {"key": {"number": format.estimate(shown), "says": says}, "verdict_text": [text]}


def _luck(score: Score) -> str:
    finite = [value for value in score.members if math.isfinite(value)]
    if len(finite) < 2:
        return ""
    ends = " to ".join(format.number(value) for value in (min(finite), max(finite)))
    failed = len(score.members) - len(finite)
    return f"Over {len(finite)} seeds it runs from {ends}." + (
        f" Without a value: {failed}." if failed else ""
    )


def _metrics(scores: Sequence[Score]) -> list[dict[str, Any]]:
    lines, told = [], ""
    for score in scores:
        numbers = [format.estimate(one) for one in (score.estimate, score.floor, score.ratio)]
        lines.append(
            {
                "name": score.name,
                "title": score.title,
                "worse": score.worse,
                "cells": [
                    *numbers,
                    score.difference(),
                    "–" if score.number is None else f"{score.number:,}",
                ],
                "repeated": bool(score.meaning.says) and score.meaning.says == told,
                "says": score.meaning.says,
                "bad": score.meaning.bad,
            }
        )
        told = score.meaning.says
    return lines


def _certainty(report: Report, several: Sequence[Score]) -> list[str]:
    if report.certainty or not report.scores:
        return list(report.certainty)
    spread = EXPLAINED_MEMBERS.format(len(several[0].members)) if several else EXPLAINED_ALONE
    return [*EXPLAINED, spread]


def _member_line(score: Score) -> list[str]:
    listed = ", ".join(format.number(value) for value in score.members)
    return [score.title, format.estimate(score.estimate), members(score.members), listed]


def members(values: Sequence[float]) -> str:
    """Mean and standard deviation over members.

    >>> members([1.0, 2.0, 3.0]), members([1.0])
    ('2.0 ± 1.0 (3)', '–')
    """
    array = np.asarray(values, np.float64)
    if len(array) < 2:
        return "–"
    return f"{format.estimate(Estimate(float(array.mean()), float(array.std(ddof=1))))} ({len(array)})"


def _figure(number: int, one: Illustration, images: Path | str | None) -> dict[str, Any]:
    title = f"Figure {number}: {one.title}"
    file = None if images is None else Path(images) / f"{one.name}.png"
    drawn = Markup(image(one.figure, escape(title), file=file))
    return {"title": title, "caption": one.caption, "image": drawn}


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


NO_FINDINGS = (
    "The diagnostics saw no divergence, collapse, vanishing gradient, imbalance or non-finite value."
)
EXPLAINED = (
    "Each metric stands beside its floor: the same metric with other real events in the place of the "
    "generated ones. The floor is not zero because samples are finite. A generator that is judged on the "
    "very conditions of the real events shares their chance, and a perfect one comes out below the floor.",
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
