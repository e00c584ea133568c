"""Leaves of a parameter tree by name."""

from collections.abc import Callable, Mapping

import jax

from jaxgen.base import Array, PyTree

Predicate = Callable[[str, Array], bool]


def is_kernel(name: str, leaf: Array) -> bool:
    """Whether a leaf is a matrix or a convolution kernel; biases and scales are not."""
    del name
    return leaf.ndim >= 2


def select(params: PyTree, where: Predicate = is_kernel) -> dict[str, Array]:
    """The leaves selected by `where(name, leaf)`, by name: their keys joined by "/".

    >>> import jax.numpy as jnp
    >>> list(select({"Dense_0": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}}))
    ['Dense_0/kernel']
    """
    leaves = jax.tree_util.tree_leaves_with_path(params)
    named = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    return {name: leaf for name, leaf in named.items() if where(name, leaf)}


def replace(params: PyTree, new: Mapping[str, Array]) -> PyTree:
    """The tree with the named leaves replaced."""

    def exchange(path: tuple, leaf: Array) -> Array:
        return new.get(jax.tree_util.keystr(path, simple=True, separator="/"), leaf)

    return jax.tree_util.tree_map_with_path(exchange, params)
