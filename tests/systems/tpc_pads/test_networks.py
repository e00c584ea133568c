"""Every architecture has the layers it is said to have."""

import math
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.models.network import from_module
from jaxgen.systems.tpc_pads.models import networks
from jaxgen.systems.tpc_pads.models.networks import (
    AMPLITUDE_ONE,
    ARCHITECTURES,
    Architecture,
    FeatureSum,
    TrainableKink,
    kinked,
    trainable_kink,
)

NUMBERS_OF_PARAMETERS = {
    "published": (19_968, 61_121),
    "relu": (19_968, 61_121),
    "elu": (19_968, 61_121),
    "residual": (19_968, 146_457),
    "residual_kinked": (19_968, 146_457),
    "moments": (12_038, 19_265),
    "faster": (15_808, 111_121),
    "convolutional_generator": (13_249, 61_121),
    "seven_features": (20_032, 61_665),
    "trainable_kink": (19_969, 61_121),
    "wide_generator": (60_288, 61_121),
}
EVENTS = 3


def shape_of(architecture: Architecture) -> tuple[int, ...]:
    return (6,) if architecture.representation == "gaussian" else (8, 16)


def init(name: str, key: jax.Array) -> tuple[dict, dict]:
    architecture = networks.get(name)
    features = jnp.zeros((1, architecture.number_features))
    generator = from_module(architecture.generator).init(key, features, jnp.zeros((1, architecture.latent)))
    critic = from_module(architecture.critic).init(key, jnp.zeros((1, *shape_of(architecture))), features)
    return generator, critic


def weights(name: str, key: jax.Array) -> tuple[dict, dict]:
    """Parameters drawn by NumPy, which needs no compilation; biases are not zero, or errors would hide."""
    draw = np.random.default_rng(0)

    def fill(leaf: jax.ShapeDtypeStruct) -> jax.Array:
        scale = np.sqrt(1.5 / math.prod(leaf.shape[:-1])) if len(leaf.shape) > 1 else 0.1
        return jnp.asarray(draw.normal(scale=scale, size=leaf.shape), jnp.float32)

    return jax.tree.map(fill, jax.eval_shape(partial(init, name), key))


