"""Every loss trains with every regularizer, and an update is the one that the formulas ask for.

Sweeps run operation by operation: compiling each of many small learners would take minutes.
"""

from dataclasses import replace
from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Pair, Scaler
from jaxgen.learners import adversarial, regularizers
from jaxgen.learners import adversarial_updates as updates
from jaxgen.learners.adversarial_config import AdversarialConfig
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.optimizer_config import OptimizerConfig
from jaxgen.learners.regularizers import BOUNDS, REGULARIZERS, RegularizerConfig
from jaxgen.losses.adversarial import LOSSES
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import Network, from_module
from jaxgen.ops import convolution
from jaxgen.systems.tpc_pads.models import critics as tpc_critics
from jaxgen.systems.tpc_pads.models.critics import ConvolutionalCritic
from jaxgen.transforms import leaves
from jaxgen.transforms.linear_maps import ConvolutionGeometry

EVENTS = 8
DRAW = np.random.default_rng(0)
BATCH = Batch(
    jnp.asarray(DRAW.normal(4.0, 1.0, (EVENTS, 2)), jnp.float32),
    jnp.asarray(DRAW.normal(1.0, 1.0, (EVENTS, 3)), jnp.float32),
)
SCALER = Scaler(lambda x: x / 2 - 1, lambda y: 2 * (y + 1))
SGD = OptimizerConfig(name="sgd", rate=0.1, decay="constant")


def make_model(*, outputs: int = 1) -> AdversarialModel:
    return AdversarialModel(
        from_module(DenseGenerator(shape=(2,), widths=(8,), output=None)),
        from_module(DenseCritic(widths=(8, 8), outputs=outputs, dropout_rate=0.1)),
        latent=4,
        features=lambda condition: condition / 3,
        scaler=SCALER,
    )


def linear_model() -> AdversarialModel:
    """Generated events are w * condition, scores are x . w: all gradients are known in closed form."""
    start = {"kernel": jnp.array([[0.6], [-0.8], [1.5]])}
    return AdversarialModel(
        Network(lambda key, *_: {"weight": jnp.float32(0.5)}, lambda p, features, _: p["weight"] * features),
        Network(lambda key, *_: start, lambda p, x, features, seeds: x @ p["kernel"]),
        latent=1,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x, lambda y: y),
    )


LINEAR_BATCH = Batch(jnp.asarray(DRAW.normal(2.0, 1.0, (EVENTS, 3)), jnp.float32), BATCH.condition)


def run(learner, key, *, steps=2, batch=BATCH) -> tuple:
    """States and metrics after each step, without compilation."""
    with jax.disable_jit():
        states, metrics = [learner.init(key, batch)], []
        for _ in range(steps):
            state, measured = learner.step(key, states[-1], batch)
            states.append(state)
            metrics.append(measured)
    return states, metrics


