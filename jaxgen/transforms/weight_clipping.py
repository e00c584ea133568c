"""Weight clipping of a parameter tree."""

import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, Key, PyTree, Transform


def weight_clipping(*, limit: float = 0.01) -> Transform:
    """Clips every parameter, including biases, to [-limit, limit] (arXiv:1701.07875, algorithm 1).

    To be applied to the parameters after each update of the critic.

    Args:
      limit: limit c > 0; the source uses 0.01.

    Returns:
      The transform; it has no state.

    Raises:
      ValueError: for a limit that is not positive.

    >>> transform = weight_clipping(limit=0.5)
    >>> transform.apply({"bias": jnp.array([0.25, -2.0])}, ())
    ({'bias': Array([ 0.25, -0.5 ], dtype=float32)}, ())
    """
    checks.positive(limit=limit)

    def init(key: Key, params: PyTree) -> PyTree:
        del key, params
        return ()

    def clip(leaf: Array) -> Array:
        return jnp.clip(leaf, -limit, limit)

    return Transform(init, lambda params, state: (jax.tree.map(clip, params), state))
