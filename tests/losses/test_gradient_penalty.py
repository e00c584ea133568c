import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.losses import gradient_penalty as gp


def curved(x: jax.Array) -> jax.Array:
    """A smooth critic of images [B, 2, 3]."""
    flat = x.reshape(len(x), -1)
    return jnp.sum(jnp.sin(flat) * jnp.arange(1.0, 7.0), axis=1) + jnp.prod(flat, axis=1)


def test_slopes_match_finite_differences(key):
    with jax.enable_x64():
        points = np.asarray(jax.random.normal(key, (4, 2, 3)), np.float64)
        step = 1e-6
        gradients = np.zeros_like(points)
        for index in np.ndindex(2, 3):
            shift = np.zeros_like(points)
            shift[(slice(None), *index)] = step
            gradients[(slice(None), *index)] = (curved(points + shift) - curved(points - shift)) / (2 * step)
        expected = np.sqrt(np.sum(gradients**2, axis=(1, 2)))
        np.testing.assert_allclose(gp.slopes(curved, jnp.asarray(points)), expected, rtol=1e-7)


def test_gradient_of_the_penalty_matches_finite_differences(key):
    """The derivative in a parameter of the critic, which differentiates twice."""
    with jax.enable_x64():
        real, fake = jax.random.normal(key, (2, 5, 2, 3), dtype=jnp.float64)

        def loss(w):
            return jnp.mean(gp.gradient_penalty(lambda x: jnp.tanh(w * curved(x)), key, real, fake))

        numeric = (loss(0.3 + 1e-6) - loss(0.3 - 1e-6)) / 2e-6
        np.testing.assert_allclose(jax.grad(loss)(0.3), numeric, rtol=1e-6)


def test_linear_critic_has_the_same_slope_everywhere(key):
    weights = jnp.array([3.0, 4.0])
    real, fake = jax.random.normal(key, (2, 6, 2))
    penalty = gp.gradient_penalty(lambda x: x @ weights, key, real, fake)
    np.testing.assert_allclose(penalty, np.full(6, 16.0), rtol=1e-5)
    penalty = gp.gradient_penalty(lambda x: x @ weights, key, real, fake, target=5.0)
    np.testing.assert_allclose(penalty, np.zeros(6), atol=1e-10)


def test_one_sided_spares_small_slopes():
    slopes = jnp.array([0.25, 1.0, 3.0])
    np.testing.assert_allclose(gp.penalty(slopes), [0.5625, 0.0, 4.0])
    np.testing.assert_allclose(gp.penalty(slopes, one_sided=True), [0.0, 0.0, 4.0])


def test_quadratic_critic_shows_the_mixing_point():
    """f(x) = |x|^2 / 2 has slope |x|."""
    real, fake = jnp.array([[2.0, 0.0], [0.0, 4.0]]), jnp.array([[0.0, 0.0], [0.0, 8.0]])
    points = gp.mix(real, fake, jnp.array([0.25, 0.5]))
    slopes = gp.slopes(lambda x: jnp.sum(x**2, axis=1) / 2, points)
    np.testing.assert_allclose(slopes, [0.5, 6.0], rtol=1e-6)


def test_random_points_lie_between_and_differ_by_pair(key):
    points = gp.mix_at_random(key, jnp.ones((500, 1, 2)), jnp.zeros((500, 1, 2)))
    assert np.all((points >= 0) & (points <= 1))
    np.testing.assert_array_equal(points[:, 0, 0], points[:, 0, 1])
    np.testing.assert_allclose(np.mean(points[:, 0, 0]), 0.5, atol=4 * np.sqrt(1 / 12 / 500))
    assert len(np.unique(points[:, 0, 0])) > 490


def test_penalty_on_data_is_zero_for_a_constant_critic(key):
    real = jax.random.normal(key, (3, 4))
    np.testing.assert_array_equal(gp.data_gradient_penalty(lambda x: 0 * x[:, 0] + 7.0, real), np.zeros(3))
    squared = gp.data_gradient_penalty(lambda x: jnp.sum(x**2, axis=1) / 2, real)
    np.testing.assert_allclose(squared, np.sum(real**2, axis=1), rtol=1e-6)


def test_gradient_stays_finite_for_a_flat_critic(key):
    real = jax.random.normal(key, (3, 4))

    def loss(w):
        return jnp.mean(gp.gradient_penalty(lambda x: x @ w, key, real, -real))

    np.testing.assert_array_equal(jax.grad(loss)(jnp.zeros(4)), np.zeros(4))


def test_pairs_must_fit(key):
    with pytest.raises(ValueError, match="Expected fake to have the shape of real"):
        gp.gradient_penalty(lambda x: x[:, 0], key, jnp.ones((3, 2)), jnp.ones((2, 2)))
    with pytest.raises(ValueError, match="Expected alpha of shape"):
        gp.mix(jnp.ones((3, 2)), jnp.ones((3, 2)), jnp.ones((3, 1)))
