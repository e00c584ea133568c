"""Critics of images see the image and the features, and know the shapes of their convolutions."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.models.convolutional import ConvolutionalCritic, geometry, upsample

STAGES = (
    (((3, (3, 3), "SAME"),), (1, 2)),
    (((4, (2, 3), "VALID"), (5, (2, 2), "SAME")), None),
)
SHAPE = (4, 8)
DRAW = np.random.default_rng(0)
IMAGES = jnp.asarray(DRAW.normal(size=(3, *SHAPE)), jnp.float32)
FEATURES = jnp.asarray(DRAW.normal(size=(3, 2)), jnp.float32)


def weights(critic: ConvolutionalCritic) -> dict:
    """Drawn by NumPy; biases are not zero, or errors would hide."""
    shapes = jax.eval_shape(critic.init, jax.random.key(0), IMAGES, FEATURES)["params"]
    return jax.tree.map(lambda leaf: jnp.asarray(DRAW.normal(0, 0.3, leaf.shape), jnp.float32), shapes)


def plain(params: dict, images: jax.Array, features: jax.Array) -> jax.Array:
    """The critic as everybody would write it, batch first."""

    def convolved(x, name, padding):
        kernel, bias = params[name]["kernel"], params[name]["bias"]
        numbers = ("NHWC", "HWIO", "NHWC")
        return nn.elu(lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=numbers) + bias)

    tiled = jnp.broadcast_to(features[:, None, None], (3, *SHAPE, 2))
    x = convolved(jnp.concatenate([images[..., None], tiled], axis=-1), "convolution_0", "SAME")
    x = nn.max_pool(x, (1, 2), (1, 2))
    x = convolved(convolved(x, "convolution_1", "VALID"), "convolution_2", "SAME")
    x = jnp.concatenate([features, x.transpose(0, 3, 1, 2).reshape(3, -1)], axis=1)
    x = nn.elu(x @ params["dense_0"]["kernel"] + params["dense_0"]["bias"])
    return x @ params["scores"]["kernel"] + params["scores"]["bias"]


def test_the_critic_is_the_plain_one_and_seeds_turn_dropout_on():
    critic = ConvolutionalCritic(stages=STAGES, widths=(6,), outputs=2, dropout_rate=0.4)
    params = weights(critic)

    @jax.jit
    def all_of_it(params):
        seeds = jnp.arange(3, dtype=jnp.uint32)
        given = {"params": params}
        dropped = critic.apply(given, IMAGES, FEATURES, seeds)
        return critic.apply(given, IMAGES, FEATURES), plain(params, IMAGES, FEATURES), dropped

    found, expected, dropped = all_of_it(params)
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(dropped - expected).max() > 1e-2


def test_geometry_is_that_of_every_convolution():
    found = geometry(STAGES, SHAPE)
    assert {name: one.input_shape for name, one in found.items()} == {
        "convolution_0/kernel": (4, 8),
        "convolution_1/kernel": (4, 4),
        "convolution_2/kernel": (3, 2),
    }
    assert found["convolution_1/kernel"].padding == ((0, 0), (0, 0))
    assert found["convolution_2/kernel"].padding == ((0, 1), (0, 1))


def test_images_that_fill_no_whole_blocks_are_refused(key):
    critic = ConvolutionalCritic(stages=STAGES)
    with pytest.raises(ValueError, match=r"image divisible into blocks of \(1, 2\); got \(4, 7\)"):
        jax.eval_shape(critic.init, key, IMAGES[:, :, :7], FEATURES)


def test_rows_and_columns_are_repeated():
    x = jnp.asarray(DRAW.normal(size=(2, 3, 1, 2)), jnp.float32)
    np.testing.assert_array_equal(upsample(x), x.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(upsample(x, 3), x.repeat(3, 0).repeat(3, 1))
