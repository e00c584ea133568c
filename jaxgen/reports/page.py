"""The report page as HTML: one file without external resources, determined only by its content."""

import math
import os
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from jaxgen.base import Estimate
from jaxgen.metrics import format, verdicts
from jaxgen.metrics.glossary import NEITHER
from jaxgen.metrics.scores import Score
from jaxgen.plots.illustration import Illustration, image
from jaxgen.reports.data import Report, Setting

HEADS = ("metric", "unit", "generated", "real (floor)", "ratio", "difference", "better")
BETTER = {1: "larger", -1: "smaller", NEITHER: "as real"}
SETTING_HEADS = ("setting", "value", "unit", "default", "what it is")
MEMBER_HEADS = ("metric", "value ± its error", "mean ± standard deviation of the seeds", "each seed")


def write(path: Path | str, report: Report, *, images: Path | str | None = None) -> Path:
    """Writes the page atomically.

    Args:
      path: path of the HTML file; its folder is created if needed.
      report: content of the page.
      images: folder with NAME.png of figures that were already saved and are embedded; others are drawn.

    Returns:
      The path of the page.
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
    drawn = [
        _figure(number, one, images) for number, one in enumerate([*report.figures, *report.curves], start=1)
    ]
    return template.render(
        report=report,
        key=_key(report),
        heads=HEADS,
        groups=_groups(list(report.scores.values())),
        explained=KEY_TO_TABLE,
        certain=_certainty(report, several),
        member_heads=MEMBER_HEADS,
        members=[_member_line(score) for score in several],
        no_findings=NO_FINDINGS,
        figures=drawn[: len(report.figures)],
        curves=drawn[len(report.figures) :],
        setting_heads=SETTING_HEADS,
        settings={
            kind: [_setting_line(one) for one in report.settings if one.kind == kind]
            for kind in ("chosen", "default", "idle")
        },
        versions=", ".join(f"{name} {format.plain(value)}" for name, value in report.versions.items()),
        count=format.count,
    )


def _key(report: Report) -> dict[str, str] | None:
    """The most important number, emphasized: that of the classifier, or else the headline metric."""
    told_apart = verdicts.classifier(report.scores)
    if told_apart is not None:
        return {"number": f"{verdicts.hundred(told_apart.estimate)} of 100", "says": CASES}
    score = report.scores.get(report.headline)
    if score is None:
        return None
    shown, says = score.estimate, f"{score.title}{f', in {score.meaning.unit}' if score.meaning.unit else ''}"
    if score.ratio is not None:
        shown = score.ratio
        says = f"{score.title}, divided by what other real events give: 1 is as good as real events"
    return {"number": format.estimate(shown), "says": says}


def _groups(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Rows of the table of metrics; adjacent rows with the same description are merged."""
    groups: list[dict[str, Any]] = []
    for score in scores:
        words = score.meaning.says, score.meaning.bad
        if not groups or (words != groups[-1]["words"] or not words[0]):
            groups.append({"words": words, "lines": []})
        groups[-1]["lines"].append(_line(score))
    return groups


def _line(score: Score) -> dict[str, Any]:
    numbers = [format.estimate(one) for one in (score.estimate, score.floor, score.ratio)]
    better = BETTER.get(score.meaning.better, "–")
    return {
        "name": score.name,
        "title": score.title,
        "worse": score.worse,
        "unit": score.meaning.unit or "1",
        "cells": [*numbers, score.difference(), better],
    }


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
    finite = array[np.isfinite(array)]
    if len(array) < 2:
        return "–"
    failed = f", {len(array) - len(finite)} without a value" if len(finite) < len(array) else ""
    std = float(finite.std(ddof=1)) if len(finite) > 1 else math.nan
    mean = float(finite.mean()) if len(finite) else math.nan
    return f"{format.estimate(Estimate(mean, std))} ({len(finite)}{failed})"


def _setting_line(one: Setting) -> list[str]:
    default = "–" if one.default is None else format.plain(one.default)
    return [one.name, format.plain(one.value), one.unit or "–", default, one.words or "–"]


def _figure(number: int, one: Illustration, images: Path | str | None) -> dict[str, Any]:
    title = f"Figure {number}: {one.title}"
    file = None if images is None else Path(images) / f"{one.name}.png"
    drawn = Markup(image(one.figure, escape(title), file=file))
    return {"title": title, "caption": one.caption, "image": drawn}


CASES = "pairs of a real and a generated event in which a classifier finds the generated one: 50 is chance"
NO_FINDINGS = (
    "The diagnostics saw no divergence, collapse, vanishing gradient, imbalance or non-finite value."
)
EXPLAINED = (
    "Each metric stands beside its floor: the same metric with other real events in the place of the "
    "generated ones. The floor is not zero because samples are finite.",
    "The error of a value is statistical: how much it would change with other events of the same "
    "distribution. Where nothing else is said, it comes from resampling events. The error of a ratio "
    "joins those of value and floor.",
)
KEY_TO_TABLE = (
    "Unit 1 is a pure number. Values are means over the trained seeds ± the statistical error of one sample. "
    "Floor: the same metric of other real events in the place of the generated ones. Ratio: generated over "
    "floor, where the floor is known to better than half of itself. Difference: generated less floor over "
    "the combined error; a line more than three errors to the bad side is shaded and says worse."
)
EXPLAINED_MEMBERS = (
    "{} trainings with different seeds are shown. Their spread says how much the result depends on the seed; "
    "the statistical error does not hold it."
)
EXPLAINED_ALONE = (
    "A single training is shown; how much another seed would change these numbers cannot be seen from it."
)
