"""Dropout with cheap masks that do not depend on the number of devices."""

import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array

GOLDEN, MIXING = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)  # odd, with bits set at all positions
DOMAIN = 0x64726F70  # separates the constants of positions from other uses of the generator


def dropout(x: Array, seeds: Array | None, *, rate: float, layer: int) -> Array:
    """Sets a fraction of the values to zero and scales up the rest (Srivastava et al., JMLR 15, 2014).

    The mask of an example is a hash of its seed and of a constant for each position of each layer. A random
    number generator with statistical guarantees, such as that of jax.random, takes longer than the
    convolutions.

    Args:
      x: [..., N], batch last.
      seeds: uint32 [N], drawn anew for every update; None keeps all values.
      rate: fraction to drop, within [0, 1).
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
    positions = _numbers(layer, math.prod(x.shape[:-1])).reshape(*x.shape[:-1], 1)
    bits = (positions ^ seeds) * GOLDEN
    bits = (bits ^ lax.shift_right_logical(bits, np.uint32(15))) * MIXING
    return jnp.where(bits >= np.uint32(rate * 2**32), x * (1 / (1 - rate)), 0)


def _numbers(layer: int, count: int) -> np.ndarray:
    """Random constants, uint32 [count], that differ between positions and layers."""
    return np.random.default_rng((layer, DOMAIN)).integers(0, 2**32, count, np.uint32)
