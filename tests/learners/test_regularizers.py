"""What keeps a critic smooth: bounds hold in every form, penalties are the formulas."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Length
from jaxgen.learners import adversarial, regularizers
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import BOUNDS, AdversarialSettings
from jaxgen.models import convolutional
from jaxgen.models.convolutional import ConvolutionalCritic
from jaxgen.models.dense import DenseGenerator
from jaxgen.models.network import from_module
from jaxgen.ops import convolution
from jaxgen.transforms import leaves
from jaxgen.transforms.linear_maps import ConvolutionGeometry
from tests.learners.small_models import BATCH, DRAW, EVENTS, SCALER, differ, make_model, run, settings

PARAMS = {
    "dense_0": {"kernel": jnp.full((3, 4), 9.0), "bias": jnp.full(4, 9.0)},
    "scores": {"kernel": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "bias": jnp.full(2, 9.0)},
}
EXPECTED = {
    "last_layer_squared": (14.25 / 4, 2 * PARAMS["scores"]["kernel"] / 4),
    "last_layer_absolute": (6.5 / 4, jnp.sign(PARAMS["scores"]["kernel"]) / 4),
}


@pytest.mark.parametrize("form", BOUNDS)
def test_spectral_bounds_hold_in_every_form(form, key):
    config = settings(
        regularizer="spectral_norm",
        spectral_form=form,
        spectral_bound=2.0,
        spectral_final_bound=0.5,
        spectral_steps=12,
    )
    learner = adversarial.make(make_model(), config, Length(steps=4))
    (first, _, last), _ = run(learner, key)
    forward = regularizers.make(config, total_steps=4).forward
    used, moved = forward.apply(last.params.critic, last.forward)
    norms = {name: np.linalg.norm(kernel, 2) for name, kernel in leaves.select(used).items()}
    assert len(norms) == 3
    expected = {
        "fixed": 2.0,
        "shared": 2.0 ** (1 / 3),
        "scheduled": 2.0 * 0.25 ** (2 / 4),
        "feedback": moved.bound,
    }
    if form in expected:
        np.testing.assert_allclose(list(norms.values()), expected[form], rtol=1e-2)
    if form == "feedback":
        assert first.forward.bound != last.forward.bound
    if form == "soft":
        kernels = leaves.select(last.params.critic)
        for name, norm in norms.items():
            np.testing.assert_allclose(norm, min(2.0, np.linalg.norm(kernels[name], 2)), rtol=1e-2)
    if form == "learnable":
        learned = last.params.critic["spectral_bound"]
        assert differ(first.params.critic["spectral_bound"], learned)
        for name, norm in norms.items():
            np.testing.assert_allclose(norm, jax.nn.softplus(learned[name]), rtol=1e-2)


def test_operator_norm_is_that_of_the_critic_s_own_convolutions(key):
    """Every layer has norm one then, so the critic's slope is at most one."""
    stages = (((4, (3, 3), "SAME"), (4, (3, 3), "SAME"), (4, (2, 2), "SAME"), (4, (2, 3), "VALID")), None)
    shape = (4, 6)
    given = convolutional.geometry((stages,), shape)
    critic = ConvolutionalCritic(stages=(stages,), widths=(), activation=jnp.abs, dropout_rate=0.0)
    model = AdversarialModel(
        from_module(DenseGenerator(shape=shape, widths=(4,), output=None)),
        from_module(critic),
        latent=4,
        features=lambda condition: condition,
        scaler=SCALER,
        geometry=given,
    )
    config = settings(regularizer="spectral_norm", spectral_operator=True, spectral_steps=50)
    learner = adversarial.make(model, config)
    maps = {name: ConvolutionGeometry(*one) for name, one in given.items()}
    forward = regularizers.make(config, total_steps=1, geometry=maps).forward
    batch = Batch(jnp.asarray(DRAW.normal(size=(EVENTS, *shape)), jnp.float32), BATCH.condition)

    def matrix(name: str, kernel: jax.Array) -> jax.Array:
        image = jnp.zeros((*given[name].input_shape, kernel.shape[2], 1))
        apply = partial(convolution.convolve, kernel=kernel, padding=given[name].padding)
        return jax.jacobian(apply)(image).reshape(-1, image.size)

    @jax.jit
    def two_steps(key):
        state = learner.init(key, batch)
        state = jax.lax.scan(lambda s, _: learner.step(key, s, batch), state, length=2)[0]
        used, _ = forward.apply(state.params.critic, state.forward)
        return state, {name: matrix(name, leaves.select(used)[name]) for name in given}

    state, matrices = two_steps(key)
    assert list(state.forward.norms) == [*given, "scores/kernel"]
    for name, one in matrices.items():
        np.testing.assert_allclose(np.linalg.norm(one, 2), 1.0, rtol=2e-2, err_msg=name)
    assert 0 < state.last["slope"] <= 1.01


@pytest.mark.parametrize("name", EXPECTED)
def test_penalty_of_the_last_layer_and_its_gradient_are_the_formulas(name):
    config = AdversarialSettings(regularizer=name, last_layer_weight=0.3)
    of_params = regularizers.make(config, total_steps=1).of_params
    value, gradient = jax.value_and_grad(of_params)(PARAMS)
    expected, slope = EXPECTED[name]
    np.testing.assert_allclose(value, 0.3 * expected, rtol=1e-6)
    np.testing.assert_allclose(gradient["scores"].pop("kernel"), 0.3 * slope, rtol=1e-6)
    assert all(not leaf.any() for leaf in jax.tree.leaves(gradient))


def test_penalties_add_up():
    both = AdversarialSettings(regularizer=tuple(EXPECTED))
    total = regularizers.make(both, total_steps=1).of_params(PARAMS)
    np.testing.assert_allclose(total, sum(value for value, _ in EXPECTED.values()), rtol=1e-6)


def test_others_add_nothing():
    for name in ("none", "gradient_penalty", "spectral_norm"):
        of_params = regularizers.make(AdversarialSettings(regularizer=name), total_steps=1).of_params
        assert float(of_params(PARAMS)) == 0.0


def test_a_critic_without_a_layer_of_scores_is_named():
    config = AdversarialSettings(regularizer="last_layer_squared")
    of_params = regularizers.make(config, total_steps=1).of_params
    with pytest.raises(ValueError, match="last layer is called scores; got dense_0"):
        of_params({"dense_0": PARAMS["dense_0"]})


def test_gradients_within_the_limit_are_left_alone():
    gradients = {"a": jnp.array([3.0, 4.0])}
    for limit, factor in ((None, 1.0), (10.0, 1.0), (1.0, 0.2)):
        found = regularizers.gradients_clipped(gradients, limit, jnp.float32(5.0))
        np.testing.assert_allclose(found["a"], factor * gradients["a"], rtol=1e-6)
