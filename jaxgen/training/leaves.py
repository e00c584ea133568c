"""Conversion of a tree to named arrays on the host, and back to the structure of an example."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import PyTree


class Leaf(NamedTuple):
    """Type and shape of a leaf.

    Attributes:
      dtype: type of the leaf; `key<...>` for random keys, `int`, `float` or `bool` for Python numbers.
      shape: shape of the leaf.
      key_kind: implementation of random keys, empty for other leaves.
    """

    dtype: str
    shape: tuple[int, ...]
    key_kind: str = ""

    def empty(self) -> np.ndarray:
        """An uninitialized array with the form that `to_host` gives such a leaf."""
        if not self.key_kind:
            return np.empty(self.shape, np.dtype(self.dtype))
        bits = jax.eval_shape(lambda: jax.random.key_data(jax.random.key(0, impl=self.key_kind)))
        return np.empty((*self.shape, *bits.shape), bits.dtype)


def name_of(path: tuple[Any, ...]) -> str:
    """The name of a leaf, from its JAX path.

    >>> [name_of(path) for path, _ in jax.tree_util.tree_leaves_with_path({"critic": {"bias": 0.0}})]
    ['critic/bias']
    """
    return jax.tree_util.keystr(path, simple=True, separator="/") or "value"


def is_key(leaf: Any) -> bool:
    """Whether a leaf holds typed random keys."""
    return hasattr(leaf, "dtype") and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def describe(tree: PyTree) -> dict[str, Leaf]:
    """Names, types and shapes of all leaves; the tree may be abstract.

    Raises:
      ValueError: if a leaf is not a number, array or random key, or two leaves share a name.
    """
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    described = {name_of(path): _describe_leaf(name_of(path), leaf) for path, leaf in leaves}
    if len(described) < len(leaves):
        raise ValueError(f"Expected a name of its own for each of {len(leaves)} leaves; some names repeat.")
    return described


def to_host(tree: PyTree) -> dict[str, np.ndarray]:
    """All leaves as NumPy arrays by name, random keys as their bits.

    Raises:
      ValueError: as for `describe`, and if an array is distributed over processes.
    """
    describe(tree)
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {name_of(path): _leaf_to_host(name_of(path), leaf) for path, leaf in leaves}


def from_host(example: PyTree, arrays: Mapping[str, np.ndarray], described: Mapping[str, Leaf]) -> PyTree:
    """Puts named arrays into the structure of `example`.

    Args:
      example: a tree of the expected structure; its leaves may be abstract.
      arrays: result of `to_host`.
      described: result of `describe` for the tree of `arrays`.

    Returns:
      A tree like `example`: NumPy arrays where it has them, elsewhere JAX arrays on the devices of the
      example.

    Raises:
      ValueError: with the first leaf that is missing, superfluous, or of another shape or type.
    """
    check_same(describe(example), described)
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: _leaf_from_host(leaf, arrays[name_of(path)], described[name_of(path)]), example
    )


def check_same(wanted: Mapping[str, Leaf], found: Mapping[str, Leaf]) -> None:
    """Raises unless a checkpoint has exactly the expected leaves.

    Raises:
      ValueError: with the first leaf that differs.
    """
    for name in wanted:
        if name not in found:
            raise ValueError(f"Expected the checkpoint to hold {name}; it does not.")
        if wanted[name][:2] != found[name][:2]:
            (want_type, want_shape), (got_type, got_shape) = wanted[name][:2], found[name][:2]
            raise ValueError(
                f"Expected {name} of shape {want_shape} and type {want_type}; "
                f"the checkpoint holds shape {got_shape} and type {got_type}."
            )
    for name in found:
        if name not in wanted:
            raise ValueError(f"Expected no {name}; the checkpoint holds it, so it is of another model.")


def _describe_leaf(name: str, leaf: Any) -> Leaf:
    if isinstance(leaf, bool | int | float) and not isinstance(leaf, np.generic):
        return Leaf(type(leaf).__name__, ())
    if not hasattr(leaf, "dtype") or not hasattr(leaf, "shape") or leaf.dtype == object:
        raise ValueError(
            f"Expected numbers, arrays and random keys only; got {type(leaf).__name__} at {name}."
        )
    concrete_key = is_key(leaf) and isinstance(leaf, jax.Array)
    return Leaf(str(leaf.dtype), tuple(leaf.shape), str(jax.random.key_impl(leaf)) if concrete_key else "")


def _leaf_to_host(name: str, leaf: Any) -> np.ndarray:
    if is_key(leaf):
        leaf = jax.random.key_data(leaf)
    if isinstance(leaf, jax.Array) and not (leaf.is_fully_addressable or leaf.is_fully_replicated):
        raise ValueError(f"Expected {name} to be whole on every process; got an array spread over them.")
    return np.asarray(leaf)


def _leaf_from_host(example: Any, array: np.ndarray, described: Leaf) -> Any:
    if isinstance(example, np.generic):
        return array[()]
    if isinstance(example, np.ndarray):
        return array
    if isinstance(example, bool | int | float):
        return type(example)(array.item())
    value = jnp.array(array)  # a copy, as JAX may donate the buffer
    if described.key_kind:
        value = jax.random.wrap_key_data(value, impl=described.key_kind)
    placed = isinstance(example, jax.Array) and example.committed
    return jax.device_put(value, example.sharding) if placed else value
