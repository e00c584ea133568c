"""Watches what a run logs for the ways in which adversarial training goes wrong.

The detectors read only past values, so what is found in the first half of a run does not depend on the
second half, and a resumed run that reads its log again finds what it found before.
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
    """Something that went wrong.

    Attributes:
      kind: one of `symptoms.SYMPTOMS`: `non_finite`, `divergence`, `mode_collapse`, `vanishing_gradient`,
        `imbalance`, `generator_lost` or `explosion`.
      step: where it began.
      message: a sentence on what was seen and when.
    """

    kind: str
    step: int
    message: str


class Variety(NamedTuple):
    """How varied generated events are, in units of how varied real ones are; 1 where they agree.

    Attributes:
      std_ratio: standard deviation over the events, all values of an event taken together.
      distance_ratio: mean distance of two events.
      nearest_ratio: mean distance to the nearest other event; it alone sees events that come in a few
        kinds only.
    """

    std_ratio: Array
    distance_ratio: Array
    nearest_ratio: Array


def watch(history: Sequence[Mapping[str, Any]], *, thresholds: Thresholds | None = None) -> list[Finding]:
    """Everything that went wrong in a run, in the order in which it became certain.

    A finding comes once where it begins, and again only after the run has looked right in between. The
    findings of a longer history begin with those of a shorter one, so the new ones are
    `watch(history)[number_known:]`.

    Args:
      history: log entries, each with a `step` and any of `critic_gap`, `critic_loss`, `slope`, `loss`,
        `gradient_norm_generator`, `critic_accuracy`, `critic_believes`, `likeness`, and the fields of
        `Variety`; other quantities are only watched for values that are not finite. For runs with members
        see `of_member`.
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
        self._past = symptoms.NOTHING
        self._before: dict[str, float] = {}
        patience = self._thresholds.patience
        self._alarms = {name: Alarm(1 if name in SUDDEN else patience) for name in SYMPTOMS}

    def observe(self, entry: Mapping[str, Any]) -> list[Finding]:
        """The findings that an entry makes certain."""
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
    """A watcher for each member of a run; those that died are not watched any more.

    Args:
      members: how many, K.
      thresholds: when to speak.

    >>> watchers = Watchers(2)
    >>> watchers.observe({"step": 5, "loss": [1.0, float("nan")]})
    ['Member 1: A value that is not finite at step 5: loss is nan.']
    """

    def __init__(self, members: int, thresholds: Thresholds | None = None) -> None:
        self._watchers = [Watcher(thresholds) for _ in range(members)]

    def observe(self, entry: Mapping[str, Any]) -> list[str]:
        """A sentence for each finding that an entry of the log makes certain."""
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


def variety(real: Array, fake: Array) -> Variety:
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
    return Variety(*map(_ratio, _extent(fake), _extent(real)))


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
