"""Networks as pure functions, and sampling with a network from random numbers."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree, Sampler, Scaler
from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces


class Network(NamedTuple):
    """A network without its weights.

    Attributes:
      init: `init(key, *inputs) -> params`.
      apply: `apply(params, *inputs) -> output`.
      features: `features(params, *inputs)`, input of its last dense layer; None if unknown.
    """

    init: Callable[..., PyTree]
    apply: Callable[..., Array]
    features: Callable[..., Array] | None = None


def from_module(module: nn.Module) -> Network:
    """The functions of a Linen module whose only variables are parameters.

    Raises:
      ValueError: at `init`, for a module with variables of other collections; at `features`, for a module
        without a dense layer.

    >>> import jax
    >>> network = from_module(nn.Dense(3))
    >>> network.apply(network.init(jax.random.key(0), jnp.ones((2, 4))), jnp.ones((2, 4))).shape
    (2, 3)
    """

    def init(key: Key, *inputs: Array) -> PyTree:
        variables = module.init(key, *inputs)
        if others := sorted(set(variables) - {"params"}):
            raise ValueError(
                f"Expected a module {type(module).__name__} whose only variables are parameters; "
                f"got {others[0]}."
            )
        return variables.get("params", {})

    def apply(params: PyTree, *inputs: Array | None) -> Array:
        return cast(Array, module.apply({"params": params}, *inputs))

    def features(params: PyTree, *inputs: Array | None) -> Array:
        seen: list[Array] = []

        def keep(following: Any, arguments: Any, options: Any, context: Any) -> Any:
            if isinstance(context.module, nn.Dense) and context.method_name == "__call__":
                seen.append(arguments[0])
            return following(*arguments, **options)

        with nn.intercept_methods(keep):
            apply(params, *inputs)
        if not seen:
            raise ValueError(f"Expected a module {type(module).__name__} with a dense layer; got none.")
        return seen[-1]

    return Network(init, apply, features)


def latent_sampler(
    network: Network, *, latent: int, features: Callable[[Array], Array], scaler: Scaler
) -> Sampler:
    """Events generated from features and standard normal numbers.

    Args:
      network: `apply(params, features, latent) -> data`, in scaled units.
      latent: number of normal numbers per event.
      features: conditions to input features.
      scaler: physical units to scaled units, and back.

    Returns:
      See `base.Sampler`; its parameters are those of the network.
    """

    def sample(key: Key, params: PyTree, condition: Array, first: Any = 0) -> Array:
        def rows(place: Array, condition: Array) -> Array:
            start = random_numbers.times(place, latent)
            drawn = random_numbers.normal(key, (len(condition), latent), start=start)
            return scaler.inverse(network.apply(params, features(condition), drawn))

        return map_pieces(rows, condition, first=first)

    return sample


def in_units(sample: Sampler, unit: Callable[[Array], Array]) -> Sampler:
    """A sampler whose events are multiplied by a unit that depends on their condition.

    Args:
      sample: sampler of events in that unit.
      unit: `unit(condition) -> [N]`.

    >>> plain = lambda key, params, condition, first: jnp.ones((len(condition), 2))
    >>> in_units(plain, lambda condition: condition[:, 0])(None, {}, jnp.array([[3.0]]), 0).tolist()
    [[3.0, 3.0]]
    """

    def multiplied(key: Key, params: PyTree, condition: Array, first: Any = 0) -> Array:
        data = sample(key, params, condition, first)
        return data * along(unit(condition), data)

    return multiplied


def along(units: Array, data: Array) -> Array:
    """One number per event, reshaped to multiply all numbers of the event."""
    return jnp.reshape(units, (-1,) + (1,) * (data.ndim - 1))
