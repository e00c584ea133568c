"""Functions whose gradients stay finite where those of the textbook formula do not."""

import jax
import jax.numpy as jnp

from jaxgen.base import Array, PyTree


def typed_as(tree: PyTree, example: PyTree) -> PyTree:
    """The tree with its leaves cast to the types of the leaves of another tree.

    With 64-bit numbers enabled, sums over a batch are wider than the values they replace.
    """
    return jax.tree.map(lambda x, like: x if x.dtype == like.dtype else x.astype(like.dtype), tree, example)


def safe_norm(x: Array, *, axis: int | None = None) -> Array:
    """Euclidean norm whose gradient at zero is zero, not NaN.

    Args:
      x: [..., D, ...].
      axis: axis to reduce; None for all axes.

    Returns:
      The norm, with the shape of `x` without `axis`.

    >>> float(jax.grad(lambda x: safe_norm(x))(jnp.zeros(3)).sum())
    0.0
    """
    return safe_sqrt(jnp.sum(jnp.square(x), axis=axis))


def safe_sqrt(x: Array) -> Array:
    """Square root of x >= 0 whose gradient at zero is zero, not infinite.

    >>> float(jax.grad(safe_sqrt)(0.0))
    0.0
    """
    zero = x <= 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, x)))


def safe_log(x: Array, *, floor: float = 1e-12) -> Array:
    """Logarithm of max(x, floor).

    >>> round(float(safe_log(jnp.array(0.0))), 3)
    -27.631
    """
    return jnp.log(jnp.maximum(x, floor))


def global_norm(tree: object) -> Array:
    """Euclidean norm over all leaves of a tree.

    >>> float(global_norm({"a": jnp.array([3.0]), "b": jnp.array([4.0])}))
    5.0
    """
    return safe_sqrt(sum((jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(tree)), start=jnp.zeros(())))