def inputs(name: str) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Data, features and latent numbers."""
    architecture = networks.get(name)
    draw = np.random.default_rng(1)
    shapes = shape_of(architecture), (architecture.number_features,), (architecture.latent,)
    return tuple(jnp.asarray(draw.normal(size=(EVENTS, *shape)), jnp.float32) for shape in shapes)


def size(params: dict) -> int:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_networks_have_their_size_and_fit_each_other(name, key):
    architecture = networks.get(name)
    assert architecture.latent == 32

    def forward(key):
        generator, critic = init(name, key)
        _, features, latent = inputs(name)
        fake = architecture.generator.apply({"params": generator}, features, latent)
        seeds = jnp.zeros(EVENTS, jnp.uint32)
        scores = architecture.critic.apply({"params": critic}, fake, features, seeds)
        return generator, critic, fake, scores

    generator, critic, fake, scores = jax.eval_shape(forward, key)
    assert (size(generator), size(critic)) == NUMBERS_OF_PARAMETERS[name]
    assert fake.shape == (EVENTS, *shape_of(architecture))
    assert scores.shape == (EVENTS, 1)


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "moments"])
def test_geometry_is_that_of_the_convolutions(name, key):
    architecture = networks.get(name)
    critic = architecture.critic

    def outputs_of_layers(key):
        _, params = init(name, key)
        images, features, _ = inputs(name)
        _, seen = critic.apply({"params": params}, images, features, capture_intermediates=True)
        return params, seen["intermediates"]

    params, seen = jax.eval_shape(outputs_of_layers, key)
    layers = [layer for layer in params if layer.startswith("convolution")]
    assert list(architecture.geometry) == [f"{layer}/kernel" for layer in layers]
    assert architecture.geometry["convolution_0/kernel"].input_shape == (8, 16)
    for layer in layers:
        given = architecture.geometry[f"{layer}/kernel"]
        image = jax.ShapeDtypeStruct((1, *given.input_shape, params[layer]["kernel"].shape[2]), jnp.float32)
        plain = jax.eval_shape(lambda *x, p=given.padding: convolved(*x, p), image, params[layer]["kernel"])
        assert seen[layer]["__call__"][0].shape[:2] == plain.shape[1:3]


def convolved(x: jax.Array, kernel: jax.Array, padding: str | tuple) -> jax.Array:
    """A convolution as everybody knows it, [N, H, W, I] to [N, H', W', O]."""
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def layer(x: jax.Array, params: dict, padding: str | None = None) -> jax.Array:
    product = x @ params["kernel"] if padding is None else convolved(x, params["kernel"], padding)
    return product + params["bias"]


def plain_generator(params: dict, features: jax.Array, latent: jax.Array) -> jax.Array:
    x = nn.relu(layer(jnp.concatenate([features, latent], 1), params["dense_0"]))
    x = x.reshape(-1, 8, 2, 4).transpose(0, 2, 3, 1)
    for number, padding in enumerate(("SAME", "SAME", "VALID", "VALID", "SAME", "VALID", "VALID")):
        if number in (2, 4, 6):
            x = x.repeat(2, 1).repeat(2, 2)
        x = nn.relu(layer(x, params[f"convolution_{number}"], padding))
    return nn.relu(layer(x, params["response"]))[..., 0]


def plain_residual_critic(params: dict, images: jax.Array, features: jax.Array) -> jax.Array:
    tiled = jnp.broadcast_to(features[:, None, None], (EVENTS, 8, 16, 5))
    x = jnp.concatenate([images[..., None], tiled], axis=-1)
    for number in range(5):
        x = nn.elu(layer(x, params[f"convolution_{number}"], "VALID"))
        if number == 2:
            x = nn.max_pool(x, (2, 2), (2, 2))
    x = jnp.concatenate([features, x.transpose(0, 3, 1, 2).reshape(EVENTS, -1)], axis=1)
    x = nn.elu(layer(x, params["dense_0"]))
    for number in (1, 2, 3):
        x = x + nn.elu(layer(x, params[f"dense_{number}"]))
    return layer(x, params["scores"])


def plain_critic_of_moments(params: dict, moments: jax.Array, features: jax.Array) -> jax.Array:
    x = jnp.concatenate([features, moments], axis=1)
    for number in range(5):
        x = nn.relu(layer(x, params[f"dense_{number}"]))
    return layer(x, params["scores"])


def test_convolutional_generator_is_the_plain_one(key):
    """With TensorFlow's SAME, which pads a 2x2 kernel by one after the image only."""
    name = "convolutional_generator"
    architecture = networks.get(name)
    params = weights(name, key)[0]
    params["response"] = {"kernel": jnp.arange(-2.0, 6.0)[:, None], "bias": jnp.full(1, 0.3)}
    _, features, latent = inputs(name)
    expected = jax.jit(plain_generator)(params, features, latent)
    got = jax.jit(architecture.generator.apply)({"params": params}, features, latent)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "plain"), [("residual", plain_residual_critic), ("moments", plain_critic_of_moments)]
)
def test_critic_is_the_plain_one(name, plain, key):
    architecture = networks.get(name)
    params = weights(name, key)[1]
    data, features, _ = inputs(name)
    expected = jax.jit(plain)(params, data, features)
    seeds = jnp.arange(EVENTS, dtype=jnp.uint32)

    @jax.jit
    def with_and_without_dropout(*args):
        apply = partial(architecture.critic.apply, {"params": params})
        return apply(*args), apply(*args, seeds)

    got, dropped = with_and_without_dropout(data, features)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    assert np.allclose(dropped, expected, rtol=1e-4) == (name == "moments")


def test_activations_are_those_of_the_name(key):
    """The least value that a generator can give says what it ends in."""
    lowest = {
        "published": (0.0, 0.0302),
        "relu": (0.0, 0.0),
        "elu": (-1.0, -0.9),
        "moments": (-np.inf, -10.0),
    }
    for name, (low, high) in lowest.items():
        architecture = networks.get(name)
        params, _ = weights(name, key)
        params["response"]["bias"] -= 20.0
        _, features, latent = inputs(name)
        least = float(jnp.min(architecture.generator.apply({"params": params}, features, latent)))
        assert low <= least <= high, name


