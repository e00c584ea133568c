"""The mixture as a Learner: same on any number of devices, resumes, follows its conditions."""

from dataclasses import replace
from functools import cache, partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Length, Scaler
from jaxgen.learners import mixture
from jaxgen.learners.mixture import MixtureModel, MixtureSettings, MixtureState
from jaxgen.learners.settings import COVARIANCES, STARTS
from jaxgen.models.mixture import covariances, gaussian_mixture, initialization
from jaxgen.training import parallel
from tests.learners.small_models import assert_plain

DRAW = np.random.default_rng(0)
NUMBER = 240
CHANNELS = DRAW.integers(0, 2, NUMBER)
LABELS = np.where(CHANNELS == 1, DRAW.integers(1, 3, NUMBER), 0)
MASSES = DRAW.normal(100, 10, NUMBER)
PLACES = np.array([[-6.0, 0.0], [0.0, 6.0], [6.0, 0.0]])[LABELS]
COLUMNS = PLACES + np.stack([MASSES / 10 - 10, np.zeros(NUMBER)], 1) + 0.3 * DRAW.normal(size=(NUMBER, 2))
DATA = jnp.asarray(np.concatenate([2 * COLUMNS, np.eye(3)[LABELS]], axis=1), jnp.float32)
CONDITION = jnp.asarray(np.stack([CHANNELS, MASSES], axis=1), jnp.float32)
EVENTS = Batch(DATA, CONDITION)
DRAWN = 4000
WANTED = np.stack([np.arange(DRAWN) % 2, np.repeat([90.0, 110.0], DRAWN // 2)], axis=1).astype(np.float32)
CONFIG = MixtureSettings(components=3, covariance="full", start="kmeans++")
RANDOM = replace(CONFIG, start="random")

quick = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def features(condition: jax.Array) -> jax.Array:
    """Channel one-hot, then the standardized mass where there is one."""
    channel = jax.nn.one_hot(condition[:, 0].astype(jnp.int32), 2)
    return jnp.concatenate([channel, (condition[:, 1:] - 100) / 10], axis=1)


def halve_columns(x: jax.Array) -> jax.Array:
    return x * jnp.array([0.5, 0.5, 1, 1, 1])


def double_columns(x: jax.Array) -> jax.Array:
    return x * jnp.array([2.0, 2.0, 1, 1, 1])


MODEL = MixtureModel(features, Scaler(halve_columns, double_columns), size=5, labels=3, kinds=2)
BY_CHANNEL = Batch(DATA, CONDITION[:, :1])
PLAIN_MODEL = MixtureModel(lambda condition: condition, Scaler(lambda x: x, lambda y: y), size=5)
PLAIN = Batch(DATA, jnp.zeros((NUMBER, 0)))


@cache
def compiled(config: MixtureSettings, length: Length | None = None):
    """Compiled: start, step, and events of a state."""
    learner = mixture.make(MODEL, config, length)

    def sample(key, state, condition):
        return learner.sample(key, learner.publish(state), condition, 0)

    return quick(learner.init), quick(learner.step), quick(sample)


def fitted(batch: Batch, *, steps: int = 12) -> tuple[MixtureState, list[dict]]:
    init, step, _ = compiled(CONFIG)
    state, metrics = init(jax.random.key(0), batch), []
    for _ in range(steps):
        state, measured = step(jax.random.key(0), state, batch)
        metrics.append({name: float(value) for name, value in measured.items()})
    return state, metrics


def test_loss_falls_by_the_change_and_is_that_of_the_mixture():
    state, metrics = fitted(EVENTS)
    losses = np.array([one["loss"] for one in metrics])
    assert int(state.step) == 12
    assert set(metrics[0]) == set(mixture.METRICS)
    np.testing.assert_allclose([one["change"] for one in metrics], [0, *-np.diff(losses)], atol=1e-5)
    assert np.all(np.diff(losses) < 1e-4)
    assert losses[-1] < losses[0]
    rows = quick(partial(mixture.rows_of, MODEL))(EVENTS)
    np.testing.assert_array_equal(rows.classes, CHANNELS * 3 + LABELS)
    np.testing.assert_allclose(rows.x, np.column_stack([(MASSES - 100) / 10, COLUMNS]), rtol=1e-4, atol=1e-5)
    densities = quick(gaussian_mixture.log_likelihood)(mixture.mixture_of(state, CONFIG), *rows)
    shares = np.bincount(rows.classes, minlength=6).reshape(2, 3) / np.bincount(CHANNELS)[:, None]
    expected = -np.mean(densities + np.log(shares[CHANNELS, LABELS]))
    np.testing.assert_allclose(losses[-1], expected, rtol=1e-3)


def test_a_step_keeps_mean_and_covariance_of_the_data():
    """Whatever the start; the mixture's are those of its components and of their means."""
    init, step, _ = compiled(RANDOM)
    state, _ = step(jax.random.key(0), init(jax.random.key(0), BY_CHANNEL), BY_CHANNEL)
    weights = np.asarray(state.moments.shares, np.float64).sum(0)
    means = np.asarray(state.moments.means, np.float64)
    np.testing.assert_allclose(weights @ means, np.mean(COLUMNS, axis=0), atol=1e-4)
    total = np.einsum("k,kij->ij", weights, state.moments.covariances)
    total += np.cov(means.T, aweights=weights, bias=True)
    np.testing.assert_allclose(total, np.cov(COLUMNS.T, bias=True), rtol=1e-3, atol=1e-3)


def test_a_resumed_run_equals_an_unbroken_one_bit_for_bit():
    state, _ = fitted(EVENTS, steps=4)
    half, _ = fitted(EVENTS, steps=2)
    _, step, _ = compiled(CONFIG)
    kept = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), half)
    for _ in range(2):
        kept, _ = step(jax.random.key(0), kept, EVENTS)
    chex.assert_trees_all_equal(kept, state)


def test_starts_depend_on_the_key():
    init, step, _ = compiled(RANDOM)
    first, same, other = (
        step(jax.random.key(seed), init(jax.random.key(0), BY_CHANNEL), BY_CHANNEL)[0] for seed in (0, 0, 1)
    )
    chex.assert_trees_all_equal(first, same)
    assert np.any(first.moments.means != other.moments.means)


def test_a_step_leaves_the_types_of_the_state():
    """Else it would be compiled a second time."""
    learner = mixture.make(MODEL, CONFIG)
    before = jax.eval_shape(learner.init, jax.random.key(0), EVENTS)
    after, _ = jax.eval_shape(learner.step, jax.random.key(0), before, EVENTS)
    assert [(x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(before)] == [
        (x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(after)
    ]


def test_one_two_and_four_devices_learn_the_same():
    """Three batches, an epoch; the first one makes the start, from events of all devices."""
    picks = np.stack([np.arange(NUMBER)[i::3] for i in range(3)])[None]
    keys = jax.random.split(jax.random.key(1), 1)
    results = {}
    for devices in (1, 2, 4):
        config = replace(CONFIG, covariance="tied", start="random")
        length = Length(steps=3, steps_per_epoch=3)
        learner = mixture.make(MODEL, config, length, axis_name=parallel.axis_name(devices))
        states = parallel.replicate(parallel.initialize(learner, keys, EVENTS), devices)
        advance = parallel.make_advance(learner, devices=devices)
        states, metrics = advance(states, keys, parallel.replicate(EVENTS, devices), picks)
        if devices > 1:
            first, last = (jax.tree.map(lambda x, i=i: np.asarray(x)[i], states) for i in (0, -1))
            chex.assert_trees_all_equal(first, last)
        results[devices] = parallel.gathered(states, devices), metrics
    for devices in (2, 4):
        chex.assert_trees_all_close(results[devices], results[1], rtol=1e-4, atol=1e-4)


def test_small_batches_lead_where_whole_ones_do():
    """Each batch counts (t + 2)^-0.6 against all before, so the fit forgets where it began."""
    init, step, _ = compiled(CONFIG, Length(steps=40, steps_per_epoch=4))
    state = init(jax.random.key(0), EVENTS)
    for number in range(40):
        rows = np.random.default_rng(number).permutation(NUMBER)[:60]
        batch = jax.tree.map(lambda x, rows=rows: np.asarray(x)[rows], EVENTS)
        previous, (state, _) = state, step(jax.random.key(0), state, batch)
    whole, _ = fitted(EVENTS)
    apart = np.linalg.norm(state.moments.means[:, None] - whole.moments.means, axis=-1)
    assert np.all(np.min(apart, axis=1) < 0.5)
    shares = np.asarray(state.moments.shares).sum(1)
    last = np.bincount((CHANNELS * 3 + LABELS)[rows], minlength=6) / 60
    rate = 41.0**-0.6
    expected = (1 - rate) * np.asarray(previous.moments.shares).sum(1) + rate * last
    np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_samples_follow_channel_label_and_mass():
    state, _ = fitted(EVENTS)
    channel, mass = WANTED.T
    events = np.asarray(compiled(CONFIG)[2](jax.random.key(2), state, WANTED))
    chex.assert_shape(events, (DRAWN, 5))
    label = np.argmax(events[:, 2:], axis=1)
    np.testing.assert_array_equal(events[:, 2:], np.eye(3)[label])
    assert np.all((label == 0) == (channel == 0))
    expected = np.mean(LABELS[CHANNELS == 1] == 1)
    assert abs(np.mean(label[channel == 1] == 1) - expected) < 4 * np.sqrt(0.25 / (DRAWN / 2))
    place = 2 * np.array([[-6.0, 0.0], [0.0, 6.0], [6.0, 0.0]])[label]
    place[:, 0] += 2 * (mass / 10 - 10)
    away = events[:, :2] - place
    np.testing.assert_allclose(np.mean(away, axis=0), 0, atol=0.1)
    np.testing.assert_allclose(np.std(away, axis=0), 0.6, rtol=0.15)
    again = compiled(CONFIG)[2](jax.random.key(2), state, WANTED[:1500])
    np.testing.assert_allclose(again, events[:1500], rtol=1e-5, atol=1e-5)


def test_channels_and_labels_without_events_get_what_is_known_of_all():
    only = jax.tree.map(lambda x: np.tile(np.asarray(x)[CHANNELS == 1][:40], (6, 1)), EVENTS)
    state, metrics = fitted(only, steps=2)
    events = compiled(CONFIG)[2](jax.random.key(2), state, WANTED * np.float32([0, 1]))
    chex.assert_tree_all_finite((state, metrics, events))
    assert np.all(np.argmax(events[:, 2:], axis=1) > 0)
    _, measured = compiled(CONFIG)[1](jax.random.key(0), state, EVENTS)
    assert np.isfinite(measured["loss"])


def test_samples_follow_a_channel_alone():
    init, step, sample = compiled(RANDOM)
    state, _ = step(jax.random.key(0), init(jax.random.key(0), BY_CHANNEL), BY_CHANNEL)
    channel = np.arange(NUMBER) % 2
    events = sample(jax.random.key(2), state, channel[:, None].astype(np.float32))
    assert np.all((np.argmax(events[:, 2:], axis=1) == 0) == (channel == 0))


def test_without_labels_and_conditions_all_columns_are_the_mixture_s():
    learner = mixture.make(PLAIN_MODEL, CONFIG)
    state = jax.eval_shape(learner.init, jax.random.key(0), PLAIN)
    after, _ = jax.eval_shape(learner.step, jax.random.key(0), state, PLAIN)
    assert after.moments.means.shape == (3, 5)
    assert after.moments.shares.shape == (1, 3)
    params = jax.eval_shape(learner.publish, state)
    sample = jax.eval_shape(partial(learner.sample, first=0), jax.random.key(0), params, jnp.zeros((7, 0)))
    assert sample.shape == (7, 5)


def test_weights_means_covariances_and_odds_are_published():
    """Odds are those of labels and components in each channel."""
    state, _ = fitted(EVENTS, steps=2)
    params = mixture.make(MODEL, CONFIG).publish(state)
    assert_plain(params)
    shapes = {name: leaf.shape for name, leaf in params.items()}
    assert shapes == {"weights": (6, 3), "means": (3, 3), "covariances": (3, 3, 3), "odds": (2, 9)}
    np.testing.assert_allclose(np.sum(params["odds"], axis=1), 1.0, rtol=1e-5)
    of_labels = np.asarray(params["odds"]).reshape(2, 3, 3).sum(axis=2)
    shares = [
        np.bincount(LABELS[kind == CHANNELS], minlength=3) / np.sum(kind == CHANNELS) for kind in (0, 1)
    ]
    np.testing.assert_allclose(of_labels, shares, atol=1e-5)


def test_a_state_samples_before_the_first_step():
    state, _ = fitted(EVENTS, steps=0)
    events = compiled(CONFIG)[2](jax.random.key(2), state, WANTED)
    chex.assert_shape(events, (DRAWN, 5))
    chex.assert_tree_all_finite(events)


def test_misuse_is_named():
    for settings, message in (
        ({"covariance": "diag"}, "Expected covariance to be one of diagonal, full"),
        ({"start": "k-means"}, "Expected start to be one of kmeans"),
        ({"components": 0}, "Expected components of at least 1"),
        ({"forgetting": 0.5}, "Expected forgetting above 0.5; got 0.5"),
        ({"forgetting": 1.5}, "Expected forgetting of at most 1; got 1.5"),
        ({"regularization": -1.0}, "Expected regularization of at least 0"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(CONFIG, **settings)
    with pytest.raises(ValueError, match="Expected size above zero; got 0"):
        mixture.make(MODEL._replace(size=3), CONFIG)
    with pytest.raises(ValueError, match="Expected data as the mixture sees them of shape"):
        mixture.make(PLAIN_MODEL._replace(size=4), CONFIG).init(jax.random.key(0), PLAIN)
    many = mixture.make(PLAIN_MODEL, replace(CONFIG, components=NUMBER + 1))
    with pytest.raises(ValueError, match="Expected between 1 and 240 components, the events to start from"):
        many.step(jax.random.key(0), many.init(jax.random.key(0), PLAIN), PLAIN)


def test_the_settings_know_every_form_and_start():
    assert set(COVARIANCES) == set(covariances.FORMS)
    assert STARTS == initialization.STARTS
