"""Watches what a run logs for the ways in which adversarial training goes wrong.

The detectors read only past values, so what is found in the first half of a run does not depend on the
second half, and a resumed run that reads its log again finds what it found before.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, PyTree
from jaxgen.training import leaves

SCALES = ("critic_gap", "critic_loss", "slope", "loss")
SPREADS = ("spread_ratio", "distance_ratio", "nearest_ratio")


class Finding(NamedTuple):
    """Something that went wrong.

    Attributes:
      kind: `non_finite`, `divergence`, `mode_collapse`, `vanishing_gradient` or `imbalance`.
      step: where it began.
      message: a sentence on what was seen and when.
    """

    kind: str
    step: int
    message: str


@dataclass(frozen=True)
class Thresholds:
    """When a detector speaks; the defaults are far outside of healthy training.

    Attributes:
      baseline: number of first log entries whose median is what is usual in this run.
      patience: number of entries in a row that must look wrong, or right again.
      growth: divergence is a critic's gap, loss or slope so many times the usual one, and so many times 1.
      spread: mode collapse is a generated spread below this share of the real one, once it has been
        three times as large or three baselines have passed.
      vanishing: vanishing is a generator's gradient norm below this share of the usual one.
      idle: imbalance is a critic whose gap and loss are below this share of the usual ones,
      saturated: or a loss that cannot be negative within this of zero, at a gap above `certain`,
      certain: in units of the score, so log-odds where it matters,
      accuracy: or a critic's accuracy above this, where it is logged.
    """

    baseline: int = 10
    patience: int = 3
    growth: float = 100.0
    spread: float = 0.1
    vanishing: float = 1e-3
    idle: float = 1e-4
    saturated: float = 1e-3
    certain: float = 10.0
    accuracy: float = 0.995

    def __post_init__(self) -> None:
        checks.positive(**vars(self))


class Past(NamedTuple):
    """What a detector remembers of the entries so far.

    Attributes:
      entries: how many there were, this one included.
      first: the first values of each quantity, as many as the baseline has.
      largest: the largest absolute value of each quantity.
    """

    entries: int
    first: dict[str, list[float]]
    largest: dict[str, float]


class Spread(NamedTuple):
    """How varied generated events are, in units of how varied real ones are; 1 where they agree.

    Attributes:
      spread_ratio: standard deviation over the events, all values of an event taken together.
      distance_ratio: mean distance of two events.
      nearest_ratio: mean distance to the nearest other event; it alone sees events that come in a few
        kinds only.
    """

    spread_ratio: Array
    distance_ratio: Array
    nearest_ratio: Array


Symptom = Callable[[Mapping[str, float], Past, Thresholds], str | None]


def watch(history: Sequence[Mapping[str, Any]], *, thresholds: Thresholds | None = None) -> list[Finding]:
    """Everything that went wrong in a run, in the order in which it became certain.

    A finding comes once where it begins, and again only after the run has looked right in between. The
    findings of a longer history begin with those of a shorter one, so the new ones are
    `watch(history)[number_known:]`.

    Args:
      history: log entries, each with a `step` and any of `critic_gap`, `critic_loss`, `slope`, `loss`,
        `gradient_norm_generator`, `critic_accuracy`, and the fields of `Spread`; other quantities are
        only watched for values that are not finite. For runs with members see `of_member`.
      thresholds: when to speak.

    Returns:
      The findings.

    >>> gradients = 10 * [1.0] + 5 * [1e-6]
    >>> entries = [{"step": 100 * i, "gradient_norm_generator": g} for i, g in enumerate(gradients)]
    >>> [(finding.kind, finding.step) for finding in watch(entries)]
    [('vanishing_gradient', 1000)]
    """
    watcher = Watcher(thresholds)
    return [finding for entry in history for finding in watcher.observe(entry)]


class Watcher:
    """`watch` for entries that come one by one.

    Args:
      thresholds: when to speak.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._past = Past(0, {}, {})
        patience = self._thresholds.patience
        self._alarms = {name: Alarm(1 if name == "non_finite" else patience) for name in SYMPTOMS}

    def observe(self, entry: Mapping[str, Any]) -> list[Finding]:
        """The findings that an entry makes certain."""
        values = {name: float(value) for name, value in entry.items() if np.ndim(value) == 0}
        step, findings = _step(values), []
        self._past = _remember(self._past, values, self._thresholds.baseline)
        for kind, symptom in SYMPTOMS.items():
            seen = symptom(values, self._past, self._thresholds)
            onset = self._alarms[kind].ring(step, seen)
            if onset is not None:
                findings.append(Finding(kind, *onset))
        return findings


