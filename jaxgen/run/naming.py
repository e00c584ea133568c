"""Metrics of single observables with the observables' own names and units."""

from collections.abc import Mapping
from dataclasses import replace

from jaxgen.metrics.scores import Score
from jaxgen.metrics.table import Label

IN_UNITS = ("wasserstein",)
"""Beginnings of the names of metrics that have the unit of their observable."""


def named(scores: Mapping[str, Score], labels: Mapping[str, Label]) -> dict[str, Score]:
    """The same scores; those of an observable have its symbol or name in their title, and its unit.

    Args:
      scores: by name; a metric of an observable is called METRIC_OBSERVABLE.
      labels: of the observables by name.

    >>> score = Score("wasserstein_mz1", None)
    >>> found = named({score.name: score}, {"mz1": Label("mass", "GeV", "m(Z1)")})[score.name]
    >>> found.title, found.meaning.unit
    ('Wasserstein distance: m(Z1)', 'GeV')
    """
    return {name: _named(score, labels) for name, score in scores.items()}


def _named(score: Score, labels: Mapping[str, Label]) -> Score:
    known = [name for name in labels if score.name.endswith(f"_{name}")]
    if not known:
        return score
    name = max(known, key=len)
    label, raw = labels[name], f": {name.replace('^2', '²').replace('_', ' ')}"
    words = score.meaning._replace(title=score.title)
    if words.title.endswith(raw):
        words = words._replace(title=f"{words.title.removesuffix(raw)}: {label.short or label.name}")
    if not words.unit and score.name.startswith(IN_UNITS):
        words = words._replace(unit=label.unit)
    return replace(score, meaning=words)


def symbols(labels: Mapping[str, Label]) -> list[Label]:
    """The labels whose symbol is not just their name, each symbol once."""
    found: dict[str, Label] = {}
    for label in labels.values():
        if label.short and label.short not in (label.name, label.name.replace(" ", "_")):
            found.setdefault(label.short, label)
    return list(found.values())
