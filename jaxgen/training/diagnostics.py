"""Detects common failures of adversarial training from the log of a run.

The detectors use only past values, so findings in the first half of a run do not depend on the
second half, and a resumed run that reads its log repeats the same findings.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.training import symptoms
from jaxgen.training.symptoms import SUDDEN, SYMPTOMS, Thresholds


class Finding(NamedTuple):
    """A problem in the training.

    Attributes:
      kind: one of `symptoms.SYMPTOMS`: `non_finite`, `divergence`, `mode_collapse`, `vanishing_gradient`,
        `imbalance`, `generator_lost` or `explosion`.
      step: update at which it began.
      message: sentence on what was observed and when.
    """

    kind: str
    step: int
    message: str


class Variety(NamedTuple):
    """Variety of generated events relative to that of real ones; 1 if they agree.

    Attributes:
      std_ratio: ratio of standard deviations over the events, for all values of an event together.
      distance_ratio: ratio of mean distances between two events.
      nearest_ratio: ratio of mean distances to the nearest other event; only this one detects events that are
        concentrated in a few kinds.
    """

    std_ratio: Array
    distance_ratio: Array
    nearest_ratio: Array


def watch(history: Sequence[Mapping[str, Any]], *, thresholds: Thresholds | None = None) -> list[Finding]:
    """All problems in a run, in the order of detection.

    A finding is reported once when the problem begins, and again only after the run has looked normal in
    between.
    The findings of a longer history begin with those of a shorter one, so the new ones are
    `watch(history)[number_known:]`.

    Args:
      history: log entries, each with a `step` and any of `critic_gap`, `critic_loss`, `slope`, `loss`,
        `gradient_norm_generator`, `critic_accuracy`, `critic_believes`, `likeness`, and the fields of
        `Variety`; other quantities are only checked for values that are not finite. For runs with several
        members see `of_member`.
      thresholds: thresholds of the detectors.

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
    """`watch` for entries that arrive one by one.

    Args:
      thresholds: thresholds of the detectors.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._past = symptoms.NOTHING
        self._before: dict[str, float] = {}
        patience = self._thresholds.patience
        self._alarms = {name: Alarm(1 if name in SUDDEN else patience) for name in SYMPTOMS}

    def observe(self, entry: Mapping[str, Any]) -> list[Finding]:
        """The new findings after an entry."""
        values = {name: float(value) for name, value in entry.items() if np.ndim(value) == 0}
        step, findings = symptoms.step_of(values), []
        self._past = symptoms.remember(self._past, self._before, values, self._thresholds.baseline)
        self._before = values
        for kind, symptom in SYMPTOMS.items():
            seen = symptom(values, self._past, self._thresholds)
            onset = self._alarms[kind].ring(step, seen)
            if onset is not None:
                findings.append(Finding(kind, *onset))
        return findings


class Watchers:
    """A watcher for each member of a run; dead members are ignored.

    Args:
      members: number of members, K.
      thresholds: thresholds of the detectors.

    >>> watchers = Watchers(2)
    >>> watchers.observe({"step": 5, "loss": [1.0, float("nan")]})
    ['Member 1: A value that is not finite at step 5: loss is nan.']
    """

    def __init__(self, members: int, thresholds: Thresholds | None = None) -> None:
        self._watchers = [Watcher(thresholds) for _ in range(members)]

    def observe(self, entry: Mapping[str, Any]) -> list[str]:
        """A sentence for each new finding after an entry of the log."""
        sentences = []
        died = entry.get("died", [0] * len(self._watchers))
        for member, watcher in enumerate(self._watchers):
            if died[member]:
                continue
            name = f"Member {member}: " if len(self._watchers) > 1 else ""
            found = watcher.observe(of_member(entry, member))
            sentences += [f"{name}{finding.message}" for finding in found]
        return sentences


class Alarm:
    """Reports a symptom once when it has lasted, and is reset when it has been absent as long.

    Args:
      patience: number of consecutive entries required.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._onset: tuple[int, str] | None = None
        self._lasted = 0
        self._armed = True

    def ring(self, step: int, seen: str | None) -> tuple[int, str] | None:
        """Step and description of the onset, at the entry at which the symptom has lasted; else None."""
        if (
            seen is not None
        ) != self._armed:  # unchanged: no symptom and none reported, or a symptom already reported
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
    """The log entry of one member of a run with several members.

    >>> of_member({"step": 1, "loss": [0.5, 0.7]}, 1)
    {'step': 1, 'loss': 0.7}
    """
    return {name: value[member] if np.ndim(value) else value for name, value in entry.items()}


def variety(real: Array, fake: Array) -> Variety:
    """Compares the variety of generated and real events of one batch.

    Args:
      real: real events, [B, ...], B > 1, in scaled units.
      fake: generated events [B, ...], for the same conditions.

    Returns:
      Three ratios; infinite if all real events are equal and generated ones are not.

    Raises:
      ValueError: if the shapes differ.
    """
    checks.same_shape(real=real, fake=fake)
    return Variety(*map(_ratio, _extent(fake), _extent(real)))


def _extent(events: Array) -> tuple[Array, Array, Array]:
    """Standard deviation, mean distance, and mean distance to the nearest event, for events [B, ...]."""
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
