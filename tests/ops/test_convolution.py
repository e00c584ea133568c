"""Convolutions by products against the native one, values and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.ops import convolution, winograd

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
    monkeypatch.setattr(winograd, "CACHED", 0)
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


def test_an_unknown_padding_is_said():
    with pytest.raises(ValueError, match="padding"):
        convolution.resolve_padding("same", (3, 3))


def test_an_image_smaller_than_the_kernel_is_said():
    with pytest.raises(ValueError, match=r"as large as the kernel, \(3, 3\); got \(2, 4\)"):
        convolution.convolve(normal(2, 4, 1, 2), normal(3, 3, 1, 5), padding=((0, 0), (0, 0)))
    assert convolution.convolve(normal(2, 4, 1, 2), normal(3, 3, 1, 5), padding=((1, 0), (0, 0))).shape == (
        1,
        2,
        5,
        2,
    )
