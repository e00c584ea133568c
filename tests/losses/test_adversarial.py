import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats

from jaxgen.losses import adversarial, gradient_penalty

REAL, FAKE = np.array([1.5, -0.3, 0.2, 4.0]), np.array([-2.0, 0.7, 0.1, 1.1])
SIGMOID_REAL, SIGMOID_FAKE = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-FAKE))
CROSS_ENTROPY = -np.log(SIGMOID_REAL) - np.log(1 - SIGMOID_FAKE)

EXPECTED = {
    "wasserstein": (FAKE - REAL, REAL - FAKE),
    "minimax": (CROSS_ENTROPY, np.log(1 - SIGMOID_FAKE)),
    "non_saturating": (CROSS_ENTROPY, -np.log(SIGMOID_FAKE)),
    "js": (CROSS_ENTROPY / 2, -np.log(SIGMOID_FAKE)),
    "hinge": (np.maximum(0, 1 - REAL) + np.maximum(0, 1 + FAKE), -FAKE),
}


def column(x: np.ndarray) -> jax.Array:
    return jnp.asarray(x, jnp.float32)[:, None]


@pytest.mark.parametrize("name", EXPECTED)
def test_losses_equal_their_textbook_form(name):
    loss = adversarial.get(name)
    critic, generator = EXPECTED[name]
    np.testing.assert_allclose(loss.critic(column(REAL), column(FAKE), None), critic, rtol=2e-6)
    np.testing.assert_allclose(loss.generator(column(REAL), column(FAKE), None), generator, rtol=2e-6)


def test_js_as_published_adds_up_the_real_half():
    loss = adversarial.get("js_as_published").critic(column(REAL), column(FAKE), None)
    expected = np.sum(-np.log(SIGMOID_REAL)) + np.sum(-np.log(1 - SIGMOID_FAKE)) / (2 * len(REAL))
    np.testing.assert_allclose(np.mean(loss), expected, rtol=1e-6)


def test_js_as_published_is_the_same_on_two_devices():
    def local(real, fake):
        return jnp.mean(adversarial.get("js_as_published", axis_name="i").critic(real, fake, None))

    halves = [column(x).reshape(2, 2, 1) for x in (REAL, FAKE)]
    whole = jnp.mean(adversarial.get("js_as_published").critic(column(REAL), column(FAKE), None))
    np.testing.assert_allclose(jnp.mean(jax.vmap(local, axis_name="i")(*halves)), whole, rtol=1e-6)


@pytest.mark.parametrize("name", adversarial.LOSSES)
def test_table_agrees_with_itself(name, key):
    """Names, shapes, and the declared needs of every loss."""
    loss = adversarial.LOSSES[name]
    real, fake, second = jax.random.normal(key, (3, 5, loss.outputs))
    second = second if loss.needs_second_fake else None
    assert loss.name == name
    assert loss.critic(real, fake, second).shape == (5,)
    assert loss.witness(real, fake).shape == (5,)

    def gradient(real):
        return jax.grad(lambda f: jnp.sum(loss.generator(real, f, second)))(fake)

    depends = not np.allclose(gradient(real), gradient(-2 * real))
    assert depends == loss.generator_needs_real
    if not loss.generator_needs_real:
        np.testing.assert_allclose(gradient(None), gradient(real))


def test_misuse_is_named():
    with pytest.raises(ValueError, match=r"Expected loss to be one of wasserstein, .*; got 'wgan'"):
        adversarial.get("wgan")
    with pytest.raises(ValueError, match="Expected fake scores of shape"):
        adversarial.get("js").critic(jnp.ones(3), jnp.ones(3), None)
    with pytest.raises(ValueError, match="second generated batch"):
        adversarial.get("cramer").critic(jnp.ones((3, 2)), jnp.ones((3, 2)), None)


def test_wasserstein_gap_tracks_the_exact_distance(key):
    """A small penalized critic on one-dimensional laws, against the quantile formula."""
    loss = adversarial.get("wasserstein")

    def network(params, x):
        hidden = jnp.tanh(x @ params["a"] + params["b"])
        return (hidden @ params["c"])[:, None]

    def objective(params, key, real, fake):
        gap = loss.critic(network(params, real), network(params, fake), None)
        penalty = gradient_penalty.gradient_penalty(
            lambda x: network(params, x)[:, 0], key, real, fake, one_sided=True
        )
        return jnp.mean(gap) + 20 * jnp.mean(penalty)

    optimizer = optax.adam(1e-2, b1=0.5)

    @jax.jit
    def train(key, real, fake):
        keys = jax.random.split(key, 3)
        params = {
            "a": jax.random.normal(keys[0], (1, 32)),
            "b": jax.random.normal(keys[1], (32,)),
            "c": jax.random.normal(keys[2], (32,)) / 32,
        }

        def step(carry, key):
            params, state = carry
            updates, state = optimizer.update(jax.grad(objective)(params, key, real, fake), state)
            return (optax.apply_updates(params, updates), state), None

        start = (params, optimizer.init(params))
        (params, _), _ = jax.lax.scan(step, start, jax.random.split(key, 800))
        return -jnp.mean(loss.critic(network(params, real), network(params, fake), None))

    for shift, scale in ((0.5, 1.0), (2.0, 1.0), (0.0, 3.0)):
        real = jax.random.normal(key, (256, 1))
        fake = shift + scale * jax.random.normal(jax.random.fold_in(key, 1), (256, 1))
        exact = scipy.stats.wasserstein_distance(real[:, 0], fake[:, 0])
        np.testing.assert_allclose(train(key, real, fake), exact, rtol=0.1, atol=0.02)


def test_minimax_gradient_vanishes_with_a_good_discriminator():
    """With |D - D*| < eps the minimax gradient is below M eps / (1 - eps); -log D keeps its own."""

    def slope(name, eps):
        score = jnp.log(jnp.array([[eps / (1 - eps)]]))  # D = eps on generated events
        return float(
            jnp.abs(jax.grad(lambda f: adversarial.get(name).generator(None, f, None)[0])(score)[0, 0])
        )

    for eps in (0.1, 1e-2, 1e-4):
        assert slope("minimax", eps) <= eps / (1 - eps)
        np.testing.assert_allclose(slope("minimax", eps), eps, rtol=1e-4)
        np.testing.assert_allclose(slope("non_saturating", eps), 1 - eps, rtol=1e-4)


def test_cramer_vanishes_for_equal_laws_and_not_for_others(key):
    loss = adversarial.get("cramer")
    real, fake, second = jax.random.normal(key, (3, 20_000, 4))
    values = loss.generator(real, fake, second)
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 4 * error
    np.testing.assert_allclose(loss.critic(real, fake, second), -values)
    assert np.mean(loss.generator(real, fake + 1.0, second + 1.0)) > 20 * error


def test_cramer_equals_its_published_formula(key):
    real, fake, second = np.asarray(jax.random.normal(key, (3, 6, 4)))

    def norm(x):
        return np.sqrt(np.sum(x**2, axis=1))

    expected = norm(real - fake) + norm(second) - norm(fake - second) - norm(real)
    np.testing.assert_allclose(
        adversarial.get("cramer").generator(real, fake, second), expected, rtol=1e-5, atol=1e-6
    )
