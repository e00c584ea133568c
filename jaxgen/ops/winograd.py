"""Convolutions by minimal filtering: a quarter of the multiplications, all of them in matrix products.

The algorithms of Winograd and of Toom and Cook (as in Lavin and Gray, arXiv:1509.09308) reduce the 144
multiplications of a tile of 4 x 4 outputs with a kernel of 3 x 3 to 36. Wide kernels use tiles of six values
poorly; for them the discrete Fourier transform is used. Every step, including the changes of basis, is a
matrix product over long contiguous rows, so nothing is sliced, padded or copied.

Values that do not fit in the cache take two to four times as long; then rows of tiles, or row frequencies,
are processed one at a time.

Layout: [H, W, F, N], rows, columns, features, batch. Rows have P values and columns Q in the new basis; with
frequencies the P values form G = P / 2 pairs, else G = P.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.base import Array
from jaxgen.ops.winograd_matrices import Axis, bases

CACHED = 2**20  # number of values in all tiles above which one row of tiles is processed at a time

Axes = tuple[Axis, Axis]
BasisPair = tuple[np.ndarray, np.ndarray]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def convolve(axes: Axes, x: Array, kernel: Array) -> Array:
    """Correlation of images with a kernel, stride one.

    Its derivatives are the two functions below, and their derivatives are again these functions, so
    derivatives of any order are as fast as this one; automatic differentiation would use slow transposed
    products.

    Args:
      axes: rows and columns.
      x: [H, W, I, N].
      kernel: [h, w, I, O].

    Returns:
      [H', W', O, N].
    """
    into, out = _inward(axes), _outward(axes)
    return _filter(axes, into, out, kernel.swapaxes(2, 3), x)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def transposed(axes: Axes, y: Array, kernel: Array) -> Array:
    """Transpose of `convolve` with respect to its images: y [H', W', O, N] to [H, W, I, N]."""
    into, out = _swapped(_outward(axes)), _swapped(_inward(axes))
    return _filter(axes, into, out, kernel, y)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def correlate(axes: Axes, x: Array, y: Array) -> Array:
    """Transpose of `convolve` in its kernel: x [H, W, I, N] and y [H', W', O, N] to [h, w, I, O]."""
    kernel = _kernel(axes)
    sizes, first, second = (x.shape[2], y.shape[2]), _inward(axes), _swapped(_outward(axes))
    operands = _rows_in(first, x), _rows_in(second, y)

    def one(rows: tuple[Array, Array]) -> Array:
        a, b = (_columns(matrices[1], row) for matrices, row in zip((first, second), rows, strict=True))
        values = lax.dot_general(a, b, (((2,), (2,)), ((0,), (0,))))
        return _columns(kernel[1].T, values)

    if _is_large(axes, *sizes, number=x.shape[3]):
        found = lax.map(one, operands)
    else:
        a, b = _columns_of_all(first[1], operands[0]), _columns_of_all(second[1], operands[1])
        values = lax.dot_general(a, b, (((3,), (3,)), ((0, 1), (0, 1))))
        found = _columns_of_all(kernel[1].T, values)
    product = jnp.matmul(kernel[0].T, found.reshape(len(kernel[0]), -1))
    return product.reshape(axes[0].size, axes[1].size, *sizes)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def convolve_slopes(axes: Axes, x: Array, kernel: Array, slope: Array) -> tuple[Array, Array]:
    """Both derivatives of `convolve`, `transposed` and `correlate`, with one change of basis of the slope."""
    if not _is_large(axes, *kernel.shape[2:], number=x.shape[3]):
        return transposed(axes, slope, kernel), correlate(axes, x, slope)  # the compiler shares common terms
    into, of_kernel, out = _inward(axes), _kernel(axes), _outward(axes)
    operands = _rows_in(into, x), _rows_in(of_kernel, kernel), _rows_in(_swapped(out), slope)

    def one(rows: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        values, matrices, slopes = (
            _columns(matrix, row) for matrix, row in zip((into[1], of_kernel[1], out[1].T), rows, strict=True)
        )
        of_image = lax.dot_general(matrices, slopes, (((2,), (1,)), ((0,), (0,))))
        of_weights = lax.dot_general(values, slopes, (((2,), (2,)), ((0,), (0,))))
        return _columns(into[1].T, of_image), _columns(of_kernel[1].T, of_weights)

    of_image, of_weights = lax.map(one, operands)
    by_image = jnp.matmul(into[0].T, of_image.reshape(len(into[0]), -1))
    by_kernel = jnp.matmul(of_kernel[0].T, of_weights.reshape(len(of_kernel[0]), -1))
    return by_image.reshape(x.shape), by_kernel.reshape(kernel.shape)


def _with_derivatives(function, backward) -> None:  # type: ignore[no-untyped-def]
    function.defvjp(
        lambda axes, *operands: (function(axes, *operands), operands),
        lambda axes, operands, slope: backward(axes, *operands, slope),
    )


def _slopes_backward(
    axes: Axes, x: Array, kernel: Array, slope: Array, slopes: tuple[Array, Array]
) -> tuple[Array, Array, Array]:
    of_image, of_kernel = slopes
    by_slope = convolve(axes, of_image, kernel) + convolve(axes, x, of_kernel)
    return transposed(axes, slope, of_kernel), correlate(axes, of_image, slope), by_slope


_with_derivatives(convolve, convolve_slopes)
_with_derivatives(transposed, lambda axes, y, k, g: (convolve(axes, g, k), correlate(axes, g, y)))
_with_derivatives(correlate, lambda axes, x, y, g: (transposed(axes, y, g), convolve(axes, x, g)))
_with_derivatives(convolve_slopes, _slopes_backward)


def _inward(axes: Axes) -> BasisPair:
    rows, columns = bases(axes)
    return rows.inward, columns.inward


def _outward(axes: Axes) -> BasisPair:
    rows, columns = bases(axes)
    return rows.outward, columns.outward


def _kernel(axes: Axes) -> BasisPair:
    rows, columns = bases(axes)
    return rows.kernel, columns.kernel


def _swapped(matrices: BasisPair) -> BasisPair:
    return matrices[0].T, matrices[1].T


def _filter(axes: Axes, into: BasisPair, out: BasisPair, kernel: Array, x: Array) -> Array:
    """Products of all values: x [H, W, B, N], kernel [h, w, A, B]."""
    operands = _rows_in(into, x), _rows_in(_kernel(axes), kernel)
    if _is_large(axes, *kernel.shape[2:], number=x.shape[3]):

        def one(rows: tuple[Array, Array]) -> Array:
            values, matrices = _columns(into[1], rows[0]), _columns(_kernel(axes)[1], rows[1])
            return _columns(out[1], lax.dot_general(matrices, values, (((2,), (1,)), ((0,), (0,)))))

        found = lax.map(one, operands)
    else:
        values, matrices = (
            _columns_of_all(into[1], operands[0]),
            _columns_of_all(_kernel(axes)[1], operands[1]),
        )
        product = lax.dot_general(matrices, values, (((3,), (2,)), ((0, 1), (0, 1))))
        found = _columns_of_all(out[1], product)
    y = jnp.matmul(out[0], found.reshape(out[0].shape[1], -1))
    return y.reshape(len(y), -1, *found.shape[2:])


def _rows_in(matrices: BasisPair, x: Array) -> Array:
    """Change of basis of the rows, [H, W, ...] to [G, W or 2 W, ...]."""
    rows, columns = matrices
    return jnp.matmul(rows, x.reshape(len(x), -1)).reshape(-1, columns.shape[1], *x.shape[2:])


def _columns(matrix: np.ndarray, x: Array) -> Array:
    """Change of basis of the columns, [W, ...] to [Q, ...]."""
    return jnp.matmul(matrix, x.reshape(len(x), -1)).reshape(-1, *x.shape[1:])


def _columns_of_all(matrix: np.ndarray, x: Array) -> Array:
    """Change of basis of the columns for each of G values or pairs of rows, [G, W, ...] to [G, Q, ...]."""
    repeated = np.broadcast_to(matrix, (len(x), *matrix.shape))
    product = lax.dot_general(repeated, x.reshape(*x.shape[:2], -1), (((2,), (1,)), ((0,), (0,))))
    return product.reshape(len(x), -1, *x.shape[2:])


def _is_large(axes: Axes, *features: int, number: int) -> bool:
    """Whether images or kernels exceed the cache, for these numbers of input and output features."""
    rows, columns = bases(axes)
    values = len(rows.inward) * axes[1].length // columns.inward.shape[1] * len(columns.inward)
    return values * max(*(one * number for one in features), math.prod(features)) > CACHED
