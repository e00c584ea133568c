"""Every loss trains with every regularizer, and the learner publishes, samples and judges.

Sweeps run operation by operation: compiling each of many small learners would take minutes.
"""

import itertools

import chex
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Length
from jaxgen.learners import adversarial
from jaxgen.learners import adversarial_updates as updates
from jaxgen.learners.settings import REGULARIZERS, AdversarialSettings
from jaxgen.losses.adversarial import LOSSES, AdversarialLoss
from jaxgen.models.network import from_module
from tests.learners.small_models import (
    BATCH,
    EVENTS,
    IDENTITY,
    LINEAR_BATCH,
    SCALER,
    assert_plain,
    differ,
    linear_model,
    make_model,
    run,
    settings,
)

PAIRS = sorted({*zip(LOSSES, itertools.cycle(REGULARIZERS)), *(("wasserstein", one) for one in REGULARIZERS)})


@pytest.mark.parametrize(("loss", "regularizer"), PAIRS)
def test_every_loss_and_every_regularizer_trains(loss, regularizer, key):
    """That all of them combine is tested by shapes, with the flags."""
    config = AdversarialSettings(loss=loss, regularizer=regularizer, data_penalty_weight=0.1, critic_steps=1)
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
    assert all(metrics[1][name] > 0 for name in ("gradient_norm_critic", "slope", "std_ratio"))
    with jax.disable_jit():
        sample = learner.sample(key, learner.publish(third), jnp.ones((5, 3)), 0)
    chex.assert_shape(sample, (5, 2))
    chex.assert_tree_all_finite(sample)


def test_steps_depend_on_key_and_step_only(key):
    learner = adversarial.make(make_model(), AdversarialSettings(critic_steps=1))
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
    config = AdversarialSettings(
        regularizer=("spectral_norm", "gradient_penalty"), critic_steps=1, mismatch_share=0.2
    )
    learner = adversarial.make(make_model(), config)
    step = jax.jit(chex.assert_max_traces(learner.step, n=1))
    states, metrics = run(learner, key, steps=3)
    state = states[0]
    for expected in metrics:
        state, measured = step(key, state, BATCH)
        chex.assert_trees_all_close(measured, expected, rtol=1e-4, atol=1e-6)
    chex.assert_trees_all_close(state.params, states[-1].params, rtol=1e-3, atol=1e-5)
    chex.assert_trees_all_equal_shapes_and_dtypes(state, states[0])


