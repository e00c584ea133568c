"""Networks as pairs of pure functions."""

from collections.abc import Callable
from typing import NamedTuple, cast

import flax.linen as nn

from jaxgen.base import Array, Key, PyTree


class Network(NamedTuple):
    """A network without its weights.

    Attributes:
      init: `init(key, *inputs) -> params`.
      apply: `apply(params, *inputs) -> output`.
    """

    init: Callable[..., PyTree]
    apply: Callable[..., Array]


def from_module(module: nn.Module) -> Network:
    """The two functions of a Linen module whose only variables are parameters.

    >>> import jax, jax.numpy as jnp
    >>> network = from_module(nn.Dense(3))
    >>> network.apply(network.init(jax.random.key(0), jnp.ones((2, 4))), jnp.ones((2, 4))).shape
    (2, 3)
    """

    def init(key: Key, *inputs: Array) -> PyTree:
        return module.init(key, *inputs)["params"]

    def apply(params: PyTree, *inputs: Array | None) -> Array:
        return cast(Array, module.apply({"params": params}, *inputs))

    return Network(init, apply)
