"""The networks of showers have the layers they are said to have."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.base import Array
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models.network import from_module
from jaxgen.ops import convolution
from jaxgen.systems.calorimeter.cells import RINGS
from jaxgen.systems.calorimeter.models import networks as calorimeter_networks
from jaxgen.systems.calorimeter.models.critics import Energies, ShowerCritic
from jaxgen.systems.calorimeter.models.generators import OUTPUTS, TransposedGenerator
from jaxgen.systems.calorimeter.models.networks import ARCHITECTURES

DRAW = np.random.default_rng(0)


def layers(*sizes: tuple[int, ...]) -> int:
    """Weights (..., inputs, outputs) and a bias for each output."""
    return sum(math.prod(size) + size[-1] for size in sizes)


GAN1 = (
    layers(
        (100, 49),
        (5, 5, 1, 128),
        (5, 5, 128, 128),
        (5, 5, 128, 64),
        (5, 5, 64, 64),
        (4, 4, 64, 32),
        (4, 4, 32, 32),
        (4, 4, 32, 16),
        (3, 3, 16, 1),
    ),
    layers(
        (3, 3, 1, 32),
        (3, 3, 32, 32),
        (3, 3, 32, 64),
        (3, 3, 64, 64),
        (3, 3, 64, 128),
        (2 * 2 * 128, 256),
        (256, 2),
    ),
)
GAN2 = (
    layers(
        (100, 100),
        (5, 5, 1, 128),
        (4, 4, 128, 64),
        (4, 4, 64, 64),
        (3, 3, 64, 32),
        (3, 3, 32, 32),
        (3, 3, 32, 16),
        (3, 3, 16, 16),
        (3, 3, 16, 1),
    ),
    layers(
        (4, 4, 1, 32),
        (4, 4, 32, 32),
        (4, 4, 32, 32),
        (3, 3, 32, 64),
        (3, 3, 64, 64),
        (1, 1, 64, 128),
        (2 * 2 * 128, 256),
        (256, 2),
    ),
)


def shapes(name: str, number_features: int) -> tuple[dict, dict]:
    networks = calorimeter_networks.get(name)
    features = jnp.zeros((2, number_features))
    latent, images = jnp.zeros((2, networks.latent)), jnp.zeros((2, 30, 30))
    key = jax.random.key(0)
    pair = from_module(networks.generator), from_module(networks.critic)
    generator, critic = (
        jax.eval_shape(network.init, key, *inputs)
        for network, inputs in zip(pair, ((features, latent), (images, features)), strict=True)
    )
    made = jax.eval_shape(pair[0].apply, generator, features, latent)
    judged = jax.eval_shape(pair[1].apply, critic, images, features)
    assert (made.shape, judged.shape) == ((2, 30, 30), (2, 1))
    return generator, critic


def count(params: dict) -> int:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))


@pytest.mark.parametrize(("name", "expected"), [("gan1", GAN1), ("gan2", GAN2)])
def test_published_networks_have_their_layers(name, expected):
    assert tuple(map(count, shapes(name, 0))) == expected


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_features_join_the_latent_numbers_the_cells_and_the_dense_layer(name):
    (generator, critic), (plain, unconditional) = shapes(name, 6), shapes(name, 0)
    assert count(generator) - count(plain) == 6 * generator["dense_0"]["bias"].size
    kernel = critic["convolution_0"]["kernel"].shape
    more = 6 * kernel[0] * kernel[1] * kernel[3] + 6 * critic["dense_0"]["bias"].size
    assert count(critic) - count(unconditional) == more


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_geometry_names_every_kernel_and_its_input(name):
    networks = calorimeter_networks.get(name)
    _, critic = shapes(name, 0)
    kernels = [f"{layer}/kernel" for layer in critic if layer.startswith("convolution")]
    assert sorted(networks.geometry) == sorted(kernels)
    sides = {
        "gan1": [30, 14, 12, 10, 4],
        "gan2": [30, 27, 12, 9, 7, 2],
        "conditional": [10, 8, 4, 4],
    }
    assert [
        networks.geometry[f"convolution_{i}/kernel"].input_shape[0] for i in range(len(kernels))
    ] == sides[name]


def test_the_conditional_critic_is_cheap():
    """Operations of the matrix products, with the six features as channels."""
    _, params = shapes("conditional", 6)
    sides = (8, 8, 4, 4)
    convolutions = sum(side**2 * params[f"convolution_{i}"]["kernel"].size for i, side in enumerate(sides))
    operations = 2 * (convolutions + sum(params[f"dense_{i}"]["kernel"].size for i in range(2)))
    assert operations == pytest.approx(3.8e6, rel=0.03)


def plain_generator(params: dict, latent: Array, output: str) -> Array:
    """As one would write it, with the library's own transposed convolution."""
    layout = {"dimension_numbers": ("NHWC", "HWIO", "NHWC")}
    x = jax.nn.relu(latent @ params["dense_0"]["kernel"] + params["dense_0"]["bias"])
    x = x.reshape(len(latent), 3, 3, 1)
    for index in range(2):
        layer = params[f"transposed_{index}"]
        x = lax.conv_transpose(x, layer["kernel"], (1, 1), "VALID", transpose_kernel=True, **layout)
        x = jax.nn.relu(x + layer["bias"])
    x = lax.conv_general_dilated(x, params["response"]["kernel"], (1, 1), "VALID", **layout)
    return OUTPUTS[output](x[..., 0] + params["response"]["bias"])


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_transposed_generator_is_the_plain_one(output, key):
    module = TransposedGenerator(start=3, layers=((4, 3), (2, 2)), output=output)
    network = from_module(module)
    latent = jnp.asarray(DRAW.normal(size=(5, 6)), jnp.float32)
    with jax.disable_jit():
        params = network.init(key, jnp.zeros((5, 0)), latent)
        made = network.apply(params, jnp.zeros((5, 0)), latent)
        expected = plain_generator(params, latent, output)
    assert made.shape == (5, 4, 4)
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_outputs_reach_what_they_should():
    x = jnp.array([-2.0, 0.0, 50.0])
    reached = {name: np.asarray(function(x)) for name, function in OUTPUTS.items()}
    assert max(abs(reached["tanh"])) <= 1
    for name in ("relu", "rectified"):
        np.testing.assert_array_equal(reached[name], [0.0, 0.0, 50.0])
    np.testing.assert_allclose(reached["softplus"], np.log1p(np.exp(x)), rtol=1e-6)
    np.testing.assert_array_equal(reached["linear"], x)
    slope = jax.vmap(jax.grad(OUTPUTS["rectified"]))(x)
    np.testing.assert_allclose(slope, [np.exp(-2.0), 1.0, 1.0], rtol=1e-6)


