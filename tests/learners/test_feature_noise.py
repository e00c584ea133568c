"""Noise on conditions follows its schedule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.learners.feature_noise import feature_noise, noise_scale


@pytest.mark.parametrize(("epoch", "expected"), [(0, 2.0), (100, 0.2), (200, 0.02), (50, 2 / 10**0.5)])
def test_scale_falls_to_a_tenth_every_decay(epoch, expected):
    got = jax.jit(lambda epoch: noise_scale(scale=2.0, decay_epochs=100, epoch=epoch))(epoch)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("epoch", [0, 30])
def test_spread_follows_the_schedule(key, epoch):
    condition = jnp.full((20000, 3), 100.0)
    scale = jnp.array([1.0, 0.0, 5.0])
    noise = feature_noise(key, condition, scale=scale, decay_epochs=30, epoch=epoch) - condition
    expected = np.array([1.0, 0.0, 5.0]) / 10 ** (epoch / 30)
    np.testing.assert_allclose(noise.std(0), expected, rtol=0.03)
    np.testing.assert_allclose(noise.mean(0), 0, atol=0.2)
    assert abs(np.corrcoef(np.asarray(noise)[:, [0, 2]].T)[0, 1]) < 0.03


def test_noise_depends_on_the_key_alone(key):
    condition = jnp.zeros((4, 6))
    draw = [
        feature_noise(k, condition, scale=1.0, decay_epochs=1.0, epoch=0)
        for k in (key, key, jax.random.key(1))
    ]
    np.testing.assert_array_equal(draw[0], draw[1])
    assert bool((draw[0] != draw[2]).any())


def test_a_decay_of_zero_is_refused(key):
    with pytest.raises(ValueError, match="decay_epochs above zero"):
        feature_noise(key, jnp.zeros((1, 6)), scale=1.0, decay_epochs=0.0, epoch=0)
