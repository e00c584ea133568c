"""Convolutions by minimal filtering: a quarter of the multiplications, all of them in matrix products.

Winograd's and Toom and Cook's algorithms (as in Lavin and Gray, arXiv:1509.09308) turn the 144
multiplications of a tile of 4 x 4 outputs under a kernel of 3 x 3 into 36. Here every step is a matrix
product over long contiguous rows, the changes of basis too: their matrices hold all tiles of an axis and
the zeros around the image, so nothing is cut, padded or copied.

Wide kernels fill tiles of six values badly. For them an axis is one cyclic correlation, a product frequency
by frequency under the discrete Fourier transform, with three real multiplications for a complex one.

Values that do not stay in the cache take two to four times as long; then one row of tiles after the other
goes through columns, product and columns again.

Layout: [H, W, F, N], rows, columns, features, batch. A tile has p values; T tiles make an axis.
"""

from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.base import Array

LARGEST_TILE = 6  # values of a tile; more would cost accuracy in float32
POINTS = (0, 1, -1, 2, -2)
CACHED = 2**20  # numbers in all tiles, above which a row of tiles is taken at a time: it stays in the cache
WORTH = 0.85  # share of the values of tiles, below which frequencies are used


class Axis(NamedTuple):
    """One axis of an image, as numbers.

    Attributes:
      length: of the input.
      size: of the kernel.
      edges: zeros before and after.
    """

    length: int
    size: int
    edges: tuple[int, int]

    @property
    def outputs(self) -> int:
        """Length of the output."""
        return self.length + sum(self.edges) - self.size + 1


class Bases(NamedTuple):
    """Changes of basis along an axis; y = outward ((kernel k) * (inward x)), the product value by value.

    Attributes:
      inward: [p T, length].
      kernel: [p T, size], the same for all tiles.
      outward: [output length, p T].
    """

    inward: np.ndarray
    kernel: np.ndarray
    outward: np.ndarray


