import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgen import numerics
from jaxgen.learners import optimizers


def test_rmsprop_follows_the_published_trajectory(golden):
    """100 steps at a rate of 1e-4, times 0.999 every 10 steps."""
    saved = np.load(golden / "rmsprop_torch.npz")
    optimizer = optimizers.make("rmsprop_torch")
    rate = optimizers.learning_rate_schedule(1e-4, steps_per_epoch=10, constant_epochs=1)

    def step(carry, inputs):
        params, state = carry
        index, gradient = inputs
        update, state = optimizer.update(gradient, state)
        params = params - rate(index) * update
        return (params, state), params

    start = jnp.asarray(saved["p0"])
    _, params = jax.lax.scan(step, (start, optimizer.init(start)), (jnp.arange(100), saved["grads"]))
    expected = saved["params_torch_lr1e-4_decay0.999_every10"]
    np.testing.assert_allclose(params, expected, rtol=0, atol=1e-6)
    moved = np.abs(expected[-1] - saved["p0"]).max()
    assert np.abs(params[-1] - expected[-1]).max() < 1e-3 * moved


@pytest.mark.parametrize(
    ("name", "decay", "epsilon"), [("rmsprop_tensorflow", 0.9, 1e-7), ("rmsprop_torch", 0.99, 1e-8)]
)
def test_rmsprop_keeps_epsilon_outside_the_root(name, decay, epsilon):
    """A gradient near epsilon tells the two places apart."""
    optimizer = optimizers.make(name)
    gradient = jnp.array([1e-7, 1.0])
    update, state = optimizer.update(gradient, optimizer.init(gradient))
    square = (1 - decay) * np.array([1e-14, 1.0])
    np.testing.assert_allclose(update, gradient / (np.sqrt(square) + epsilon), rtol=1e-5)
    update, _ = optimizer.update(gradient, state)
    np.testing.assert_allclose(update, gradient / (np.sqrt((1 + decay) * square) + epsilon), rtol=1e-5)


def test_other_optimizers_scale_to_a_unit_rate():
    gradient = {"a": jnp.array([3.0, -4.0])}
    sgd = optimizers.make("sgd")
    np.testing.assert_allclose(sgd.update(gradient, sgd.init(gradient))[0]["a"], gradient["a"])

    heavy = optimizers.make("sgd", momentum=0.5)
    update, state = heavy.update(gradient, heavy.init(gradient))
    np.testing.assert_allclose(heavy.update(gradient, state)[0]["a"], 1.5 * gradient["a"])

    adam = optimizers.make("adam", b1=0.5, b2=0.9)
    reference = optax.adam(1.0, b1=0.5, b2=0.9)
    update, _ = adam.update(gradient, adam.init(gradient))
    np.testing.assert_allclose(update["a"], -reference.update(gradient, reference.init(gradient))[0]["a"])


@pytest.mark.parametrize(("limit", "norm"), [(1.0, 1.0), (100.0, 13.0)])
def test_gradient_clipping_bounds_the_global_norm(limit, norm):
    gradient = {"a": jnp.array([3.0, 4.0]), "b": jnp.array([[12.0]])}
    optimizer = optimizers.make("sgd", gradient_clip=limit)
    update, _ = optimizer.update(gradient, optimizer.init(gradient))
    np.testing.assert_allclose(numerics.global_norm(update), norm, rtol=1e-6)
    np.testing.assert_allclose(update["b"] / update["a"][0], [[4.0]], rtol=1e-6)


def test_exponential_decay_is_exact_at_epoch_3900():
    schedule = jax.jit(optimizers.learning_rate_schedule(1e-4, steps_per_epoch=469))
    epochs = np.array([0, 1, 2, 3, 3900])
    rates = [float(schedule(jnp.int32(469 * epoch + 468))) for epoch in epochs]
    np.testing.assert_allclose(rates, 1e-4 * 0.999 ** np.maximum(epochs - 1, 0), rtol=2e-6)
    assert f"{rates[-1]:.1e}" == "2.0e-06"
    np.testing.assert_allclose(schedule(jnp.int32(469 * 3900)), rates[-1])


@pytest.mark.parametrize(
    ("decay", "expected"), [("linear", [1.0, 0.75, 0.5, 0, 0]), ("cosine", [1.0, 0.853553, 0.5, 0, 0])]
)
def test_decays_over_the_whole_run(decay, expected):
    schedule = optimizers.learning_rate_schedule(2.0, decay=decay, total_steps=100)
    rates = schedule(jnp.array([0, 25, 50, 100, 150]))
    np.testing.assert_allclose(rates, 2 * np.array(expected), atol=1e-6)
    half = optimizers.learning_rate_schedule(2.0, decay=decay, total_steps=100, final_fraction=0.5)
    np.testing.assert_allclose(half(jnp.array([0, 100])), [2.0, 1.0], rtol=1e-6)


def test_constant_rate_stays():
    schedule = optimizers.learning_rate_schedule(3e-4, decay="constant")
    assert float(schedule(jnp.int32(10**6))) == pytest.approx(3e-4)


def test_misuse_is_named():
    with pytest.raises(ValueError, match="Expected optimizer to be one of rmsprop_tensorflow"):
        optimizers.make("rmsprop")
    with pytest.raises(ValueError, match="Expected gradient_clip above zero"):
        optimizers.make("sgd", gradient_clip=0.0)
    with pytest.raises(ValueError, match="Expected decay to be one of"):
        optimizers.learning_rate_schedule(1.0, decay="steps")
    with pytest.raises(ValueError, match="Expected total_steps for cosine decay"):
        optimizers.learning_rate_schedule(1.0, decay="cosine")
