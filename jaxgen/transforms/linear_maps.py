"""The linear map of a layer's kernel, in a form for fast power iteration.

Every kernel is a matrix [K, O] applied to rows [R, K] that are gathered from the input. For a dense kernel
the row is the input. A convolution gathers a patch for each output position; without the gathering it is the
reshaped kernel of Miyato et al. (arXiv:1802.05957), whose norm differs from that of the convolution. Patches
are slices rather than a native convolution, which on CPUs is slow inside a compiled loop.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen import checks
from jaxgen.base import Array


@dataclass(frozen=True)
class ConvolutionGeometry:
    """Properties of a convolution that its kernel does not determine.

    Attributes:
      input_shape: spatial shape of the input, such as (height, width).
      padding: "SAME", "VALID", or zeros (before, after) for each spatial axis.
      strides: one per spatial axis; None for strides of one.
    """

    input_shape: tuple[int, ...]
    padding: str | tuple[tuple[int, int], ...] = "SAME"
    strides: tuple[int, ...] | None = None


class LinearMap(NamedTuple):
    """The map of a kernel [..., I, O]: `gather` followed by a product with the matrix [K, O].

    Attributes:
      input_shape: shape of the input.
      output_shape: shape of the output, [R, O].
      gather: input to rows [R, K], linear.
      scatter: the transpose of `gather`.
    """

    input_shape: tuple[int, ...]
    output_shape: tuple[int, int]
    gather: Callable[[Array], Array]
    scatter: Callable[[Array], Array]


def reshaped(kernel: Array) -> LinearMap:
    """The kernel [..., O] as a matrix [K, O] acting on a vector [K]."""
    size = kernel.size // kernel.shape[-1]
    return LinearMap((size,), (1, kernel.shape[-1]), lambda x: x[None], lambda rows: rows[0])


def convolution(kernel: Array, geometry: ConvolutionGeometry) -> LinearMap:
    """The convolution of one input [*spatial, I] with the kernel [*window, I, O], with zero padding.

    Args:
      kernel: [*window, I, O].
      geometry: input shape, padding and strides.

    Returns:
      The map.

    Raises:
      ValueError: if the geometry does not match the kernel.
    """
    *window, channels, outputs = kernel.shape
    strides = geometry.strides or (1,) * len(window)
    for name, axes in (("input_shape", geometry.input_shape), ("strides", strides)):
        if len(axes) != len(window):
            raise ValueError(
                f"Expected {name} with {len(window)} axes for a kernel {kernel.shape}; got {axes}."
            )
    padding = _padding(geometry, tuple(window), strides)
    shape = (*geometry.input_shape, channels)
    gather = partial(_patches, window=tuple(window), strides=strides, padding=padding)
    rows = jax.eval_shape(gather, jax.ShapeDtypeStruct(shape, kernel.dtype))
    transposed = jax.linear_transpose(gather, jax.ShapeDtypeStruct(shape, kernel.dtype))
    return LinearMap(shape, (rows.shape[0], outputs), gather, lambda x: transposed(x)[0])


def _padding(
    geometry: ConvolutionGeometry, window: tuple[int, ...], strides: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Zeros before and after each spatial axis."""
    if isinstance(geometry.padding, str):
        checks.one_of("padding", geometry.padding, ("SAME", "VALID"))
        return tuple(lax.padtype_to_pads(geometry.input_shape, window, strides, geometry.padding))
    return geometry.padding


def _patches(
    x: Array, *, window: tuple[int, ...], strides: tuple[int, ...], padding: tuple[tuple[int, int], ...]
) -> Array:
    """Input [*spatial, I] to patches [positions, window * I], in the order of a flattened kernel."""
    x = jnp.pad(x, (*padding, (0, 0)))
    counts = [(n - w) // s + 1 for n, w, s in zip(x.shape, window, strides, strict=False)]
    slices = [
        x[tuple(slice(o, o + (n - 1) * s + 1, s) for o, n, s in zip(offset, counts, strides, strict=True))]
        for offset in itertools.product(*map(range, window))
    ]
    return jnp.stack(slices, axis=-2).reshape(-1, len(slices) * x.shape[-1])
