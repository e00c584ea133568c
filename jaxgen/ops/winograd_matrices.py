"""Changes of basis in which a correlation is an elementwise product.

An image is cut into overlapping tiles, in which two polynomials are multiplied by their values at enough
points (Winograd, Toom and Cook), or it is one cyclic correlation, an elementwise product under the discrete
Fourier transform. The matrices cover all tiles of an axis and the padding.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

LARGEST_TILE = 6  # values of a tile; larger tiles lose accuracy in float32
POINTS = (0, 1, -1, 2, -2)
WORTH = 0.9  # frequencies are used if they need fewer values than this fraction of those of tiles


class Axis(NamedTuple):
    """One axis of an image.

    Attributes:
      length: length of the input.
      size: size of the kernel.
      edges: zeros before and after.
    """

    length: int
    size: int
    edges: tuple[int, int]

    @property
    def outputs(self) -> int:
        """Length of the output."""
        return self.length + sum(self.edges) - self.size + 1

    @property
    def period(self) -> int:
        """Length of the shortest cyclic correlation with these outputs."""
        return self.length + max(self.edges)


class Bases(NamedTuple):
    """Changes of basis of one axis; y = outward ((kernel k) * (inward x)), where * is elementwise.

    Rows are transformed first and transformed back last. Frequencies of rows are pairs of real and imaginary
    part, so the matrices of the columns act on two columns in place of one, and the same matrices serve all
    pairs.

    Attributes:
      inward: [P, length], to the values of all tiles, or [Q, 2 length] for columns in frequencies.
      kernel: [P, size], or [Q, 2 size].
      outward: [outputs, P], or [2 outputs, Q].
    """

    inward: np.ndarray
    kernel: np.ndarray
    outward: np.ndarray


def filter_bases(outputs: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices (B, G, A) with which A ((G k) * (B x)) is the correlation of x with k.

    Two polynomials are multiplied by their values at enough points; the correlation is the transpose of that
    map.

    Args:
      outputs: number of outputs of a tile, m.
      size: size of the kernel, r.

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
    inward = np.rint(np.linalg.inv(values(number)).T * scale)  # integers, as the points are
    return inward, values(size) / scale, values(outputs).T


def tile_sizes(axis: Axis) -> list[int]:
    """Outputs of each tile: the smallest number of tiles, with sizes as equal as possible.

    >>> tile_sizes(Axis(12, 3, (0, 0)))  # 16 values, where three tiles of 4 have 18
    [4, 3, 3]
    """
    largest = max(LARGEST_TILE - axis.size + 1, 1)
    number = -(-axis.outputs // largest)
    return [axis.outputs // number + (tile < axis.outputs % number) for tile in range(number)]


def tile_bases(axis: Axis) -> Bases:
    """Bases of all tiles of an axis, with the values of the tiles one after the other."""
    sizes = tile_sizes(axis)
    parts = [filter_bases(outputs, axis.size) for outputs in sizes]
    values = sum(len(kernel) for _, kernel, _ in parts)
    inward = np.zeros((values, axis.length + sum(axis.edges)))
    outward = np.zeros((axis.outputs, values))
    value = output = 0
    for outputs, (one_inward, _, one_outward) in zip(sizes, parts, strict=True):
        of_tile, number = slice(value, value + len(one_inward)), len(one_inward)
        inward[of_tile, output : output + number] = one_inward
        outward[output : output + outputs, of_tile] = one_outward
        value, output = value + number, output + outputs
    inside = slice(axis.edges[0], axis.edges[0] + axis.length)
    return _single(inward[:, inside], np.concatenate([kernel for _, kernel, _ in parts]), outward)


def frequency_bases(axes: tuple[Axis, Axis]) -> tuple[Bases, Bases]:
    """Bases of the discrete Fourier transform of both axes, as real numbers.

    Rows become F = n / 2 + 1 frequencies of a real transform, with real and imaginary parts in turn. Columns
    become Q = 3 n values, real part, imaginary part and their sum, so that a complex product needs three real
    products (Karatsuba and Ofman 1962).
    """
    return _row_frequencies(axes[0]), _column_frequencies(axes[1])


def _row_frequencies(axis: Axis) -> Bases:
    number = axis.period
    frequencies = np.arange(number // 2 + 1)
    angles = 2 * np.pi / number * frequencies[:, None]
    places = angles * (np.arange(axis.length) + axis.edges[0])
    taps = angles * np.arange(axis.size)
    outputs = (angles * np.arange(axis.outputs)).T
    weights = np.where(2 * frequencies % number == 0, 1, 2) / number
    return _single(
        np.stack([np.cos(places), -np.sin(places)], axis=1).reshape(-1, axis.length),
        np.stack([np.cos(taps), np.sin(taps)], axis=1).reshape(-1, axis.size),
        (weights[:, None] * np.stack([np.cos(outputs), -np.sin(outputs)], axis=2)).reshape(axis.outputs, -1),
    )


def _column_frequencies(axis: Axis) -> Bases:
    number = axis.period
    angles = 2 * np.pi / number * np.arange(number)[:, None]
    outputs = angles * np.arange(axis.outputs)
    cosine, sine = np.cos(outputs), np.sin(outputs)
    values = [[cosine + sine, sine - cosine, -sine], [sine - cosine, -cosine - sine, cosine]]
    return _single(
        _real_imaginary_sum(-angles * (np.arange(axis.length) + axis.edges[0])),
        _real_imaginary_sum(angles * np.arange(axis.size)),
        np.concatenate(list(map(np.concatenate, values)), axis=1).T / number,
    )


def _real_imaginary_sum(angles: np.ndarray) -> np.ndarray:
    """Phases [n, W] to the matrix [3 n, 2 W] from real and imaginary parts to real, imaginary, and sum."""
    real = np.concatenate([np.cos(angles), -np.sin(angles)], axis=1)
    imaginary = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    return np.concatenate([real, imaginary, real + imaginary])


def _single(*matrices: np.ndarray) -> Bases:
    return Bases(*(matrix.astype(np.float32) for matrix in matrices))


@lru_cache
def bases(axes: tuple[Axis, Axis]) -> tuple[Bases, Bases]:
    """Bases of rows and columns: tiles, or frequencies if they need clearly fewer values.

    >>> rows, columns = bases((Axis(15, 5, (0, 0)), Axis(15, 5, (0, 0))))
    >>> rows.inward.shape, columns.inward.shape  # 8 x 45 values, where tiles have 36 x 36
    ((16, 15), (45, 30))
    """
    tiles = tile_bases(axes[0]), tile_bases(axes[1])
    values = (axes[0].period // 2 + 1) * 3 * axes[1].period
    if values > WORTH * len(tiles[0].kernel) * len(tiles[1].kernel):
        return tiles
    return frequency_bases(axes) if all(axis.period >= axis.size for axis in axes) else tiles