class Alarm:
    """Rings once when a symptom has lasted, and is armed again when its absence has.

    Args:
      patience: number of entries that is lasting.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._onset: tuple[int, str] | None = None
        self._lasted = 0
        self._armed = True

    def ring(self, step: int, seen: str | None) -> tuple[int, str] | None:
        """Step and words of the onset, at the entry at which the symptom has lasted; else None."""
        if (seen is not None) != self._armed:  # as it was: healthy and armed, or ill and told
            self._lasted = 0
            return None
        if self._lasted == 0 and seen is not None:
            self._onset = (step, seen)
        self._lasted += 1
        if self._lasted < self._patience:
            return None
        self._lasted = 0
        self._armed = not self._armed
        return self._onset if not self._armed else None


def of_member(entry: Mapping[str, Any], member: int) -> dict[str, Any]:
    """The log entry of one member of a run with several.

    >>> of_member({"step": 1, "loss": [0.5, 0.7]}, 1)
    {'step': 1, 'loss': 0.7}
    """
    return {name: value[member] if np.ndim(value) else value for name, value in entry.items()}


def spread(real: Array, fake: Array) -> Spread:
    """Compares how varied generated and real events of one batch are.

    Args:
      real: [B, ...], B > 1, in the units that the critic sees.
      fake: [B, ...], for the same conditions.

    Returns:
      Three ratios; infinite where real events are all alike and generated ones are not.

    Raises:
      ValueError: where the shapes differ.
    """
    checks.same_shape(real=real, fake=fake)
    return Spread(*map(_ratio, _extent(fake), _extent(real)))


def first_nonfinite(tree: PyTree) -> str | None:
    """Name of the first leaf with a NaN or an infinity, such as `params/critic/Dense_0/kernel`, or None.

    >>> first_nonfinite({"critic": {"bias": np.array([0.0, np.inf])}, "generator": 1.0})
    'critic/bias'
    """
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if not leaves.is_key(leaf) and not np.isfinite(np.asarray(leaf)).all():
            return leaves.name_of(path)
    return None


def _extent(events: Array) -> tuple[Array, Array, Array]:
    """Standard deviation, mean distance, and mean distance to the nearest, of events [B, ...]."""
    flat = jnp.reshape(events, (len(events), -1)).astype(jnp.float32)
    flat = flat - flat.mean(axis=0)
    squares = jnp.sum(flat**2, axis=1)
    distances = jnp.sqrt(jnp.maximum(squares[:, None] + squares[None] - 2 * flat @ flat.T, 0.0))
    number = len(flat)
    off_diagonal = ~jnp.eye(number, dtype=bool)
    mean = jnp.sum(distances * off_diagonal) / max(number * (number - 1), 1)
    nearest = jnp.mean(jnp.min(jnp.where(off_diagonal, distances, jnp.inf), axis=1))
    return jnp.sqrt(jnp.mean(squares)), mean, nearest


def _ratio(fake: Array, real: Array) -> Array:
    return jnp.where(fake == real, 1.0, fake / real)


def _remember(past: Past, values: Mapping[str, float], baseline: int) -> Past:
    first, largest = dict(past.first), dict(past.largest)
    for name, value in values.items():
        if math.isfinite(value):
            if len(first.get(name, ())) < baseline:
                first[name] = [*first.get(name, ()), abs(value)]
            largest[name] = max(largest.get(name, 0.0), abs(value))
    return Past(past.entries + 1, first, largest)


def _usual(name: str, past: Past, thresholds: Thresholds) -> float | None:
    """Median size of a quantity over the first entries; None before there are enough."""
    first = past.first.get(name, [])
    return float(np.median(first)) if len(first) == thresholds.baseline else None


def _non_finite(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    for name, value in values.items():
        if not math.isfinite(value):
            return f"A value that is not finite at step {_step(values)}: {name} is {value}."
    return None


def _divergence(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    for name in SCALES:
        usual = _usual(name, past, thresholds)
        if usual is not None and abs(values.get(name, 0.0)) > thresholds.growth * max(usual, 1.0):
            return (
                f"Divergence since step {_step(values)}: {name} is {values[name]:.3g}, usual was {usual:.3g}."
            )
    return None


def _mode_collapse(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    for name in SPREADS:
        was_wide = past.largest.get(name, 0.0) > 3 * thresholds.spread
        expected = past.entries > thresholds.baseline and (was_wide or past.entries > 3 * thresholds.baseline)
        if expected and values.get(name, 1.0) < thresholds.spread:
            return (
                f"Mode collapse since step {_step(values)}: "
                f"{name} of generated to real events is {values[name]:.3g}."
            )
    return None


def _vanishing(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    name = "gradient_norm_generator"
    usual = _usual(name, past, thresholds)
    if usual is None or not values.get(name, usual) <= thresholds.vanishing * usual:
        return None
    return (
        f"Vanishing generator gradients since step {_step(values)}: "
        f"their norm is {values[name]:.3g}, usual was {usual:.3g}."
    )


def _imbalance(values: Mapping[str, float], past: Past, thresholds: Thresholds) -> str | None:
    if past.entries <= thresholds.baseline:
        return None
    where = f"Imbalance since step {_step(values)}: "
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


def _step(values: Mapping[str, float]) -> int:
    return int(values["step"])


SYMPTOMS: dict[str, Symptom] = {
    "non_finite": _non_finite,
    "divergence": _divergence,
    "mode_collapse": _mode_collapse,
    "vanishing_gradient": _vanishing,
    "imbalance": _imbalance,
}
