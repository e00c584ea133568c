"""Dropout whose masks cost little and do not depend on the number of devices."""

import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array

GOLDEN = np.uint32(0x9E3779B9)


def dropout(x: Array, seeds: Array | None, *, rate: float, layer: int) -> Array:
    """Sets a share of the values to zero and scales up the rest (Srivastava et al., JMLR 15, 2014).

    The mask of an example is a hash of its seed, the layer and the position. A generator with guarantees,
    such as jax.random's, takes longer than the convolutions between the masks.

    Args:
      x: [..., N], batch last.
      seeds: uint32 [N], drawn anew for every update; None keeps all values.
      rate: share to drop, within [0, 1).
      layer: number of the layer within its network.

    Returns:
      [..., N].

    Raises:
      ValueError: for a rate out of range.

    >>> kept = dropout(jnp.ones((1000, 100)), jnp.arange(100, dtype=jnp.uint32), rate=0.5, layer=0) > 0
    >>> round(float(jnp.mean(kept)), 2)
    0.5
    """
    if not 0 <= rate < 1:
        raise ValueError(f"Expected a dropout rate within [0, 1); got {rate}.")
    if seeds is None or rate == 0:
        return x
    checks.shape("seeds", seeds, (x.shape[-1],))
    position = jnp.arange(math.prod(x.shape[:-1]), dtype=jnp.uint32).reshape(*x.shape[:-1], 1)
    seeds = _scramble(seeds + np.uint32((layer + 1) * int(GOLDEN) % 2**32))
    keep = _scramble((position * GOLDEN) ^ seeds) >= np.uint32(rate * 2**32)
    return x * (keep.astype(x.dtype) * (1 / (1 - rate)))


def _scramble(x: Array) -> Array:
    """The finalizer of MurmurHash3, in which every input bit reaches every output bit."""
    x = (x ^ lax.shift_right_logical(x, np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ lax.shift_right_logical(x, np.uint32(13))) * np.uint32(0xC2B2AE35)
    return x ^ lax.shift_right_logical(x, np.uint32(16))
