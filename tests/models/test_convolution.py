"""Convolutions made of products are convolutions, and so are their derivatives, once and twice."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.models import convolution
from jaxgen.models.network import from_module

EVENTS = 3
CASES = {
    "3x3 same": ((8, 16), 6, 5, (3, 3), "SAME"),
    "3x3 same, thin": ((5, 4), 1, 4, (3, 3), "SAME"),
    "3x3 valid": ((4, 4), 5, 3, (3, 3), "VALID"),
    "2x2 same": ((2, 4), 6, 5, (2, 2), "SAME"),
    "2x2 valid": ((6, 10), 6, 4, (2, 2), "VALID"),
    "2x3 valid": ((8, 16), 6, 8, (2, 3), "VALID"),
    "1x2 valid": ((3, 6), 9, 4, (1, 2), "VALID"),
    "1x1": ((6, 3), 17, 4, (1, 1), "SAME"),
    "whole image": ((2, 2), 6, 5, (2, 2), "VALID"),
    "higher than the image": ((2, 5), 7, 4, (3, 3), "SAME"),
}


def plain(x: jax.Array, kernel: jax.Array, padding: str) -> jax.Array:
    """[N, H, W, I] to [N, H', W', O]."""
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def ours(x: jax.Array, kernel: jax.Array, padding: str) -> jax.Array:
    edges = convolution.resolve_padding(padding, kernel.shape[:2])
    return convolution.convolve(x.transpose(1, 2, 3, 0), kernel, padding=edges).transpose(3, 0, 1, 2)


def draw(*shape: int, seed: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


@pytest.mark.parametrize("case", CASES)
def test_output_and_derivatives_are_those_of_a_convolution(case):
    shape, channels, filters, size, padding = CASES[case]
    x = draw(EVENTS, *shape, channels, seed=0)
    kernel = draw(*size, channels, filters, seed=1) / np.sqrt(channels)

    def everything(convolve):
        def total(x, kernel):
            return jnp.sum(jnp.sin(convolve(x, kernel, padding)))

        def steepness(x, kernel):
            return jnp.sum(jnp.square(jax.grad(total)(x, kernel)))

        def evaluate(x, kernel):
            first, second = (jax.grad(f, argnums=(0, 1))(x, kernel) for f in (total, steepness))
            return convolve(x, kernel, padding), first, second

        return jax.jit(evaluate)(x, kernel)

    for got, want in zip(*(jax.tree.leaves(everything(f)) for f in (ours, plain)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_features_act_as_constant_channels(padding):
    images, features = draw(EVENTS, 5, 6, seed=0), draw(EVENTS, 4, seed=1)
    kernel, bias = draw(3, 2, 5, 3, seed=2), draw(3, seed=3)
    layer = from_module(convolution.ConditionedConvolution(3, (3, 2), padding))
    params = {"kernel": kernel, "bias": bias}

    def apply(images, features):
        return layer.apply(params, images.transpose(1, 2, 0)[:, :, None], features).transpose(3, 0, 1, 2)

    def tiled(images, features):
        constant = jnp.broadcast_to(features[:, None, None], (EVENTS, 5, 6, 4))
        return plain(jnp.concatenate([images[..., None], constant], axis=-1), kernel, padding) + bias

    for got, want in zip(
        *(
            jax.tree.leaves(
                jax.jit(lambda *args, f=f: (f(*args), jax.vjp(f, *args)[1](f(*args))))(images, features)
            )
            for f in (apply, tiled)
        ),
        strict=True,
    ):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_padding_is_that_of_tensorflow():
    for size in ((1, 1), (2, 2), (3, 3), (2, 3), (4, 5)):
        pads = lax.padtype_to_pads((8, 16), size, (1, 1), "SAME")
        assert convolution.resolve_padding("SAME", size) == tuple(pads)
    with pytest.raises(ValueError, match="Expected padding to be one of SAME, VALID; got 'same'"):
        convolution.resolve_padding("same", (3, 3))


def test_pooling_takes_the_largest_of_each_block():
    x = draw(EVENTS, 4, 6, 2, seed=0)
    for size in ((1, 2), (2, 2), (4, 3)):
        blocks = x.reshape(EVENTS, 4 // size[0], size[0], 6 // size[1], size[1], 2)
        pooled = convolution.max_pool(x.transpose(1, 2, 3, 0), size).transpose(3, 0, 1, 2)
        np.testing.assert_array_equal(pooled, blocks.max(axis=(2, 4)))
    with pytest.raises(
        ValueError, match=r"Expected an image divisible into blocks of \(3, 2\); got \(4, 6\)"
    ):
        convolution.max_pool(x.transpose(1, 2, 3, 0), (3, 2))