def differ(one, other) -> bool:
    return any(np.any(x != y) for x, y in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


@pytest.mark.parametrize("regularizer", REGULARIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_with_every_regularizer(loss, regularizer, key):
    settings = RegularizerConfig(names=(regularizer,), data_penalty_weight=0.1)
    config = AdversarialConfig(loss=loss, regularizer=settings, critic_steps=1)
    learner = adversarial.make(make_model(outputs=LOSSES[loss].outputs), config)
    (first, second, third), metrics = run(learner, key)
    assert differ(first.params.critic, second.params.critic)
    assert not differ(first.params.generator, second.params.generator)
    assert not differ(second.params.critic, third.params.critic)
    assert differ(second.params.generator, third.params.generator)
    assert int(third.step) == 2
    chex.assert_tree_all_finite((third, metrics))
    names = {*updates.CRITIC_METRICS, *updates.GENERATOR_METRICS, *updates.COMMON_METRICS}
    assert set(metrics[1]) == names | set(LOSSES[loss].log_odds * updates.LOG_ODDS_METRICS)
    assert all(np.shape(value) == () for value in metrics[1].values())
    assert metrics[0]["penalty"] > 0  # the slope at the data, in all of them
    assert all(metrics[1][name] > 0 for name in ("gradient_norm_critic", "slope", "spread_ratio"))
    with jax.disable_jit():
        sample = learner.sample(key, third, jnp.ones((5, 3)), 5)
    chex.assert_shape(sample, (5, 2))
    chex.assert_tree_all_finite(sample)


def test_steps_depend_on_key_and_step_only(key):
    learner = adversarial.make(make_model(), AdversarialConfig(critic_steps=1))
    (_, second, third), _ = run(learner, key)
    _, again = run(learner, key)[0][1:]
    assert not differ(third, again)
    with jax.disable_jit():
        restarted, _ = learner.step(key, second, BATCH)
        other, _ = learner.step(jax.random.key(1), second, BATCH)
        later, _ = learner.step(key, second._replace(step=second.step + 2), BATCH)
    assert not differ(third, restarted)
    assert differ(third.params, other.params)
    assert differ(third.params, later.params)


def test_compiled_step_is_the_same_and_is_traced_once(key):
    names = ("spectral_norm", "gradient_penalty")
    config = AdversarialConfig(regularizer=RegularizerConfig(names=names), critic_steps=1)
    learner = adversarial.make(make_model(), config)
    step = jax.jit(chex.assert_max_traces(learner.step, n=1))
    states, metrics = run(learner, key, steps=3)
    state = states[0]
    for expected in metrics:
        state, measured = step(key, state, BATCH)
        chex.assert_trees_all_close(measured, expected, rtol=1e-4, atol=1e-6)
    chex.assert_trees_all_close(state.params, states[-1].params, rtol=1e-3, atol=1e-5)
    chex.assert_trees_all_equal_shapes_and_dtypes(state, states[0])


def test_an_update_is_the_formula(key):
    """The slope of a linear critic is |w| everywhere, so no random number matters."""
    settings = RegularizerConfig(names=("gradient_penalty",), penalty_weight=7.0, data_penalty_weight=0.3)
    config = AdversarialConfig(regularizer=settings, optimizer=Pair(SGD, SGD), critic_steps=1)
    (first, second, third), metrics = run(adversarial.make(linear_model(), config), key, batch=LINEAR_BATCH)
    w = np.asarray(first.params.critic["kernel"][:, 0])
    real, fake = np.mean(LINEAR_BATCH.data, 0), 0.5 * np.mean(LINEAR_BATCH.condition, 0)
    norm = np.linalg.norm(w)
    gradient = fake - real + 7.0 * 2 * (norm - 1) * w / norm + 0.3 * 2 * w
    np.testing.assert_allclose(second.params.critic["kernel"][:, 0], w - 0.1 * gradient, rtol=1e-5)
    expected = {
        "critic_loss": w @ (fake - real),
        "critic_gap": w @ (real - fake),
        "critic_real": w @ real,
        "critic_fake": w @ fake,
        "penalty": 7.0 * (norm - 1) ** 2 + 0.3 * norm**2,
        "gradient_norm_critic": np.linalg.norm(gradient),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[0][name], value, rtol=1e-5, err_msg=name)
    w = np.asarray(second.params.critic["kernel"][:, 0])
    by_weight = -w @ np.mean(LINEAR_BATCH.condition, 0)
    np.testing.assert_allclose(third.params.generator["weight"], 0.5 - 0.1 * by_weight, rtol=1e-5)
    spread = [np.sqrt(np.mean(np.var(x, axis=0))) for x in (LINEAR_BATCH.condition / 2, LINEAR_BATCH.data)]
    expected = {
        "generator_loss": -w @ fake,
        "slope": np.linalg.norm(w),
        "gradient_norm_generator": abs(by_weight),
        "spread_ratio": spread[0] / spread[1],
    }
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[1][name], value, rtol=1e-5, err_msg=name)


def test_a_loss_of_events_adds_its_gradient(key):
    """With w * condition as events and w^2 mean(condition^2) as their loss, all is known in closed form."""
    config = AdversarialConfig(
        regularizer=RegularizerConfig(names=("none",)), optimizer=Pair(SGD, SGD), critic_steps=1
    )
    weights = {}
    for name, extra in (
        ("without", None),
        ("with", lambda fake, real: jnp.mean(fake**2) + 0 * jnp.sum(real)),
    ):
        learner = adversarial.make(linear_model()._replace(event_loss=extra), config)
        states, _ = run(learner, key, batch=LINEAR_BATCH)
        weights[name] = float(states[-1].params.generator["weight"])
    gradient = 2 * 0.5 * float(jnp.mean(LINEAR_BATCH.condition**2))
    assert weights["without"] - weights["with"] == pytest.approx(SGD.rate * gradient, rel=1e-5)


def test_weights_and_gradients_are_clipped(key):
    settings = RegularizerConfig(names=("weight_clipping",), clip=0.02)
    config = AdversarialConfig(regularizer=settings, optimizer=Pair(SGD, SGD))
    (_, second), _ = run(adversarial.make(make_model(), config), key, steps=1)
    assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(second.params.critic)) == np.float32(0.02)
    settings = RegularizerConfig(names=("gradient_clipping",), gradient_clip=0.25)
    learner = adversarial.make(linear_model(), replace(config, regularizer=settings))
    (first, second), metrics = run(learner, key, steps=1, batch=LINEAR_BATCH)
    assert metrics[0]["gradient_norm_critic"] > 0.3
    moved = second.params.critic["kernel"] - first.params.critic["kernel"]
    np.testing.assert_allclose(np.linalg.norm(moved), 0.1 * 0.25, rtol=1e-5)


