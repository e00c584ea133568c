"""The published flow is its formula, is inverted, and knows the volume it changes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import masked_affine_flow
from tests.models import flows


def test_inverse_and_log_determinant(key):
    found = flows.judge(masked_affine_flow.make(scale="linear"), key, columns=32, features=3, scale=0.05)
    assert found["inverse"] < 1e-4, found
    assert found["log_determinant"] < 1e-4, found
    assert found["varies"] > 0.5
    assert found["bends"] > 0.3


def test_published_scale_is_inverted_in_double_precision(key):
    """It stretches to ten thousands, where networks of unscaled numbers make rounding large in float32."""
    with jax.enable_x64(True):
        found = flows.judge(masked_affine_flow.make(), key, columns=32, features=3, scale=0.05)
    assert found["inverse"] < 1e-9, found
    assert found["log_determinant"] < 1e-9, found
    assert found["varies"] > 0.5
    assert found["bends"] > 1e3


@pytest.mark.parametrize("scale", masked_affine_flow.SCALES)
def test_equals_the_published_formula_with_masks(scale, key):
    """z' = b z + (1 - b)(z e^s + t) with full-width networks of b z, in double precision."""
    columns, features, width, layers = 6, 2, 5, 4
    flow = masked_affine_flow.make(layers=layers, width=width, scale=scale)
    latent, context = jax.random.normal(key, (30, columns)), jax.random.normal(key, (30, features))
    params = flows.trained(flow, key, latent, context, scale=0.2)
    double = jax.tree.map(lambda x: np.asarray(x, np.float64), params)
    z, log_determinant = np.asarray(latent, np.float64), np.zeros(len(latent))
    for layer in range(layers):
        kept = np.arange(columns) % 2 == layer % 2
        outputs = {}
        for name, network in double.items():
            first, last = (network[part]["kernel"][layer] for part in ("first", "last"))
            full = np.zeros((width, columns))
            full[:, kept] = first[:, : columns // 2]
            of_context = first[:, columns // 2 :] @ np.asarray(context, np.float64).T
            hidden = full @ (kept * z).T + of_context + network["first"]["bias"][layer][:, None]
            output = np.zeros((columns, len(z)))
            output[~kept] = last @ np.maximum(hidden, 0) + network["last"]["bias"][layer][:, None]
            outputs[name] = (1 / (1 + np.exp(-output)) if scale == "sigmoid" else output).T
        log_determinant += ((1 - kept) * outputs["scale"]).sum(axis=1)
        z = kept * z + (1 - kept) * (z * np.exp(outputs["scale"]) + outputs["shift"])
    x = flows.quickly(flow.transform)(params, latent, context)
    back, found = flows.quickly(flow.normalize)(params, x, context)
    np.testing.assert_allclose(x, z, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(back, latent, atol=1e-4)
    np.testing.assert_allclose(found, -log_determinant, atol=1e-4)


def test_has_the_published_networks_without_the_weights_that_do_nothing(key):
    flow = masked_affine_flow.make()
    params = flows.quickly(flow.init)(key, jnp.zeros((1, 32)), jnp.zeros((1, 0)))
    published = 32 * 36 + 36 + 36 * 32 + 32
    idle = 36 * 16 + 16 * 36 + 16
    assert sum(leaf.size for leaf in jax.tree.leaves(params)) == 32 * 2 * (published - idle)
    assert all(0 < np.abs(leaf).max() <= 1 / np.sqrt(32) for leaf in jax.tree.leaves(params))


def test_sigmoid_never_narrows_and_linear_starts_as_the_identity(key):
    x = jax.random.normal(key, (40, 8))
    context = jnp.zeros((40, 0))
    bounded = masked_affine_flow.make(layers=6)
    params = flows.trained(bounded, key, x, context, scale=3.0)
    _, log_determinant = flows.quickly(bounded.normalize)(params, x, context)
    assert (log_determinant < 0).all()
    assert (log_determinant > -6 * 4).all()
    linear = masked_affine_flow.make(layers=6, scale="linear")
    params = flows.quickly(linear.init)(key, x, context)
    latent, log_determinant = flows.quickly(linear.normalize)(params, x, context)
    np.testing.assert_array_equal(latent, x)
    np.testing.assert_array_equal(log_determinant, 0.0)


def test_misuse_is_named(key):
    with pytest.raises(ValueError, match="Expected scale to be one of sigmoid, linear; got 'tanh'"):
        masked_affine_flow.make(scale="tanh")
    with pytest.raises(ValueError, match="even number of layers; got 3"):
        masked_affine_flow.make(layers=3)
    with pytest.raises(ValueError, match="even number of columns; got 5"):
        masked_affine_flow.make().init(key, jnp.zeros((1, 5)), jnp.zeros((1, 0)))
