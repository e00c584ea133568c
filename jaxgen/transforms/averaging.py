"""Averages of several parameter trees, such as checkpoints."""

import operator
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, PyTree


def average(trees: Sequence[PyTree], *, weights: Sequence[float] | None = None) -> PyTree:
    """Weighted mean of parameter trees, leaf by leaf (arXiv:1803.05407).

    Args:
      trees: one or more of the same structure and shapes.
      weights: one per tree, not negative, with a positive sum; None for equal weights.

    Returns:
      A tree with the structure of the input trees.

    Raises:
      ValueError: if the trees or weights do not match.

    >>> average([{"a": 1.0}, {"a": 4.0}], weights=[1, 1])
    {'a': Array(2.5, dtype=float32)}
    """
    if not trees:
        raise ValueError("Expected at least one tree to average; got none.")
    weights = [1.0] * len(trees) if weights is None else weights
    if len(weights) != len(trees) or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError(
            f"Expected {len(trees)} weights that are not negative, of positive sum; got {weights}."
        )
    structures: list[Any] = [jax.tree.structure(tree) for tree in trees]
    for number, structure in enumerate(structures):
        if structure != structures[0]:
            raise ValueError(f"Expected tree {number} to have the structure of tree 0; got another one.")
    shares = [weight / sum(weights) for weight in weights]

    def mean(*leaves: Array) -> Array:
        arrays = {f"leaf of tree {number}": jnp.asarray(leaf) for number, leaf in enumerate(leaves)}
        checks.same_shape(**arrays)
        return sum(map(operator.mul, shares, arrays.values()), start=jnp.zeros(()))

    return jax.tree.map(mean, *trees)
