"""Derivatives are those of the textbook, and cells that are empty can come back."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.models.activations import elu, rectified


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


def test_rectified_is_a_relu_whose_slope_below_zero_is_not_zero():
    x = jnp.array([-5.0, -0.1, 0.0, 0.1, 5.0])
    np.testing.assert_array_equal(rectified(x), nn.relu(x))
    np.testing.assert_allclose(derivatives(rectified, x, 1), np.exp(np.minimum(x, 0)), rtol=1e-6)


def test_gradients_far_from_the_kink_are_finite():
    x = jnp.array([-1e4, -100.0, 100.0, 1e4])
    for function in (elu, rectified):
        for order in (1, 2):
            assert np.isfinite(derivatives(function, x, order)).all()