@pytest.mark.parametrize("form", BOUNDS)
def test_spectral_bounds_hold_in_every_form(form, key):
    settings = RegularizerConfig(spectral_form=form, spectral_bound=2.0, spectral_final_bound=0.5)
    settings = replace(settings, spectral_steps=12)
    config = AdversarialConfig(regularizer=settings, optimizer=Pair(SGD, SGD), critic_steps=1, total_steps=4)
    model = make_model()
    (first, _, last), _ = run(adversarial.make(model, config), key)
    forward = regularizers.make(settings, total_steps=4).forward
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
    given = tpc_critics.geometry((stages,), shape)
    critic = ConvolutionalCritic(stages=(stages,), widths=(), activation=jnp.abs, dropout_rate=0.0)
    model = AdversarialModel(
        from_module(DenseGenerator(shape=shape, widths=(4,), output=None)),
        from_module(critic),
        latent=4,
        features=lambda condition: condition,
        scaler=SCALER,
        geometry={name: ConvolutionGeometry(*geometry) for name, geometry in given.items()},
    )
    settings = RegularizerConfig(spectral_operator=True, spectral_steps=50)
    learner = adversarial.make(model, AdversarialConfig(regularizer=settings, critic_steps=1))
    forward = regularizers.make(settings, total_steps=1, geometry=model.geometry).forward
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


@pytest.mark.parametrize("stepping", ["fixed", "stochastic", "dynamic"])
def test_each_batch_goes_to_whom_the_rule_says(stepping, key):
    """The running average counts the generator's updates; critic losses show when dynamic turns came."""
    config = AdversarialConfig(
        regularizer=RegularizerConfig(names=()),
        optimizer=Pair(replace(SGD, rate=0.02), replace(SGD, rate=0.02)),
        stepping=stepping,
        critic_threshold=-1.0,
    )
    learner = adversarial.make(linear_model(), config)

    @jax.jit
    def many(key):
        def step(state, _):
            new, metrics = learner.step(key, state, LINEAR_BATCH)
            return new, (new.average.step - state.average.step, metrics["critic_loss"])

        return jax.lax.scan(step, learner.init(key, LINEAR_BATCH), length=1800)[1]

    turns, losses = (np.asarray(x) for x in many(key))
    if stepping == "fixed":
        np.testing.assert_array_equal(turns, np.arange(1800) % 9 == 8)
    if stepping == "stochastic":
        expected = 1800 / 9
        assert abs(turns.sum() - expected) < 4 * np.sqrt(expected * 8 / 9)
        assert len(set(np.diff(np.nonzero(turns)[0]))) > 5
    if stepping == "dynamic":
        assert 0 < turns.sum() < 900
        np.testing.assert_array_equal(turns[1:], (losses[:-1] < -1.0) & (turns[:-1] == 0))


