"""Symptoms of failing adversarial training in a log.

A symptom is a pure function of one log entry and of a summary of earlier ones; it returns a
sentence, or None.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jaxgen import checks

SCALES = ("critic_gap", "critic_loss", "slope", "loss")
RATIOS = ("std_ratio", "distance_ratio", "nearest_ratio")
RECENT = 3  # number of entries that a sudden change is measured against


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of the detectors; the defaults are far outside of the range of normal training.

    Attributes:
      baseline: number of first log entries whose median defines the usual value in this run.
      patience: number of consecutive entries that must look wrong, or normal again.
      growth: divergence: the critic's gap, loss or slope is this factor above both its usual value and 1.
      variety: mode collapse: a generated standard deviation or distance is below this fraction of the real
        one, after it has been three times as large or three baselines have passed.
      vanishing: vanishing gradient: the generator's gradient norm is below this fraction of its usual value.
      idle: imbalance: the critic's gap and loss are below this fraction of their usual values,
      saturated: or a loss that cannot be negative is within this distance of zero, at a gap above `certain`,
      certain: in units of the score, which are log-odds where it matters,
      accuracy: or the critic's accuracy, if logged, is above this value.
      lost: generator lost: the critic's mean probability for generated events to be real is below this value.
      shift: explosion: the likeness of generated to real events is this much below that of the last entries,
      burst: or the standard deviation is below this fraction of that of the last entries.
    """

    baseline: int = 10
    patience: int = 3
    growth: float = 100.0
    variety: float = 0.1
    vanishing: float = 1e-3
    idle: float = 1e-4
    saturated: float = 1e-3
    certain: float = 10.0
    accuracy: float = 0.995
    lost: float = 0.05
    shift: float = 0.3
    burst: float = 0.2

    def __post_init__(self) -> None:
        checks.positive(**vars(self))


class Past(NamedTuple):
    """Summary of the log entries so far.

    Attributes:
      entries: number of entries, including this one.
      first: the first values of each quantity, as many as the baseline.
      largest: the largest absolute value of each quantity.
      recent: the last values of each quantity before this entry.
    """

    entries: int
    first: dict[str, list[float]]
    largest: dict[str, float]
    recent: dict[str, list[float]]


NOTHING = Past(0, {}, {}, {})

Symptom = Callable[[Mapping[str, float], Past, Thresholds], str | None]


def remember(past: Past, before: Mapping[str, float], values: Mapping[str, float], baseline: int) -> Past:
    """The summary at an entry, from the summary `before` at the previous one."""
    first, largest, recent = dict(past.first), dict(past.largest), dict(past.recent)
    for name, value in before.items():
        if math.isfinite(value):
            recent[name] = [*recent.get(name, ()), value][-RECENT:]
    for name, value in values.items():
        if math.isfinite(value):
            if len(first.get(name, ())) < baseline:
                first[name] = [*first.get(name, ()), abs(value)]
            largest[name] = max(largest.get(name, 0.0), abs(value))
    return Past(past.entries + 1, first, largest, recent)


def step_of(values: Mapping[str, float]) -> int:
    """The step of a log entry."""
    return int(values["step"])


def _usual(name: str, past: Past, thresholds: Thresholds) -> float | None:
    """Median magnitude of a quantity over the first entries; None before there are enough."""
    first = past.first.get(name, [])
    return float(np.median(first)) if len(first) == thresholds.baseline else None


def _non_finite(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    for name, value in values.items():
        if not math.isfinite(value):
            return f"A value that is not finite at step {step_of(values)}: {name} is {value}."
    return None


def _divergence(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    for name in SCALES:
        usual = _usual(name, past, thresholds)
        if usual is not None and abs(values.get(name, 0.0)) > thresholds.growth * max(usual, 1.0):
            return (
                f"Divergence since step {step_of(values)}: "
                f"{name} is {values[name]:.3g}, usual was {usual:.3g}."
            )
    return None


def _mode_collapse(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    for name in RATIOS:
        was_wide = past.largest.get(name, 0.0) > 3 * thresholds.variety
        expected = past.entries > thresholds.baseline and (was_wide or past.entries > 3 * thresholds.baseline)
        if expected and values.get(name, 1.0) < thresholds.variety:
            return (
                f"Mode collapse since step {step_of(values)}: "
                f"{name} of generated to real events is {values[name]:.3g}."
            )
    return None


def _vanishing(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    name = "gradient_norm_generator"
    usual = _usual(name, past, thresholds)
    if usual is None or not values.get(name, usual) <= thresholds.vanishing * usual:
        return None
    return (
        f"Vanishing generator gradients since step {step_of(values)}: "
        f"their norm is {values[name]:.3g}, usual was {usual:.3g}."
    )


def _imbalance(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    if past.entries <= thresholds.baseline:
        return None
    where = f"Imbalance since step {step_of(values)}: "
    gap, loss = values.get("critic_gap", math.nan), values.get("critic_loss", math.nan)
    if values.get("critic_accuracy", 0.0) > thresholds.accuracy:
        return f"{where}the critic is right in {values['critic_accuracy']:.1%} of its cases."
    if 0 <= loss < thresholds.saturated and gap > thresholds.certain:
        return f"{where}the critic tells real from generated for certain (loss {loss:.2g}, gap {gap:.3g})."
    usual = [_usual(name, past, thresholds) for name in ("critic_gap", "critic_loss")]
    idle = all(
        size is not None and abs(value) <= thresholds.idle * size
        for size, value in zip(usual, (gap, loss), strict=True)
    )
    if idle and values.get("gradient_norm_generator", 1.0) > 0:
        return f"{where}the critic has stopped telling real from generated (loss {loss:.2g}, gap {gap:.2g})."
    return None


def _generator_lost(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    believes = values.get("critic_believes", 1.0)
    if not believes < thresholds.lost:
        return None
    return (
        f"Generator lost since step {step_of(values)}: "
        f"the critic takes its events for real with a probability of {believes:.2g}."
    )


def _explosion(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    if "likeness" not in values or len(past.recent.get("likeness", ())) < RECENT:
        return None
    where = f"Explosion at step {step_of(values)}: "
    likeness, before = values["likeness"], float(np.median(past.recent["likeness"]))
    if likeness < before - thresholds.shift:
        return f"{where}the likeness of generated to real events fell from {before:.2g} to {likeness:.2g}."
    if len(past.recent.get("std_ratio", ())) < RECENT:
        return None
    std, before = values.get("std_ratio", math.nan), float(np.median(past.recent["std_ratio"]))
    if std < thresholds.burst * before:
        return (
            f"{where}the standard deviation of generated over that of real events fell from {before:.2g} "
            f"to {std:.2g}."
        )
    return None


SYMPTOMS: dict[str, Symptom] = {
    "non_finite": _non_finite,
    "divergence": _divergence,
    "mode_collapse": _mode_collapse,
    "vanishing_gradient": _vanishing,
    "imbalance": _imbalance,
    "generator_lost": _generator_lost,
    "explosion": _explosion,
}
SUDDEN = ("non_finite", "explosion")
"""Symptoms that are reported at the first entry that shows them."""
