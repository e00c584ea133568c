"""Settings of a learner that have no effect because of the values of other settings."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Need(NamedTuple):
    """Condition under which a setting has an effect.

    Attributes:
      setting: the other setting that it depends on, which must have an effect itself.
      holds: condition on the value of that setting.
    """

    setting: str
    holds: Callable[[Any], bool]


def _one_of(*names: str) -> Callable[[Any], bool]:
    """Whether a name, or any of several names, is in a list."""
    return lambda value: any(one in names for one in ([value] if isinstance(value, str) else value))


_PENALTY = Need("regularizer", _one_of("gradient_penalty"))
_NORM = Need("regularizer", _one_of("spectral_norm"))
_ADAM = Need("optimizer", _one_of("adam"))
_TURNS = Need("stepping", _one_of("fixed", "stochastic"))
_BUFFER = Need("buffer_capacity", lambda events: events > 0)

NEEDS: Mapping[str, Need] = {
    "b1": _ADAM,
    "b2": _ADAM,
    "decay_factor": Need("decay", _one_of("exponential")),
    "penalty_weight": _PENALTY,
    "penalty_target": _PENALTY,
    "one_sided": _PENALTY,
    "last_layer_weight": Need("regularizer", _one_of("last_layer_squared", "last_layer_absolute")),
    "clip": Need("regularizer", _one_of("weight_clipping")),
    "gradient_clip": Need("regularizer", _one_of("gradient_clipping")),
    "spectral_bound": _NORM,
    "spectral_form": _NORM,
    "spectral_final_bound": Need("spectral_form", _one_of("scheduled")),
    "bound_penalty_weight": Need("spectral_form", _one_of("learnable")),
    "spectral_steps": _NORM,
    "spectral_operator": _NORM,
    "critic_steps": _TURNS,
    "generator_steps": _TURNS,
    "reuse_batch": Need("stepping", _one_of("fixed")),
    "critic_threshold": Need("stepping", _one_of("dynamic")),
    "feature_noise_epochs": Need("feature_noise", lambda deviation: deviation > 0),
    "start_iterations": Need("start", _one_of("kmeans")),
    "buffer_scale": _BUFFER,
    "buffer_added": _BUFFER,
}
"""Conditions by setting; a setting that is not listed always has an effect."""


def idle(values: Mapping[str, Any]) -> set[str]:
    """Names of the settings that have no effect.

    Args:
      values: all settings of a model by name.

    >>> given = {"optimizer": "sgd", "b1": 0.9, "decay": "constant", "decay_factor": 0.99, "steps": 5}
    >>> sorted(idle(given))
    ['b1', 'decay_factor']
    """
    return {name for name in values if not _plays_a_role(name, values)}


def _plays_a_role(name: str, values: Mapping[str, Any]) -> bool:
    need = NEEDS.get(name)
    if need is None or need.setting not in values:
        return True
    return need.holds(values[need.setting]) and _plays_a_role(need.setting, values)
