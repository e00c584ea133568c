"""Normal numbers, the same as jax.random's, in a single fused loop.

On CPU jax.random runs the rounds of its generator as a loop over arrays, which takes as long as a generator
of events does. Written out, the rounds of one number stay in registers.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.base import Array, Key

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def normal(key: Key, shape: tuple[int, ...], *, start: Array | int = 0) -> Array:
    """Standard normal numbers, float32, those of jax.random.normal.

    Args:
      key: of any implementation; only the default one, Threefry, is faster here.
      shape: of the result, below 2^32 numbers.
      start: number to begin at, for a part of a larger array.

    Returns:
      Numbers start, start + 1, ... of the flattened array that the key stands for. With other generators the
      numbers of another start are others, but not those further on.

    >>> key = jax.random.key(0)
    >>> bool(jnp.allclose(normal(key, (4, 3)), jax.random.normal(key, (4, 3)), atol=1e-5))
    True
    """
    if jax.random.key_impl(key) != "threefry2x32":
        return jax.random.normal(jax.random.fold_in(key, start), shape)
    bits = threefry_bits(key, math.prod(shape), start=start)
    mantissa = lax.shift_right_logical(bits, np.uint32(9)) | np.uint32(0x3F800000)
    uniform = lax.bitcast_convert_type(mantissa, jnp.float32) - 1.0
    lowest = np.nextafter(np.float32(-1), np.float32(0))
    uniform = jnp.maximum(uniform * (np.float32(1) - lowest) + lowest, lowest)
    return (np.float32(math.sqrt(2)) * lax.erf_inv(uniform)).reshape(shape)


def threefry_bits(key: Key, count: int, *, start: Array | int = 0) -> Array:
    """Random bits of Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), those of jax.random.bits.

    Args:
      key: of the implementation threefry2x32.
      count: how many, at most 2^32 with the start.
      start: number of the first.

    Returns:
      uint32 [count].
    """
    first, second = jax.random.key_data(key)
    keys = (first, second, first ^ second ^ np.uint32(0x1BD11BDA))
    a = jnp.broadcast_to(keys[0], (count,))
    b = jnp.arange(count, dtype=jnp.uint32) + jnp.uint32(start) + keys[1]
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            a = a + b
            b = lax.shift_left(b, np.uint32(rotation)) | lax.shift_right_logical(b, np.uint32(32 - rotation))
            b = a ^ b
        a = a + keys[(group + 1) % 3]
        b = b + keys[(group + 2) % 3] + np.uint32(group + 1)
    return a ^ b