def filter_bases(outputs: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices (B, G, A) with which A ((G k) * (B x)) is the correlation of x with k.

    Two polynomials multiply by their values at enough points; the correlation is that map's transpose.

    Args:
      outputs: m, of a tile.
      size: r, of the kernel.

    Returns:
      B [p, p], G [p, r], A [m, p], where p = m + r - 1.

    >>> B, G, A = filter_bases(2, 3)
    >>> x, k = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.0, -1.0])
    >>> A @ ((G @ k) * (B @ x))
    array([-2., -2.])
    """
    if outputs == 1:
        return np.eye(size), np.eye(size), np.ones((1, size))
    number = outputs + size - 1
    points = np.array(POINTS[: number - 1], np.float64)

    def values(length: int) -> np.ndarray:
        at_infinity = np.eye(length)[-1:]
        return np.concatenate([points[:, None] ** np.arange(length), at_infinity])

    differences = points[:, None] - points + np.eye(len(points))
    scale = np.append(differences.prod(axis=1), 1.0)[:, None]
    inward = np.rint(np.linalg.inv(values(number)).T * scale)  # whole numbers, as the points are
    return inward, values(size) / scale, values(outputs).T


def cyclic_bases(number: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices (B, G, A) with which A ((G k) * (B x)) is the cyclic correlation of x with k.

    A frequency has three values: real part, imaginary part, and their sum, or one where it is real
    (Karatsuba and Ofman 1962).

    Args:
      number: n, of values of x.
      size: r, of the kernel.

    Returns:
      B [p, n], G [p, r], A [n, p], where p = 3 n / 2 - 1 for even n and (3 n - 1) / 2 for odd.

    >>> B, G, A = cyclic_bases(4, 2)
    >>> x, k = np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, -1.0])
    >>> (A @ ((G @ k) * (B @ x))).round(6)
    array([-1., -1., -2.,  4.])
    """
    inward, kernel, outward = [], [], []
    for frequency in range(number // 2 + 1):
        angles = 2 * np.pi * frequency * np.arange(number) / number
        cosine, sine = np.cos(angles), np.sin(angles)
        real = 2 * frequency % number == 0
        if real:
            inward += [cosine]
            kernel += [cosine[:size]]
            outward += [cosine / number]
        else:
            inward += [cosine, -sine, cosine - sine]
            kernel += [cosine[:size], sine[:size], cosine[:size] + sine[:size]]
            outward += [2 * part / number for part in (cosine + sine, sine - cosine, -sine)]
    return np.stack(inward), np.stack(kernel), np.stack(outward, axis=1)


@lru_cache
def bases(axis: Axis) -> Bases:
    """Changes of basis with few values: those of tiles, or of frequencies where they are clearly fewer."""
    outputs, number = _tile(axis)
    period = axis.length + max(axis.edges)
    tiles = -(-axis.outputs // outputs)
    if period + (period - 1) // 2 <= WORTH * number * tiles and period >= axis.size:
        inward, kernel, outward = cyclic_bases(period, axis.size)
        places = (np.arange(axis.length) + axis.edges[0]) % period
        found = inward[:, places], kernel, outward[np.arange(axis.outputs) % period]
        return Bases(*(matrix.astype(np.float32) for matrix in found))
    one_inward, kernel, one_outward = filter_bases(outputs, axis.size)
    inward = np.zeros((number, tiles, axis.length + sum(axis.edges) + outputs), np.float32)
    outward = np.zeros((tiles, outputs, number, tiles), np.float32)
    for tile in range(tiles):
        inward[:, tile, tile * outputs : tile * outputs + number] = one_inward
        outward[tile, :, :, tile] = one_outward
    inside = slice(axis.edges[0], axis.edges[0] + axis.length)
    return Bases(
        inward.reshape(number * tiles, -1)[:, inside],
        kernel.repeat(tiles, axis=0).astype(np.float32),
        outward.reshape(tiles * outputs, -1)[: axis.outputs],
    )


def _tile(axis: Axis) -> tuple[int, int]:
    """Outputs and values of a tile with the fewest values in all, the smallest tile among equals."""
    largest = max(LARGEST_TILE - axis.size + 1, 1)
    costs = {m: (m + axis.size - 1) * -(-axis.outputs // m) for m in range(1, largest + 1)}
    outputs = min(costs, key=lambda m: (costs[m], m))
    return outputs, len(filter_bases(outputs, axis.size)[0])


Axes = tuple[Axis, Axis]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def convolve(axes: Axes, x: Array, kernel: Array) -> Array:
    """Correlation of images with a kernel, stride one.

    Its two derivatives are the functions below, and theirs are each other, so every derivative of any order
    runs as fast as this; written by autodiff it would multiply with transposed matrices, which is slow.

    Args:
      axes: rows and columns.
      x: [H, W, I, N].
      kernel: [h, w, I, O].

    Returns:
      [H', W', O, N].
    """
    rows, columns = (bases(axis) for axis in axes)
    if _is_large(axes, *kernel.shape[2:], number=x.shape[3]):
        into, out = (rows.inward, columns.inward), (rows.outward, columns.outward)
        return _row_by_row(axes, into, out, kernel.swapaxes(2, 3), x)
    values = _multiply(_by_value(axes, kernel.swapaxes(2, 3)), _inward(axes, x))
    return _along_columns(columns.outward, _along_rows(rows.outward, values))


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def spread(axes: Axes, y: Array, kernel: Array) -> Array:
    """Transpose of `convolve` in its images: y [H', W', O, N] to [H, W, I, N]."""
    rows, columns = (bases(axis) for axis in axes)
    if _is_large(axes, *kernel.shape[2:], number=y.shape[3]):
        into, out = (rows.outward.T, columns.outward.T), (rows.inward.T, columns.inward.T)
        return _row_by_row(axes, into, out, kernel, y)
    values = _multiply(_by_value(axes, kernel), _outward_transposed(axes, y))
    return _along_columns(columns.inward.T, _along_rows(rows.inward.T, values))


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def correlate(axes: Axes, x: Array, y: Array) -> Array:
    """Transpose of `convolve` in its kernel: x [H, W, I, N] and y [H', W', O, N] to [h, w, I, O]."""
    if _is_large(axes, x.shape[2], y.shape[2], number=x.shape[3]):
        return _correlate_row_by_row(axes, x, y)
    a, b = _flat(_inward(axes, x)), _flat(_outward_transposed(axes, y))
    values = lax.dot_general(a, b, (((2,), (2,)), ((0,), (0,))))
    kernel = jnp.matmul(_kernel_basis(axes).T, values.reshape(len(values), -1))
    return kernel.reshape(axes[0].size, axes[1].size, *values.shape[1:])


def _with_derivatives(function, by_first, by_second) -> None:  # type: ignore[no-untyped-def]
    function.defvjp(
        lambda axes, first, second: (function(axes, first, second), (first, second)),
        lambda axes, saved, slope: (by_first(axes, *saved, slope), by_second(axes, *saved, slope)),
    )


_with_derivatives(
    convolve, lambda axes, x, k, g: spread(axes, g, k), lambda axes, x, k, g: correlate(axes, x, g)
)
_with_derivatives(
    spread, lambda axes, y, k, g: convolve(axes, g, k), lambda axes, y, k, g: correlate(axes, g, y)
)
_with_derivatives(
    correlate, lambda axes, x, y, g: spread(axes, y, g), lambda axes, x, y, g: convolve(axes, x, g)
)


def _inward(axes: Axes, x: Array) -> Array:
    return _along_rows(bases(axes[0]).inward, _along_columns(bases(axes[1]).inward, x))


def _outward_transposed(axes: Axes, y: Array) -> Array:
    return _along_rows(bases(axes[0]).outward.T, _along_columns(bases(axes[1]).outward.T, y))


def _row_by_row(
    axes: Axes,
    into: tuple[np.ndarray, np.ndarray],
    out: tuple[np.ndarray, np.ndarray],
    kernel: Array,
    x: Array,
) -> Array:
    """The products of all tiles, a row of them at a time: x [H, W, B, N], kernel [h, w, A, B]."""
    filters, features, number = kernel.shape[2], *x.shape[2:]
    flat = kernel.reshape(-1, filters * features)

    def one(operands: tuple[Array, Array]) -> Array:
        row, basis = operands
        values = jnp.matmul(into[1], row.reshape(len(row), -1)).reshape(-1, features, number)
        matrices = jnp.matmul(basis, flat).reshape(-1, filters, features)
        product = lax.dot_general(matrices, values, (((2,), (1,)), ((0,), (0,))))
        return jnp.matmul(out[1], product.reshape(len(product), -1)).reshape(-1, filters, number)

    return _along_rows(out[0], lax.map(one, (_along_rows(into[0], x), _basis_by_row(axes))))


def _correlate_row_by_row(axes: Axes, x: Array, y: Array) -> Array:
    """`correlate`, a row of tiles at a time."""
    rows, columns = (bases(axis) for axis in axes)
    sizes = x.shape[2], y.shape[2]

    def one(total: Array, operands: tuple[Array, Array, Array]) -> tuple[Array, None]:
        a, b, basis = operands
        a = jnp.matmul(columns.inward, a.reshape(len(a), -1)).reshape(-1, *x.shape[2:])
        b = jnp.matmul(columns.outward.T, b.reshape(len(b), -1)).reshape(-1, *y.shape[2:])
        values = lax.dot_general(a, b, (((2,), (2,)), ((0,), (0,))))
        return total + jnp.matmul(basis.T, values.reshape(len(values), -1)), None

    start = jnp.zeros((axes[0].size * axes[1].size, sizes[0] * sizes[1]))
    operands = _along_rows(rows.inward, x), _along_rows(rows.outward.T, y), jnp.asarray(_basis_by_row(axes))
    return lax.scan(one, start, operands)[0].reshape(axes[0].size, axes[1].size, *sizes)


def _basis_by_row(axes: Axes) -> np.ndarray:
    """[p T, q S, h w]."""
    return _kernel_basis(axes).reshape(len(bases(axes[0]).kernel), len(bases(axes[1]).kernel), -1)


def _is_large(axes: Axes, *features: int, number: int) -> bool:
    """Whether the values of all tiles leave the cache, for images with these features before and after."""
    return len(_kernel_basis(axes)) * max(features) * number > CACHED


def _along_rows(matrix: np.ndarray, x: Array) -> Array:
    return jnp.matmul(matrix, x.reshape(len(x), -1)).reshape(-1, *x.shape[1:])


def _along_columns(matrix: np.ndarray, x: Array) -> Array:
    repeated = np.broadcast_to(matrix, (len(x), *matrix.shape))
    product = lax.dot_general(repeated, x.reshape(*x.shape[:2], -1), (((2,), (1,)), ((0,), (0,))))
    return product.reshape(len(x), -1, *x.shape[2:])


@lru_cache
def _kernel_basis(axes: Axes) -> np.ndarray:
    """[p T q S, h w]."""
    return np.kron(bases(axes[0]).kernel, bases(axes[1]).kernel)


def _by_value(axes: Axes, kernel: Array) -> Array:
    """Kernel [h, w, A, B] to a matrix [A, B] for each value of each tile."""
    values = jnp.matmul(_kernel_basis(axes), kernel.reshape(axes[0].size * axes[1].size, -1))
    return values.reshape(-1, *kernel.shape[2:])


def _multiply(matrices: Array, values: Array) -> Array:
    product = lax.dot_general(matrices, _flat(values), (((2,), (1,)), ((0,), (0,))))
    return product.reshape(*values.shape[:2], *product.shape[1:])


def _flat(x: Array) -> Array:
    return x.reshape(-1, *x.shape[2:])
