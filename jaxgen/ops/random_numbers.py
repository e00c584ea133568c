"""Random numbers by position in a long sequence, from the bits of jax.random, in a single fused loop.

On CPU, jax.random runs the rounds of its generator as a loop over arrays, which takes as long as a generator
of events. Unrolled, the rounds of one number stay in registers. The quantile function has smaller rounding
errors than that of jax.random, whose normal numbers of size 4 and more are off by up to 2e-5.

A key defines a sequence of 2^64 numbers. Positions are 64-bit integers, which JAX supports only when enabled:
they are stored as two words of 32 bits, the high one first.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.base import Array, Key

CENTRAL = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)
TAIL = (
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
)
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def words(number: int | Array) -> Array:
    """A whole number below 2^64 as two words, uint32 [2], the high one first; words are returned unchanged.

    Raises:
      ValueError: for a number that is below zero or too large.

    >>> words(2**32 + 5).tolist()
    [1, 5]
    """
    if not isinstance(number, int | np.integer):
        number = jnp.asarray(number)
        return number if number.ndim else jnp.stack([jnp.uint32(0), number.astype(jnp.uint32)])
    if not 0 <= number < 2**64:
        raise ValueError(f"Expected a whole number from 0 to below 2^64; got {number}.")
    return jnp.asarray(np.array([int(number) >> 32, int(number) & 0xFFFFFFFF], np.uint32))


def moved(place: Array, steps: Array) -> tuple[Array, Array]:
    """Positions that are `steps` further on, as words, uint32 [...] each.

    Args:
      place: position as words, uint32 [2].
      steps: uint32 [...].

    >>> [int(word) for word in moved(words(2**32 - 1), jnp.uint32(2))]
    [1, 1]
    """
    low = place[1] + steps
    return place[0] + (low < steps).astype(jnp.uint32), low


def times(place: Array, factor: int) -> Array:
    """Words of a position times a whole number below 2^32, modulo 2^64.

    >>> times(words(2**31 + 1), 6).tolist()
    [3, 6]
    """
    mask, half = np.uint32(0xFFFF), np.uint32(16)
    low, high = np.uint32(factor & 0xFFFF), np.uint32(factor >> 16)
    a, b = place[1] & mask, lax.shift_right_logical(place[1], half)
    middle = lax.shift_right_logical(a * low, half) + b * low
    other = (middle & mask) + a * high
    carried = b * high + lax.shift_right_logical(middle, half) + lax.shift_right_logical(other, half)
    return jnp.stack([place[0] * np.uint32(factor) + carried, place[1] * np.uint32(factor)])


def normal(key: Key, shape: tuple[int, ...], *, start: Array | int = 0) -> Array:
    """Standard normal numbers, float32, equal to those of jax.random.normal up to rounding.

    Args:
      key: key of any implementation; if it is not Threefry, the default, a Threefry key is drawn from it.
      shape: shape of the result, below 2^32 numbers.
      start: position of the first number, or its words, for a part of a larger array.

    Returns:
      Numbers start, start + 1, ... of the sequence that the key defines.

    >>> key = jax.random.key(0)
    >>> bool(jnp.allclose(normal(key, (4, 3)), jax.random.normal(key, (4, 3)), atol=1e-5))
    True
    """
    bits = threefry_bits(threefry_key(key), math.prod(shape), start=start)
    mantissa = lax.shift_right_logical(bits, np.uint32(9)) | np.uint32(0x3F800000)
    uniform = lax.bitcast_convert_type(mantissa, jnp.float32) - 1.0
    lowest = np.nextafter(np.float32(-1), np.float32(0))
    uniform = jnp.maximum(uniform * (np.float32(1) - lowest) + lowest, lowest)
    return (np.float32(math.sqrt(2)) * inverse_error_function(uniform)).reshape(shape)


def as_key(seed: int | Key) -> Key:
    """A typed key from a seed, a typed key or a legacy key.

    Raises:
      ValueError: for anything else, or a seed outside of [0, 2^32).

    >>> as_key(7) == jax.random.key(7)
    Array(True, dtype=bool)
    """
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        if not 0 <= seed < 2**32:
            raise ValueError(f"Expected a seed from 0 to below 2^32; got {seed}.")
        return jax.random.key(int(seed))
    key: Any = seed
    if hasattr(key, "dtype") and jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key) and not key.ndim:
        return key
    if hasattr(key, "dtype") and key.dtype == np.uint32 and key.shape == (2,):
        return jax.random.wrap_key_data(jnp.asarray(key))
    got = f"{key.dtype} of shape {key.shape}" if hasattr(key, "dtype") else type(seed).__name__
    raise ValueError(f"Expected a seed or a key of jax.random; got {got}.")


def threefry_key(key: Key) -> Key:
    """The key itself, or a Threefry key drawn from a key of another implementation."""
    if jax.random.key_impl(key) == "threefry2x32":
        return key
    return jax.random.wrap_key_data(jax.random.bits(key, (2,), "uint32"), impl="threefry2x32")


def inverse_error_function(x: Array) -> Array:
    """The inverse of erf for x within (-1, 1), accurate to three units in the last place.

    Polynomials of M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011), table 1, in
    -log((1 - x)(1 + x)), which is accurate near one and cheaper than a logarithm of 1 - x^2.

    >>> round(float(inverse_error_function(jnp.array(0.5))), 6)
    0.476936
    """
    w = -jnp.log((1 - x) * (1 + x))
    central = w < 5
    t = jnp.where(central, w - 2.5, jnp.sqrt(w) - 3)
    value = jnp.zeros_like(x)
    for middle, tail in zip(CENTRAL, TAIL, strict=True):
        value = value * t + jnp.where(central, np.float32(middle), np.float32(tail))
    return value * x


def threefry_bits(key: Key, count: int, *, start: Array | int = 0) -> Array:
    """Random bits of Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), as from jax.random.bits.

    Args:
      key: key of the implementation threefry2x32.
      count: number of values, below 2^32.
      start: position of the first value, or its words.

    Returns:
      uint32 [count].
    """
    first, second = jax.random.key_data(key)
    keys = (first, second, first ^ second ^ np.uint32(0x1BD11BDA))
    high, low = moved(words(start), jnp.arange(count, dtype=jnp.uint32))
    a, b = high + keys[0], low + keys[1]
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            a = a + b
            b = lax.shift_left(b, np.uint32(rotation)) | lax.shift_right_logical(b, np.uint32(32 - rotation))
            b = a ^ b
        a = a + keys[(group + 1) % 3]
        b = b + keys[(group + 2) % 3] + np.uint32(group + 1)
    return a ^ b
