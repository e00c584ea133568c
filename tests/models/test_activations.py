"""The kinks are where they should be, and derivatives are those of the textbook."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.models import activations
from jaxgen.models.activations import AMPLITUDE_ONE, elu, kinked, trainable_kink


def derivatives(function, x, order):
    for _ in range(order):
        function = jax.grad(function)
    return jax.vmap(function)(x)


def test_elu_and_two_derivatives_are_those_of_flax():
    x = jnp.array([-30.0, -3.0, -1e-3, 1e-3, 0.5, 40.0])
    for order in range(3):
        np.testing.assert_allclose(
            derivatives(elu, x, order), derivatives(nn.elu, x, order), rtol=1e-5, atol=1e-7
        )


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
        activations.TrainableKink().apply({"params": {"sharpness": jnp.float32(0.4)}}, x),
        trainable_kink(x, jnp.float32(0.4)),
    )
    assert activations.TrainableKink().init(jax.random.key(0), x) == {"params": {"sharpness": 0.0}}


def test_gradients_far_from_the_kink_are_finite():
    x = jnp.array([-1e4, -100.0, 100.0, 1e4])
    for function in (elu, kinked, lambda x: trainable_kink(x, jnp.float32(0.0))):
        for order in (1, 2):
            assert np.isfinite(derivatives(function, x, order)).all()