def test_convolutional_generator_does_not_start_dead(key):
    params = FeatureSum().init(key, jnp.ones((8, 2, 2, 1)))["params"]
    assert np.min(params["kernel"]) > 0


def test_sharpness_is_trained(key):
    name = "trainable_kink"
    architecture = networks.get(name)
    params, _ = weights(name, key)
    _, features, latent = inputs(name)

    def total(params):
        return jnp.sum(architecture.generator.apply({"params": params}, features, latent))

    assert jax.jit(jax.grad(total))(params)["output"]["sharpness"] < -0.1


def test_outputs_and_dropout_can_be_chosen():
    architecture = networks.get("residual", outputs=256, dropout_rate=0.1)
    assert (architecture.critic.outputs, architecture.critic.dropout_rate) == (256, 0.1)
    assert networks.get("published").critic.dropout_rate == 0.02
    assert networks.get("published", dropout_rate=0.0).critic.dropout_rate == 0.0
    assert networks.get("moments", outputs=256).critic.outputs == 256


def test_responses_of_other_shapes_have_networks_too(key):
    architecture = networks.get("published", shape=(6, 10))
    features, latent = jnp.zeros((2, 5)), jnp.zeros((2, 32))
    fake = jax.eval_shape(architecture.generator.init_with_output, key, features, latent)[0]
    assert fake.shape == (2, 6, 10)
    with pytest.raises(ValueError, match=r"blocks of \(2, 2\); got \(7, 8\)"):
        jax.eval_shape(architecture.critic.init, key, jnp.zeros((2, 7, 16)), features)
    with pytest.raises(ValueError, match=r"Expected responses of 8 x 16 .*; got \(6, 10\)"):
        networks.get("convolutional_generator", shape=(6, 10))


def derivatives(function, x, order):
    for _ in range(order):
        function = jax.grad(function)
    return jax.vmap(function)(x)


def test_kink_is_continuous_and_meets_amplitude_one():
    np.testing.assert_allclose(kinked(jnp.array(0.01)), np.log10(2), rtol=1e-6)
    for edge, slope_after in ((0.0, 0.9 * AMPLITUDE_ONE / 0.01), (0.01, 1.0)):
        before, at, after = kinked(jnp.array([edge - 1e-6, edge, edge + 1e-6]))
        np.testing.assert_allclose([before, after], [at, at], atol=1e-4)
        np.testing.assert_allclose(jax.grad(kinked)(edge + 1e-4), slope_after, rtol=1e-4)
    np.testing.assert_allclose(kinked(jnp.array(-1.0)), AMPLITUDE_ONE / 10 / np.e, rtol=1e-6)
    np.testing.assert_allclose(kinked(jnp.array(2.0)), AMPLITUDE_ONE + 1.99, rtol=1e-6)


def test_trainable_kink_is_the_formula():
    x = jnp.array([-0.3, -0.01, 0.0, 0.7])
    for u in (0.0, -1.02, 0.4):
        steepness = (np.expm1(50 * u + 50) if u < -1 else 50 * u + 50) + 1
        below = np.log10(2) * np.exp(-np.abs(x) * steepness)
        expected = np.where(x >= 0, np.log10(2) + x, below)
        np.testing.assert_allclose(trainable_kink(x, jnp.float32(u)), expected, rtol=1e-5)
    np.testing.assert_array_equal(
        TrainableKink().apply({"params": {"sharpness": jnp.float32(0.4)}}, x),
        trainable_kink(x, jnp.float32(0.4)),
    )
    assert TrainableKink().init(jax.random.key(0), x) == {"params": {"sharpness": 0.0}}


def test_gradients_far_from_the_kinks_are_finite():
    x = jnp.array([-1e4, -100.0, 100.0, 1e4])
    for function in (kinked, lambda x: trainable_kink(x, jnp.float32(0.0))):
        for order in (1, 2):
            assert np.isfinite(derivatives(function, x, order)).all()


def test_misuse_is_named():
    with pytest.raises(ValueError, match="Expected architecture to be one of published"):
        networks.get("resnet")
    with pytest.raises(ValueError, match="Expected outputs above zero; got 0"):
        networks.get("published", outputs=0)
    with pytest.raises(ValueError, match=r"Expected a dropout rate within \[0, 1\); got 1"):
        networks.get("published", dropout_rate=1.0)
