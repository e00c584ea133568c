"""Bounds on the spectral norm of each layer: the adaptive forms of spectral normalization.

A `Bound` returns a number c for each kernel; `spectral_norm` then scales the kernel to the norm c, or, in its
soft form, only if the norm is above c.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, PyTree
from jaxgen.transforms import leaves

LEARNED = "spectral_bound"
"""Key of the learnable bounds at the top of a parameter tree."""

Values = dict[str, Array]


class Bound(NamedTuple):
    """Spectral norms required of a set of kernels.

    Attributes:
      init: `init(names) -> state`, for the names of all kernels.
      value: `value(names, state, learned) -> (values, state)`, called once per application; `learned` holds
        the raw learnable bounds, or is empty.
    """

    init: Callable[[tuple[str, ...]], PyTree]
    value: Callable[[tuple[str, ...], PyTree, Values], tuple[Values, PyTree]]


def fixed(bound: float | Mapping[str, float] = 1.0) -> Bound:
    """A constant bound: one for all kernels, or one for each name.

    Raises:
      ValueError: for a bound that is not positive, and at `init` for a kernel without one.
    """
    checks.positive(**(dict(bound) if isinstance(bound, Mapping) else {"bound": bound}))

    def init(names: tuple[str, ...]) -> PyTree:
        if isinstance(bound, Mapping):
            _same_names(names, bound)
        return ()

    def value(names: tuple[str, ...], state: PyTree, learned: Values) -> tuple[Values, PyTree]:
        del learned
        given = bound if isinstance(bound, Mapping) else dict.fromkeys(names, bound)
        return {name: jnp.float32(given[name]) for name in names}, state

    return Bound(init, value)


def shared(budget: float) -> Bound:
    """budget^(1/L) for each of L kernels, so that their product, a Lipschitz bound, is the budget."""
    checks.positive(budget=budget)

    def value(names: tuple[str, ...], state: PyTree, learned: Values) -> tuple[Values, PyTree]:
        del learned
        return _everywhere(names, jnp.float32(budget ** (1 / len(names)))), state

    return Bound(lambda names: (), value)


def scheduled(schedule: Callable[[Array], Array]) -> Bound:
    """schedule(count) for all kernels, where count is the number of applications so far."""

    def value(names: tuple[str, ...], state: PyTree, learned: Values) -> tuple[Values, PyTree]:
        del learned
        return _everywhere(names, jnp.asarray(schedule(state), jnp.float32)), state + 1

    return Bound(lambda names: jnp.zeros((), jnp.int32), value)


def learnable() -> Bound:
    """softplus(rho) for each kernel, where rho is a parameter.

    `with_learnable_bounds` adds these parameters; `learnable_bound_penalty` limits their growth.

    Raises:
      ValueError: at application, if the parameters have no such bounds.
    """

    def value(names: tuple[str, ...], state: PyTree, learned: Values) -> tuple[Values, PyTree]:
        _same_names(names, learned)
        return {name: jax.nn.softplus(learned[name]) for name in names}, state

    return Bound(lambda names: (), value)


def feedback(initial: float = 1.0) -> Bound:
    """One bound for all kernels, stored in the state and adjusted by `follow_slope`."""
    checks.positive(initial=initial)

    def value(names: tuple[str, ...], state: PyTree, learned: Values) -> tuple[Values, PyTree]:
        del learned
        return _everywhere(names, state), state

    return Bound(lambda names: jnp.float32(initial), value)


def follow_slope(
    bound: Array,
    slope: Array,
    *,
    layers: int,
    target: float = 1.0,
    rate: float = 0.01,
    lowest: float = 0.1,
    highest: float = 10.0,
) -> Array:
    """Adjusts the bound of `feedback` so that the gradient norm of the critic approaches a target.

    The gradient norm of a network of L layers scales about as c^L, hence c <- c (target / slope)^(rate / L).

    Args:
      bound: scalar c, `state.bound` of `spectral_norm`.
      slope: measured norm of the critic's gradient with respect to events, a scalar.
      layers: number of layers, L.
      target: target of the gradient norm.
      rate: fraction of the logarithmic difference that one call removes.
      lowest: lower limit of the bound.
      highest: upper limit of the bound.

    Returns:
      The new bound; the old one if the slope is not a positive finite number.

    >>> float(follow_slope(jnp.float32(2.0), jnp.float32(4.0), layers=1, rate=0.5))
    1.0
    """
    sound = jnp.isfinite(slope) & (slope > 0)
    moved = bound * (target / jnp.where(sound, slope, target)) ** (rate / layers)
    return jnp.clip(moved, lowest, highest)


def with_learnable_bounds(
    params: PyTree, *, initial: float = 1.0, where: leaves.Predicate = leaves.is_kernel
) -> PyTree:
    """Adds a learnable bound for each kernel to a parameter tree, under the key `LEARNED`.

    Args:
      params: a dictionary.
      initial: initial bound, after the softplus.
      where: selection of kernels, as for `spectral_norm`.

    Returns:
      The dictionary with one more key.
    """
    checks.positive(initial=initial)
    raw = math.log(math.expm1(initial))
    return {**params, LEARNED: {name: jnp.float32(raw) for name in leaves.select(params, where)}}


def without_learnable_bounds(params: PyTree) -> tuple[PyTree, Values]:
    """Splits a parameter tree into the rest and the raw learnable bounds by name."""
    if not (isinstance(params, Mapping) and LEARNED in params):
        return params, {}
    return {key: tree for key, tree in params.items() if key != LEARNED}, params[LEARNED]


def learnable_bound_penalty(params: PyTree, *, target: float = 1.0) -> Array:
    """Mean of log(c / target)^2 over the learnable bounds c, to be added to the critic's loss.

    Without it, a loss that rewards a steep critic increases the bounds.
    """
    _, learned = without_learnable_bounds(params)
    if not learned:
        raise ValueError("Expected parameters with learnable bounds; got none.")
    logs = jnp.stack([jnp.log(jax.nn.softplus(raw)) for raw in learned.values()])
    return jnp.mean(jnp.square(logs - math.log(target)))


def _everywhere(names: tuple[str, ...], bound: Array) -> Values:
    return {name: bound for name in names}  # noqa: C420, mypy reads dict.fromkeys as holding None


def _same_names(names: tuple[str, ...], given: Mapping[str, object]) -> None:
    if set(names) != set(given):
        raise ValueError(f"Expected a bound for each of {sorted(names)}; got {sorted(given)}.")