def test_samples_come_from_the_running_average(key):
    settings = AdversarialConfig(regularizer=RegularizerConfig(names=()), optimizer=Pair(SGD, SGD))
    settings = replace(settings, critic_steps=1)
    for decay in (0.0, 0.9):
        config = replace(settings, average_decay=decay)
        learner = adversarial.make(linear_model(), config)
        (first, *_, last), _ = run(learner, key, steps=4, batch=LINEAR_BATCH)
        start, end = (float(state.params.generator["weight"]) for state in (first, last))
        sample = learner.sample(key, last, LINEAR_BATCH.condition, EVENTS)
        shown = np.linalg.lstsq(np.ravel(LINEAR_BATCH.condition)[:, None], np.ravel(sample))[0][0]
        if decay:
            assert abs(shown - start) < 0.2 * abs(end - start)
            np.testing.assert_allclose(shown, last.average.average["weight"], rtol=1e-5)
        else:
            np.testing.assert_allclose(shown, end, rtol=1e-5)


def test_samples_are_in_physical_units_one_for_each_condition(key):
    model = linear_model()._replace(scaler=SCALER)
    learner = adversarial.make(model, AdversarialConfig(regularizer=RegularizerConfig(names=())))
    (state,), _ = run(learner, key, steps=0, batch=LINEAR_BATCH)
    sample = learner.sample(key, state, LINEAR_BATCH.condition, EVENTS)
    np.testing.assert_allclose(sample, 2 * (0.5 * LINEAR_BATCH.condition + 1), rtol=1e-6)


@pytest.mark.parametrize("loss", ["minimax", "wasserstein"])
def test_the_judge_is_the_critic_and_says_probabilities_where_it_gives_log_odds(loss, key):
    config = AdversarialConfig(loss=loss, regularizer=RegularizerConfig(names=("spectral_norm",)))
    model = linear_model()._replace(scaler=SCALER)
    learner = adversarial.make(model, config)
    (*_, state), _ = run(learner, key, steps=2, batch=LINEAR_BATCH)
    assert learner.judge is not None
    scores = learner.judge.score(state, LINEAR_BATCH)
    kernel = np.ravel(state.params.critic["kernel"])
    expected = (np.asarray(LINEAR_BATCH.data) / 2 - 1) @ kernel / np.linalg.norm(kernel)
    assert learner.judge.probability == (loss == "minimax")
    if learner.judge.probability:
        expected = 1 / (1 + np.exp(-expected))
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_noise_on_the_conditions_fades(key):
    """The generator sees noisy conditions; its events are condition / 2, so the scores show the noise."""
    config = AdversarialConfig(
        regularizer=RegularizerConfig(names=()),
        feature_noise=0.5,
        feature_noise_epochs=10.0,
        steps_per_epoch=2,
    )
    learner = adversarial.make(linear_model(), config)
    (state,), _ = run(learner, key, steps=0, batch=LINEAR_BATCH)
    quiet = 0.5 * np.mean(LINEAR_BATCH.condition @ np.asarray(state.params.critic["kernel"]))
    step = jax.jit(learner.step)

    def spread(at: int) -> float:
        keys = jax.random.split(key, 200)
        fakes = [step(k, state._replace(step=jnp.int32(at)), LINEAR_BATCH)[1]["critic_fake"] for k in keys]
        return float(np.sqrt(np.mean(np.square(np.array(fakes) - quiet))))

    expected = 0.5 * np.linalg.norm(state.params.critic["kernel"]) * 0.5 / np.sqrt(EVENTS)
    np.testing.assert_allclose(spread(0), expected, rtol=0.2)
    np.testing.assert_allclose(spread(20), expected / 10, rtol=0.2)


def test_misuse_is_named():
    model = make_model()
    with pytest.raises(ValueError, match="Expected loss to be one of wasserstein"):
        adversarial.make(model, AdversarialConfig(loss="least_squares"))
    with pytest.raises(ValueError, match="Expected regularizer to be one of none"):
        adversarial.make(model, AdversarialConfig(regularizer=RegularizerConfig(names=("spectral",))))
    with pytest.raises(ValueError, match="Expected stepping to be one of fixed"):
        adversarial.make(model, AdversarialConfig(stepping="random"))