def small_critic(**changes: object) -> ShowerCritic:
    stages = ((((3, (3, 3), "VALID"),), (14, 14)),)
    return ShowerCritic(stages, **{"widths": (5,), **changes})  # type: ignore[arg-type]


def two_outputs(critic: ShowerCritic, params: dict, images: Array) -> Array:
    """The two outputs of the published critic before their softmax."""
    x = convolution.convolve(
        images.transpose(1, 2, 0)[:, :, None], params["convolution_0"]["kernel"], padding=((0, 0), (0, 0))
    )
    x = jax.nn.relu(x).reshape(2, 14, 2, 14, 3, -1).max((1, 3)).transpose(2, 0, 1, 3).reshape(12, -1).T
    x = jnp.tanh(x @ params["dense_0"]["kernel"])
    return x @ params["scores"]["kernel"] + params["scores"]["bias"]


def test_losses_of_log_odds_are_the_published_ones(key):
    """-mean[log p_real(x) + log p_fake(G)] and -mean log p_real(G), with p from the softmax of two."""
    critic = small_critic()
    real, fake = (jnp.asarray(DRAW.normal(size=(6, 30, 30)), jnp.float32) for _ in range(2))
    none = jnp.zeros((6, 0))
    network = from_module(critic)
    with jax.disable_jit():
        params = network.init(key, real, none)
        params["scores"]["bias"] = jnp.array([0.3, -0.2])
        scores = [network.apply(params, x, none) for x in (real, fake)]
        log_real, log_fake = (jax.nn.log_softmax(two_outputs(critic, params, x)).T for x in (real, fake))
    np.testing.assert_allclose(jnp.exp(log_real[0]), jax.nn.sigmoid(scores[0][:, 0]), rtol=1e-4)
    published = -jnp.mean(log_real[0] + log_fake[1])
    for name in ("minimax", "non_saturating"):
        np.testing.assert_allclose(jnp.mean(LOSSES[name].critic(*scores, None)), published, rtol=1e-5)
    generator = jnp.mean(LOSSES["non_saturating"].generator(None, scores[1], None))
    np.testing.assert_allclose(generator, -jnp.mean(log_fake[0]), rtol=1e-5)


def test_summaries_are_sums_of_energies(key):
    images = jnp.asarray(DRAW.exponential(size=(4, 30, 30)), jnp.float32)
    seen = Energies(linear=jnp.expm1, floor=0.5)(jnp.log1p(images))
    expected = [images.sum((1, 2)), *(images[:, ring].sum(1) for ring in RINGS)]
    np.testing.assert_allclose(seen[:, :4], np.log(0.5 + np.stack(expected, 1)), rtol=1e-4)
    np.testing.assert_allclose(seen[:, 4:].reshape(4, 6, 6), jnp.log1p(images[:, 12:18, 12:18]), rtol=1e-6)
    params = jax.eval_shape(
        from_module(small_critic(summaries=Energies())).init, key, images, jnp.zeros((4, 2))
    )
    assert params["dense_0"]["kernel"].shape == (2 + 40 + 12, 5)


def test_a_critic_may_have_plain_outputs(key):
    images, features = jnp.zeros((2, 30, 30)), jnp.zeros((2, 0))
    for of_two, width in ((True, 6), (False, 3)):
        network = from_module(small_critic(outputs=3, of_two=of_two))
        params = jax.eval_shape(network.init, key, images, features)
        assert params["scores"]["kernel"].shape == (5, width)
        assert jax.eval_shape(network.apply, params, images, features).shape == (2, 3)


def test_misuse_is_named():
    with pytest.raises(
        ValueError, match="Expected architecture to be one of gan1, gan2, conditional; got 'gan3'"
    ):
        calorimeter_networks.get("gan3")
    with pytest.raises(ValueError, match="Expected the output activation to be one of tanh"):
        calorimeter_networks.get("gan1", output_activation="sigmoid")
    with pytest.raises(ValueError, match="outputs"):
        calorimeter_networks.get("gan1", outputs=0)
