"""The matrices of fast correlations multiply polynomials, and save multiplications."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from jaxgen.ops import winograd_matrices

DRAW = np.random.default_rng(0)


@pytest.mark.parametrize("size", range(1, 6))
@pytest.mark.parametrize("outputs", range(1, 5))
def test_bases_multiply_polynomials(outputs, size):
    if outputs + size - 1 > winograd_matrices.LARGEST_TILE:
        pytest.skip("such tiles are not used")
    inward, of_kernel, outward = winograd_matrices.filter_bases(outputs, size)
    x, kernel = DRAW.normal(size=outputs + size - 1), DRAW.normal(size=size)
    got = outward @ ((of_kernel @ kernel) * (inward @ x))
    np.testing.assert_allclose(got, np.correlate(x, kernel, "valid"), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("edges", [(0, 0), (1, 1), (2, 2), (0, 3)])
@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("length", [7, 10, 15])
@pytest.mark.parametrize("kind", ["tiles", "frequencies"])
def test_bases_of_any_axes_are_a_correlation(kind, length, size, edges):
    axes = winograd_matrices.Axis(length, size, edges), winograd_matrices.Axis(length + 1, size, (0, 0))
    if kind == "tiles":
        pairs = tuple(map(winograd_matrices.tile_bases, axes))
    else:
        pairs = winograd_matrices.frequency_bases(axes)
    x, kernel = DRAW.normal(size=(length, length + 1)), DRAW.normal(size=(size, size))
    padded = np.pad(x, (edges, (0, 0)))
    expected = np.einsum("ijkl,kl->ij", sliding_window_view(padded, (size, size)), kernel)
    np.testing.assert_allclose(correlation(pairs, x, kernel), expected, rtol=0, atol=1e-4)


def correlation(pairs, x, kernel):
    rows, columns = pairs
    of_image = (rows.inward @ x).reshape(-1, columns.inward.shape[1]) @ columns.inward.T
    of_kernel = (rows.kernel @ kernel).reshape(-1, columns.kernel.shape[1]) @ columns.kernel.T
    product = (of_image * of_kernel) @ columns.outward.T
    return rows.outward @ product.reshape(rows.outward.shape[1], -1)


def test_wide_kernels_take_frequencies():
    """8 x 45 values for 15 x 15 pixels under a kernel of 5 x 5, where tiles would take 36 x 36."""
    axis = winograd_matrices.Axis(15, 5, (0, 0))
    rows, columns = winograd_matrices.bases((axis, axis))
    assert rows.inward.shape == (2 * 8, 15)
    assert columns.inward.shape == (45, 2 * 15)


def test_tiles_save_multiplications():
    """Twelve values for eight outputs under a kernel of three, where plain products take twenty-four."""
    axis = winograd_matrices.Axis(8, 3, (1, 1))
    for one in winograd_matrices.bases((axis, axis)):
        assert one.inward.shape == (12, 8)
