"""Convolutions by products against the native one, values and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from numpy.lib.stride_tricks import sliding_window_view

from jaxgen.ops import convolution
from jaxgen.ops import winograd as minimal_filtering
from jaxgen.ops import winograd_matrices as correlation_bases

DRAW = np.random.default_rng(0)
CASES = {
    "published second": ((8, 16, 4), (3, 3), ((1, 1), (1, 1))),
    "published fifth": ((4, 4, 8), (3, 3), ((0, 0), (0, 0))),
    "as large as the image": ((2, 2, 8), (2, 2), ((0, 0), (0, 0))),
    "as large, padded": ((2, 2, 8), (2, 2), ((0, 1), (0, 1))),
    "one channel": ((5, 6, 1), (3, 3), ((1, 1), (1, 1))),
    "unlike axes": ((7, 9, 4), (2, 3), ((0, 1), (0, 0))),
    "four wide": ((10, 9, 4), (4, 4), ((1, 2), (1, 2))),
    "five wide": ((9, 9, 4), (5, 5), ((2, 2), (0, 0))),
    "eight wide": ((9, 10, 2), (8, 8), ((3, 4), (3, 4))),
    "cyclic": ((14, 16, 3), (5, 5), ((0, 0), (0, 0))),
    "cyclic, padded": ((11, 12, 3), (4, 5), ((1, 2), (0, 0))),
    "one filter": ((6, 7, 4), (3, 3), ((0, 0), (0, 0))),
    "one filter, padded": ((6, 5, 4), (3, 3), ((1, 1), (0, 1))),
    "one by one": ((3, 4, 20), (1, 1), ((0, 0), (0, 0))),
}


def normal(*shape):
    return jnp.asarray(DRAW.normal(size=shape), jnp.float32)


def inputs(name, filters=5, number=3):
    shape, size, padding = CASES[name]
    filters = 1 if name.startswith("one filter") else filters
    scale = (size[0] * size[1] * shape[2]) ** -0.5
    return normal(*shape, number), scale * normal(*size, shape[2], filters), padding


def assert_close(got, expected):
    """To a small share of the largest number, for trees."""
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * float(jnp.max(jnp.abs(b))))


@pytest.mark.parametrize("name", CASES)
def test_convolution_and_its_derivatives_are_the_native_ones(name):
    """The second derivatives are those of a penalty on the gradient, as in training."""
    x, kernel, padding = inputs(name)

    def everything(convolve):
        def output(x, kernel):
            return convolve(x, kernel, padding=padding)

        def slope(x, kernel):
            return jnp.sum(jnp.square(jax.grad(lambda x: jnp.sum(jnp.sin(output(x, kernel))))(x)))

        loss = jax.value_and_grad(lambda *args: jnp.sum(jnp.cos(output(*args))), (0, 1))
        return jax.jit(lambda *args: (output(*args), loss(*args), jax.grad(slope, (0, 1))(*args)))(x, kernel)

    assert_close(everything(convolution._products), everything(convolution._native))


@pytest.mark.parametrize("name", ["published second", "unlike axes", "cyclic, padded"])
def test_a_row_of_tiles_at_a_time_is_the_same(name, monkeypatch):
    x, kernel, padding = inputs(name)

    def everything():
        def slope(x, kernel):
            output = convolution._products(x, kernel, padding=padding)
            return jnp.sum(jnp.sin(jax.grad(lambda y: jnp.sum(jnp.cos(y)))(output)))

        loss = jax.value_and_grad(slope, (0, 1))
        return jax.jit(lambda *args: (convolution._products(*args, padding=padding), loss(*args)))(x, kernel)

    at_once = everything()
    monkeypatch.setattr(minimal_filtering, "CACHED", 0)
    assert_close(everything(), at_once)


@pytest.mark.parametrize("name", ["published second", "as large as the image", "one channel"])
def test_native_layout_is_that_of_everybody(name):
    x, kernel, padding = inputs(name)
    expected = lax.conv_general_dilated(
        x.transpose(3, 0, 1, 2), kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    assert_close(convolution._native(x, kernel, padding=padding), expected.transpose(1, 2, 3, 0))
    assert_close(convolution.convolve(x, kernel, padding=padding), expected.transpose(1, 2, 3, 0))


def test_many_members_at_once_are_one_by_one():
    x, kernel, padding = inputs("published second")
    kernels = jnp.stack([kernel, 2 * kernel])

    def slope(kernel):
        return jax.grad(lambda k: jnp.sum(jnp.sin(convolution._products(x, k, padding=padding))))(kernel)

    assert_close(jax.vmap(slope)(kernels), jnp.stack([slope(kernels[0]), slope(kernels[1])]))


@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 1), (0, 0))])
def test_constant_channels_are_tiled_images(padding):
    x, constants, bias = normal(6, 7, 2, 3), normal(3, 4), normal(5)
    kernel = normal(3, 3, 6, 5)
    tiled = jnp.broadcast_to(constants.T, (6, 7, 4, 3))
    images = jnp.concatenate([x, tiled], axis=2)
    expected = convolution._native(images, kernel, padding=padding) + bias[:, None]
    assert_close(convolution.convolve_with_constants(x, constants, kernel, bias, padding=padding), expected)


@pytest.mark.parametrize("size", range(1, 6))
@pytest.mark.parametrize("outputs", range(1, 5))
def test_bases_multiply_polynomials(outputs, size):
    if outputs + size - 1 > correlation_bases.LARGEST_TILE:
        pytest.skip("such tiles are not used")
    inward, of_kernel, outward = correlation_bases.filter_bases(outputs, size)
    x, kernel = DRAW.normal(size=outputs + size - 1), DRAW.normal(size=size)
    got = outward @ ((of_kernel @ kernel) * (inward @ x))
    np.testing.assert_allclose(got, np.correlate(x, kernel, "valid"), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("edges", [(0, 0), (1, 1), (2, 2), (0, 3)])
@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("length", [7, 10, 15])
@pytest.mark.parametrize("kind", ["tiles", "frequencies"])
def test_bases_of_any_axes_are_a_correlation(kind, length, size, edges):
    axes = correlation_bases.Axis(length, size, edges), correlation_bases.Axis(length + 1, size, (0, 0))
    if kind == "tiles":
        pairs = tuple(map(correlation_bases.tile_bases, axes))
    else:
        pairs = correlation_bases.frequency_bases(axes)
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
    axis = correlation_bases.Axis(15, 5, (0, 0))
    rows, columns = correlation_bases.bases((axis, axis))
    assert rows.inward.shape == (2 * 8, 15)
    assert columns.inward.shape == (45, 2 * 15)


def test_tiles_save_multiplications():
    """Twelve values for eight outputs under a kernel of three, where plain products take twenty-four."""
    axis = correlation_bases.Axis(8, 3, (1, 1))
    for one in correlation_bases.bases((axis, axis)):
        assert one.inward.shape == (12, 8)


def test_pool_takes_the_largest_of_each_block():
    x = normal(4, 6, 2, 3)
    expected = x.reshape(2, 2, 2, 3, 2, 3).max((1, 3))
    np.testing.assert_array_equal(convolution.max_pool(x, (2, 3)), expected)
    slope = jax.grad(lambda x: jnp.sum(convolution.max_pool(x, (2, 3))))(x)
    np.testing.assert_array_equal(slope, x == expected.repeat(2, 0).repeat(3, 1))


def test_pools_of_many_entries_keep_the_place():
    x = normal(12, 15, 1, 2)
    slope = jax.grad(lambda x: jnp.sum(convolution.max_pool(x, (12, 15))))(x)
    np.testing.assert_array_equal(slope, x == x.max((0, 1)))


def test_of_equals_the_first_is_the_largest():
    slope = jax.grad(lambda x: jnp.sum(convolution.max_pool(x, (2, 2))))(jnp.ones((2, 4, 1, 1)))
    np.testing.assert_array_equal(slope[..., 0, 0], [[1, 0, 1, 0], [0, 0, 0, 0]])


def test_slopes_of_pools_have_slopes():
    x, weights = normal(4, 6, 2, 3), normal(2, 2, 2, 3)

    def penalty(pool):
        def of_slope(x):
            slope = jax.grad(lambda x: jnp.sum(weights * jnp.sin(pool(x))))(x)
            return jnp.sum(slope**2)

        return jax.grad(of_slope)(x)

    expected = penalty(lambda x: x.reshape(2, 2, 2, 3, 2, 3).max((1, 3)))
    assert_close(penalty(lambda x: convolution.max_pool(x, (2, 3))), expected)


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match=r"blocks of \(3, 2\); got \(4, 6\)"):
        convolution.max_pool(normal(4, 6, 1, 1), (3, 2))
    with pytest.raises(ValueError, match="padding"):
        convolution.resolve_padding("same", (3, 3))