@pytest.mark.parametrize("stepping", ["fixed", "stochastic", "dynamic"])
def test_each_batch_goes_to_whom_the_rule_says(stepping, key):
    """The running average counts the generator's updates; critic losses show when dynamic turns came."""
    config = settings(
        generator_rate=0.02, critic_rate=0.02, stepping=stepping, critic_threshold=-1.0, critic_steps=8
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


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_the_running_average_is_published_and_sampled(decay, key):
    learner = adversarial.make(linear_model(), settings(average_decay=decay))
    (first, *_, last), _ = run(learner, key, steps=4, batch=LINEAR_BATCH)
    start, end = (float(state.params.generator["weight"]) for state in (first, last))
    published = learner.publish(last)
    assert_plain(published)
    sample = learner.sample(key, published, LINEAR_BATCH.condition, 0)
    shown = np.linalg.lstsq(np.ravel(LINEAR_BATCH.condition)[:, None], np.ravel(sample))[0][0]
    np.testing.assert_allclose(shown, published["weight"], rtol=1e-5)
    if decay:
        assert abs(shown - start) < 0.2 * abs(end - start)
        np.testing.assert_allclose(shown, last.average.average["weight"], rtol=1e-5)
    else:
        np.testing.assert_allclose(shown, end, rtol=1e-5)


def test_what_is_checked_to_be_plain_can_be_otherwise():
    assert_plain({"a": [jnp.ones(2)], "b": {}})
    for wrong in ((jnp.ones(2),), {"a": 1.0}, {1: jnp.ones(1)}):
        with pytest.raises(AssertionError):
            assert_plain(wrong)


def test_only_the_generator_is_published(key):
    """No critic and no optimizer leave the training."""
    learner = adversarial.make(make_model(), AdversarialSettings())
    state = jax.eval_shape(learner.init, key, BATCH)
    published = jax.eval_shape(learner.publish, state)
    assert jax.tree.structure(published) == jax.tree.structure(state.params.generator)
    assert set(published) == {"dense_0", "response"}


def test_samples_are_in_physical_units_one_for_each_condition(key):
    learner = adversarial.make(linear_model(scaler=SCALER), settings())
    (state,), _ = run(learner, key, steps=0, batch=LINEAR_BATCH)
    sample = learner.sample(key, learner.publish(state), LINEAR_BATCH.condition, 0)
    np.testing.assert_allclose(sample, 2 * (0.5 * LINEAR_BATCH.condition + 1), rtol=1e-6)


@pytest.mark.parametrize("loss", ["minimax", "wasserstein"])
def test_the_judge_is_the_critic_and_says_probabilities_where_it_gives_log_odds(loss, key):
    model = linear_model(scaler=SCALER)
    learner = adversarial.make(model, AdversarialSettings(loss=loss))
    (*_, state), _ = run(learner, key, steps=2, batch=LINEAR_BATCH)
    assert learner.judge is not None
    scores = learner.judge.score(state, LINEAR_BATCH)
    kernel = np.ravel(state.params.critic["kernel"])
    expected = (np.asarray(LINEAR_BATCH.data) / 2 - 1) @ kernel / np.linalg.norm(kernel)
    assert learner.judge.probability == (loss == "minimax")
    if learner.judge.probability:
        expected = 1 / (1 + np.exp(-expected))
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_the_judge_s_features_are_what_the_last_layer_sees(key):
    """The last layer makes the scores of them, under the norm of each layer and without dropout."""
    learner = adversarial.make(make_model(), AdversarialSettings(spectral_steps=20))
    (*_, state), _ = run(learner, key, steps=1)
    features = np.asarray(learner.judge.features(state, BATCH))
    assert features.shape == (EVENTS, 8)
    assert (features >= 0).all(), "after a ReLU"
    last = state.params.critic["scores"]
    kernel = np.asarray(last["kernel"]) / np.linalg.norm(last["kernel"], 2)
    scores = (features @ kernel + last["bias"]).mean(axis=1)
    np.testing.assert_allclose(learner.judge.score(state, BATCH), scores, rtol=1e-3, atol=1e-4)
    again = np.asarray(learner.judge.features(state, BATCH))
    np.testing.assert_array_equal(features, again)


def test_a_critic_without_dense_layers_has_no_features(key):
    learner = adversarial.make(linear_model(), settings())
    (state,), _ = run(learner, key, steps=0, batch=LINEAR_BATCH)
    with pytest.raises(ValueError, match="Expected a critic that says what its last layer sees"):
        learner.judge.features(state, LINEAR_BATCH)


class Shifted(nn.Module):
    """Somebody's generator."""

    @nn.compact
    def __call__(self, features, latent):
        return nn.Dense(2, name="mine")(nn.tanh(jnp.concatenate([features, latent], axis=1)))


class Bilinear(nn.Module):
    """Somebody's critic; it knows no dropout."""

    @nn.compact
    def __call__(self, data, features, seeds=None):
        weights = self.param("weights", nn.initializers.normal(), (data.shape[1], features.shape[1]))
        return jnp.sum((data @ weights) * features, axis=1, keepdims=True)


def test_own_modules_train_sample_and_judge(key):
    model = make_model()._replace(generator=from_module(Shifted()), critic=from_module(Bilinear()))
    learner = adversarial.make(model, settings())
    (first, *_, last), metrics = run(learner, key, steps=2)
    assert differ(first.params.generator, last.params.generator)
    assert differ(first.params.critic, last.params.critic)
    chex.assert_tree_all_finite((last, metrics))
    published = learner.publish(last)
    assert set(published) == {"mine"}
    sample = learner.sample(key, published, jnp.ones((5, 3)), 0)
    chex.assert_shape(sample, (5, 2))
    expected = np.einsum(
        "bi,ij,bj->b", SCALER.forward(BATCH.data), last.params.critic["weights"], BATCH.condition / 3
    )
    np.testing.assert_allclose(learner.judge.score(last, BATCH), expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="Expected a module Bilinear with a dense layer; got none"):
        learner.judge.features(last, BATCH)


def least_squares(*, log_odds: bool = False) -> AdversarialLoss:
    return AdversarialLoss(
        "least_squares",
        critic=lambda real, fake, second: jnp.square(real[:, 0] - 1) + jnp.square(fake[:, 0]),
        generator=lambda real, fake, second: jnp.square(fake[:, 0] - 1),
        log_odds=log_odds,
    )


def test_an_own_loss_takes_the_place_of_the_one_named(key):
    """Its updates are the formulas, and whether it gives log-odds is heeded."""
    learner = adversarial.make(linear_model(loss=least_squares()), settings(loss="cramer"))
    (first, second, third), metrics = run(learner, key, batch=LINEAR_BATCH)
    w = np.asarray(first.params.critic["kernel"][:, 0])
    real, fake = np.asarray(LINEAR_BATCH.data), 0.5 * np.asarray(LINEAR_BATCH.condition)
    expected = np.mean((real @ w - 1) ** 2 + (fake @ w) ** 2)
    np.testing.assert_allclose(metrics[0]["critic_loss"], expected, rtol=1e-5)
    gradient = 2 * np.mean((real @ w - 1)[:, None] * real + (fake @ w)[:, None] * fake, axis=0)
    np.testing.assert_allclose(second.params.critic["kernel"][:, 0], w - 0.1 * gradient, rtol=1e-4)
    w = np.asarray(second.params.critic["kernel"][:, 0])
    slope = 2 * np.mean((fake @ w - 1) * (fake @ w) / 0.5)
    np.testing.assert_allclose(third.params.generator["weight"], 0.5 - 0.1 * slope, rtol=1e-4)
    assert "critic_believes" not in metrics[1]
    assert not learner.judge.probability
    judging = adversarial.make(linear_model(loss=least_squares(log_odds=True)), settings())
    assert judging.judge.probability
    assert "critic_believes" in run(judging, key, batch=LINEAR_BATCH)[1][1]


@pytest.mark.parametrize(("epoch", "expected"), [(0, 2.0), (100, 0.2), (200, 0.02), (50, 2 / 10**0.5)])
def test_noise_falls_to_a_tenth_every_decay(epoch, expected):
    scale = jax.jit(lambda epoch: adversarial.noise_scale(scale=2.0, decay_epochs=100, epoch=epoch))
    np.testing.assert_allclose(scale(epoch), expected, rtol=1e-6)


@pytest.mark.parametrize("epoch", [0, 30])
def test_the_standard_deviation_of_noise_follows_the_schedule(key, epoch):
    condition = jnp.full((20000, 3), 100.0)
    scale = jnp.array([1.0, 0.0, 5.0])
    noisy = adversarial.feature_noise(key, condition, scale=scale, decay_epochs=30, epoch=epoch)
    noise = noisy - condition
    expected = np.array([1.0, 0.0, 5.0]) / 10 ** (epoch / 30)
    np.testing.assert_allclose(noise.std(0), expected, rtol=0.03)
    np.testing.assert_allclose(noise.mean(0), 0, atol=0.2)
    assert abs(np.corrcoef(np.asarray(noise)[:, [0, 2]].T)[0, 1]) < 0.03


def test_noise_depends_on_the_key_alone(key):
    condition = jnp.zeros((4, 6))
    drawn = [
        adversarial.feature_noise(k, condition, scale=1.0, decay_epochs=1.0, epoch=0)
        for k in (key, key, jax.random.key(1))
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert bool((drawn[0] != drawn[2]).any())
    with pytest.raises(ValueError, match="decay_epochs above zero"):
        adversarial.feature_noise(key, condition, scale=1.0, decay_epochs=0.0, epoch=0)


def test_noise_on_the_conditions_fades_while_training(key):
    """The generator sees noisy conditions; its events are condition / 2, so the scores show the noise."""
    config = settings(feature_noise=0.5, feature_noise_epochs=10.0, critic_steps=8)
    learner = adversarial.make(linear_model(scaler=IDENTITY), config, Length(1000, steps_per_epoch=2))
    (state,), _ = run(learner, key, steps=0, batch=LINEAR_BATCH)
    quiet = 0.5 * np.mean(LINEAR_BATCH.condition @ np.asarray(state.params.critic["kernel"]))
    step = jax.jit(learner.step)

    def deviation(at: int) -> float:
        keys = jax.random.split(key, 200)
        fakes = [step(k, state._replace(step=jnp.int32(at)), LINEAR_BATCH)[1]["critic_fake"] for k in keys]
        return float(np.sqrt(np.mean(np.square(np.array(fakes) - quiet))))

    expected = 0.5 * np.linalg.norm(state.params.critic["kernel"]) * 0.5 / np.sqrt(EVENTS)
    np.testing.assert_allclose(deviation(0), expected, rtol=0.2)
    np.testing.assert_allclose(deviation(18), expected / 10**0.9, rtol=0.2)


def test_misuse_is_named():
    with pytest.raises(ValueError, match=r"Expected loss to be one of cramer, .*; got 'least_squares'"):
        AdversarialSettings(loss="least_squares")
    with pytest.raises(
        ValueError, match=r"Expected regularizer to be none or any of spectral_norm, .*'spectral'"
    ):
        AdversarialSettings(regularizer="spectral")
    with pytest.raises(ValueError, match="Expected stepping to be one of fixed"):
        AdversarialSettings(stepping="random")
    with pytest.raises(ValueError, match="Expected fixed stepping where batches are used again; got dynamic"):
        adversarial.make(make_model(), AdversarialSettings(reuse_batch=True, stepping="dynamic"))
    with pytest.raises(ValueError, match=r"Expected no mismatch_share under the loss cramer; got 0\.1"):
        adversarial.make(make_model(outputs=256), AdversarialSettings(loss="cramer", mismatch_share=0.1))
