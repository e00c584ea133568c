"""Transposed convolutions by products against the native one, values and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.ops import convolution, transposed_convolution
from jaxgen.ops.transposed_convolution import TransposedConvolution, transpose_convolve

DRAW = np.random.default_rng(0)
CASES = {
    "first": ((7, 7, 1), (5, 5), 6),
    "five wide": ((11, 11, 4), (5, 5), 3),
    "four wide": ((9, 12, 3), (4, 4), 2),
    "to one": ((6, 5, 4), (3, 3), 1),
    "unlike axes": ((4, 6, 2), (2, 3), 3),
    "one by one": ((3, 4, 2), (1, 1), 3),
}


def inputs(name):
    (height, width, features), size, filters = CASES[name]
    x = jnp.asarray(DRAW.normal(size=(height, width, features, 3)), jnp.float32)
    scale = (size[0] * size[1] * features) ** -0.5
    return x, jnp.asarray(DRAW.normal(size=(*size, filters, features)) * scale, jnp.float32)


def assert_close(got, expected):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * float(jnp.max(jnp.abs(b))))


@pytest.mark.parametrize("name", CASES)
def test_products_and_their_derivatives_are_the_native_ones(name):
    x, kernel = inputs(name)

    def everything(function):
        loss = jax.value_and_grad(lambda *args: jnp.sum(jnp.cos(function(*args))), (0, 1))
        return jax.jit(lambda *args: (function(*args), loss(*args)))(x, kernel)

    assert_close(everything(transposed_convolution._products), everything(transposed_convolution._native))


def test_it_is_the_transpose_of_a_convolution(key):
    """The scalar products <T x, y> and <x, C y> agree for every y."""
    x, kernel = inputs("unlike axes")
    y = jax.random.normal(key, (5, 8, 3, 3))
    there = jnp.sum(transpose_convolve(x, kernel) * y)
    back = jnp.sum(x * convolution.convolve(y, kernel, padding=((0, 0), (0, 0))))
    np.testing.assert_allclose(there, back, rtol=1e-4)


def test_it_is_a_convolution_by_the_turned_kernel():
    x, kernel = inputs("five wide")
    turned = kernel[::-1, ::-1].swapaxes(2, 3)
    padding = ((4, 4), (4, 4))
    assert_close(transpose_convolve(x, kernel), convolution.convolve(x, turned, padding=padding))


def test_it_is_that_of_everybody():
    x, kernel = inputs("four wide")
    expected = lax.conv_transpose(x.transpose(3, 0, 1, 2), kernel, (1, 1), "VALID", transpose_kernel=True)
    assert_close(transpose_convolve(x, kernel), expected.transpose(1, 2, 3, 0))


def test_the_layer_adds_a_bias(key):
    x, _ = inputs("to one")
    layer = TransposedConvolution(2, (3, 3))
    params = layer.init(key, x)["params"]
    assert jax.tree.map(jnp.shape, params) == {"kernel": (3, 3, 2, 4), "bias": (2,)}
    params = {**params, "bias": jnp.array([1.0, -2.0])}
    expected = transpose_convolve(x, params["kernel"]) + jnp.array([[1.0], [-2.0]])
    np.testing.assert_allclose(layer.apply({"params": params}, x), expected, rtol=1e-6)
