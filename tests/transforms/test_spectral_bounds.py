import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.transforms import leaves, spectral_bounds
from jaxgen.transforms.spectral_norm import spectral_norm


@pytest.fixture
def params() -> dict:
    rng = np.random.default_rng(0)
    shapes = {"Conv_0": (2, 2, 3, 4), "Dense_0": (8, 5), "Dense_1": (5, 1)}
    return {
        name: {"kernel": (i + 0.5) * jnp.asarray(rng.normal(size=shape), jnp.float32)}
        for i, (name, shape) in enumerate(shapes.items())
    }


def norms(params: dict) -> dict[str, float]:
    """Exact top singular values of the reshaped kernels."""
    return {
        name: float(np.linalg.svd(np.reshape(kernel, (-1, kernel.shape[-1])), compute_uv=False)[0])
        for name, kernel in leaves.select(params).items()
    }


def applied(params: dict, key: jax.Array, **settings):
    transform = spectral_norm(initial_steps=50, **settings)
    return jax.jit(lambda params: transform.apply(params, transform.init(key, params)))(params)


def test_fixed_bound_for_each_layer(params, key):
    wanted = {"Conv_0/kernel": 0.5, "Dense_0/kernel": 3.0, "Dense_1/kernel": 2.0}
    scaled, _ = applied(params, key, bound=wanted)
    assert norms(scaled) == pytest.approx(wanted, rel=1e-2)


def test_budget_is_the_product_of_the_norms(params, key):
    scaled, _ = applied(params, key, bound=spectral_bounds.shared(20.0))
    np.testing.assert_allclose(list(norms(scaled).values()), 20 ** (1 / 3), rtol=1e-2)
    np.testing.assert_allclose(np.prod(list(norms(scaled).values())), 20.0, rtol=1e-2)


def test_soft_form_only_lowers(params, key):
    before = norms(params)
    limit = float(np.median(list(before.values())))
    scaled, _ = applied(params, key, bound=limit * 1.1, soft=True)
    assert norms(scaled) == pytest.approx({n: min(s, limit * 1.1) for n, s in before.items()}, rel=1e-2)
    assert min(before.values()) < limit * 1.1 < max(before.values())


def test_soft_form_leaves_the_gradient_of_small_kernels_alone(key):
    transform = spectral_norm(bound=100.0, soft=True)
    params = {"kernel": jax.random.normal(key, (4, 3))}
    state = jax.jit(transform.init)(key, params)
    gradient = jax.jit(jax.grad(lambda p: jnp.sum(transform.apply(p, state)[0]["kernel"])))(params)
    np.testing.assert_array_equal(gradient["kernel"], np.ones((4, 3)))


def test_scheduled_bound_follows_the_count(params, key):
    transform = spectral_norm(initial_steps=50, bound=spectral_bounds.scheduled(lambda n: 4.0 / (1 + n)))
    apply = jax.jit(transform.apply)
    state = jax.jit(transform.init)(key, params)
    for wanted in (4.0, 2.0, 4 / 3):
        scaled, state = apply(params, state)
        np.testing.assert_allclose(list(norms(scaled).values()), wanted, rtol=1e-2)


def test_learnable_bounds_start_as_told_and_leave_the_output(params, key):
    learnable = spectral_bounds.with_learnable_bounds(params, initial=1.7)
    scaled, _ = applied(learnable, key, bound=spectral_bounds.learnable())
    assert jax.tree.structure(scaled) == jax.tree.structure(params)
    np.testing.assert_allclose(list(norms(scaled).values()), 1.7, rtol=1e-2)


def test_learnable_bounds_move_with_the_loss_and_are_held_by_the_penalty(params, key):
    """A loss that rewards large outputs raises every bound; the penalty sets where it stops."""
    transform = spectral_norm(bound=spectral_bounds.learnable())
    x = jax.random.normal(key, (16, 8))

    def trained(weight):
        tree = spectral_bounds.with_learnable_bounds(params)
        state = jax.jit(transform.init)(key, tree)

        def loss(tree, state):
            p, state = transform.apply(tree, state)
            score = x @ p["Dense_0"]["kernel"] @ p["Dense_1"]["kernel"]
            gain = jnp.log(jnp.mean(jnp.square(score)))
            return -gain + weight * spectral_bounds.learnable_bound_penalty(tree), state

        def step(carry, _):
            tree, state = carry
            gradient, state = jax.grad(loss, has_aux=True)(tree, state)
            return (jax.tree.map(lambda p, g: p - 0.1 * g, tree, gradient), state), None

        (tree, _), _ = jax.jit(lambda c: jax.lax.scan(step, c, None, length=100))((tree, state))
        return {n: float(jax.nn.softplus(raw)) for n, raw in tree[spectral_bounds.LEARNED].items()}

    free, held = trained(0.0), trained(10.0)
    for name in ("Dense_0/kernel", "Dense_1/kernel"):
        assert free[name] > 2.0
        assert 1.0 < held[name] < 0.8 * free[name]
    assert free["Conv_0/kernel"] == pytest.approx(1.0, abs=1e-6)  # not in the loss


def test_penalty_is_the_mean_squared_logarithm(params):
    tree = spectral_bounds.with_learnable_bounds(params, initial=2.0)
    penalty = spectral_bounds.learnable_bound_penalty(tree)
    np.testing.assert_allclose(penalty, np.log(2.0) ** 2, rtol=1e-5)
    np.testing.assert_allclose(spectral_bounds.learnable_bound_penalty(tree, target=2.0), 0.0, atol=1e-10)


def test_feedback_brings_the_slope_to_its_target(params, key):
    """The slope of x -> W1 W0 x is the norm of the product, and goes as c^2."""
    transform = spectral_norm(bound=spectral_bounds.feedback(), where=lambda name, leaf: "Dense" in name)
    state = jax.jit(transform.init)(key, params)

    @jax.jit
    def step(state):
        p, state = transform.apply(params, state)
        slope = jnp.linalg.norm(p["Dense_0"]["kernel"] @ p["Dense_1"]["kernel"])
        bound = spectral_bounds.follow_slope(state.bound, slope, layers=2, target=3.0, rate=0.1)
        return state._replace(bound=bound), slope

    slopes = []
    for _ in range(80):
        state, slope = step(state)
        slopes.append(float(slope))
    assert slopes[0] < 1.01
    assert slopes[-1] == pytest.approx(3.0, rel=1e-2)
    assert np.all(np.diff(slopes[5:]) > -1e-3)  # from below, without overshooting


@pytest.mark.parametrize("slope", [np.nan, np.inf, 0.0])
def test_feedback_ignores_unsound_slopes(slope):
    assert float(spectral_bounds.follow_slope(jnp.float32(2.0), jnp.float32(slope), layers=3)) == 2.0


def test_feedback_stays_in_its_range():
    moved = spectral_bounds.follow_slope(
        jnp.float32(2.0), jnp.float32(1e-20), layers=1, rate=1.0, highest=5.0
    )
    assert float(moved) == 5.0


def test_misuse_is_named(params, key):
    with pytest.raises(ValueError, match="Expected a bound for each of"):
        applied(params, key, bound={"Dense_0/kernel": 1.0})
    with pytest.raises(ValueError, match="Expected a bound for each of"):
        applied(params, key, bound=spectral_bounds.learnable())
    with pytest.raises(ValueError, match="Expected bound above zero; got -1"):
        spectral_norm(bound=-1.0)
    with pytest.raises(ValueError, match="Expected budget above zero"):
        spectral_bounds.shared(0.0)
    with pytest.raises(ValueError, match="Expected parameters with learnable bounds"):
        spectral_bounds.learnable_bound_penalty(params)
