"""A density learned by its likelihood reaches the entropy of what it was shown, and repeats itself."""

from dataclasses import replace
from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Length, Scaler
from jaxgen.learners import likelihood
from jaxgen.learners.likelihood import LikelihoodModel
from jaxgen.learners.settings import LikelihoodSettings
from jaxgen.models import density, spline_flow
from jaxgen.models.density import DensityModel
from jaxgen.training import parallel
from tests.learners.small_models import assert_plain

quickly = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})

WIDTH = 0.4
ENTROPY = np.log(2 * np.pi * np.e) + np.log(WIDTH)
SHARES = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]])
"""Of the three labels under the two conditions."""

SCALER = Scaler(
    lambda x: x * jnp.array([0.5, 0.5, 1.0, 1.0, 1.0]), lambda y: y * jnp.array([2.0, 2.0, 1.0, 1.0, 1.0])
)


def events(n: int, *, seed: int = 0) -> Batch:
    """A bent band, [n, 2], mirrored for one label, and the one-hot label; at twice the network's scale."""
    draw = np.random.default_rng(seed)
    condition = draw.integers(0, 2, n)
    label = (draw.uniform(size=n)[:, None] > np.cumsum(SHARES, axis=1)[condition][:, :-1]).sum(axis=1)
    first = draw.normal(size=n)
    second = (0.5 * first**2 - 0.5) * np.where(label == 2, -1, 1) + WIDTH * draw.normal(size=n)
    rows = np.concatenate([2 * first[:, None], 2 * second[:, None], np.eye(3)[label]], axis=1)
    return Batch(jnp.asarray(rows, jnp.float32), jnp.asarray(condition[:, None], jnp.float32))


def one_hot(condition: jax.Array) -> jax.Array:
    return jnp.concatenate([1 - condition, condition], axis=1)


def sorted_distance(fake: jax.Array, real: jax.Array, condition: jax.Array) -> jax.Array:
    """Of sums of the continuous columns, sorted over the batch."""
    del condition
    return jnp.mean(jnp.abs(jnp.sort(fake[:, :2].sum(1)) - jnp.sort(real[:, :2].sum(1))))


MODEL = LikelihoodModel(
    spline_flow.make(layers=4, width=16, bins=6),
    features=one_hot,
    scaler=SCALER,
    size=5,
    labels=3,
)


def affine() -> DensityModel:
    """A Gaussian whose mean is linear in the context; it starts as the standard normal one."""

    def init(key, x, context):
        return {"kernel": jnp.zeros((context.shape[1], x.shape[1])), "log_scale": jnp.zeros(x.shape[1])}

    def normalize(params, x, context):
        latent = (x - context @ params["kernel"]) * jnp.exp(-params["log_scale"])
        return latent, jnp.full(len(x), -jnp.sum(params["log_scale"]))

    def transform(params, latent, context):
        return latent * jnp.exp(params["log_scale"]) + context @ params["kernel"]

    return density.from_bijection(init, normalize, transform)


SMALL = MODEL._replace(density=affine())
"""Compiles at once."""

STEPS, BATCH_SIZE = 800, 256
CONFIG = LikelihoodSettings(learning_rate=1e-2, decay="cosine", average_decay=0.98)
WHOLE = Length(steps=STEPS)
BATCH = events(8)


@pytest.fixture(scope="module")
def trained():
    """State and metrics after each update of one training."""
    learner = likelihood.make(MODEL, CONFIG, WHOLE)
    data = events(STEPS * BATCH_SIZE // 4)

    @jax.jit
    def train(key, data):
        def step(state, start):
            batch = Batch(*(jax.lax.dynamic_slice_in_dim(x, start, BATCH_SIZE) for x in data))
            return learner.step(key, state, batch)

        starts = jnp.arange(STEPS) * BATCH_SIZE % len(data.data)
        return jax.lax.scan(step, learner.init(key, data), starts)

    return train(jax.random.key(0), data)


def test_reaches_the_entropy(trained):
    state, metrics = trained
    assert set(metrics) == {"loss", "label_loss", "gradient_norm"}
    held_out = events(20_000, seed=1)
    judge = quickly(partial(likelihood.held_out_log_likelihood, MODEL))
    judged = judge(likelihood.publish(state), *held_out)
    chex.assert_shape(judged, (20_000,))
    of_labels = -np.sum(SHARES * np.log(np.maximum(SHARES, 1e-30)), axis=1)[
        held_out.condition[:, 0].astype(int)
    ]
    best = ENTROPY + of_labels.mean()
    gap = -float(judged.mean()) - best
    noise = float(judged.std()) / np.sqrt(20_000)
    assert -4 * noise < gap < 0.06
    assert metrics["loss"][0] > best + 0.4
    np.testing.assert_allclose(metrics["loss"][-100:].mean(), best, atol=0.1)
    np.testing.assert_allclose(metrics["label_loss"][-100:].mean(), of_labels.mean(), atol=0.05)


def test_samples_follow_the_law_of_each_condition(trained):
    """Label shares, and the band that the label asks for, in physical units."""
    n = 6000
    condition = jnp.asarray(np.arange(n)[:, None] % 2, jnp.float32)
    sample = jax.jit(likelihood.make(MODEL, CONFIG).sample)
    params = likelihood.publish(trained[0])
    assert_plain(params)
    drawn = np.asarray(sample(jax.random.key(3), params, condition, 0))
    assert set(np.unique(drawn[:, 2:])) == {0.0, 1.0}
    for number, shares in enumerate(SHARES):
        found = drawn[number::2, 2:].mean(axis=0)
        np.testing.assert_allclose(found, shares, atol=4 * np.sqrt(0.25 / (n / 2)))
    bend = (0.5 * (drawn[:, 0] / 2) ** 2 - 0.5) * np.where(drawn[:, 4] == 1, -1, 1)
    assert abs(np.std(drawn[:, 1] / 2 - bend) - WIDTH) < 0.05
    np.testing.assert_allclose(drawn[:, 0].std(), 2.0, rtol=0.06)
    first = sample(jax.random.key(3), params, condition[:7], 0)
    np.testing.assert_allclose(first, drawn[:7], atol=1e-4)
    assert np.abs(sample(jax.random.key(4), params, condition[:7], 0) - first).max() > 0.1


def test_trained_flow_is_inverted_by_its_inverse(trained):
    latent = jax.random.normal(jax.random.key(5), (2000, 2))
    context = jnp.concatenate([one_hot(events(2000).condition), events(2000).data[:, 2:]], axis=1)
    params = trained[0].params["density"]
    x = quickly(MODEL.density.transform)(params, latent, context)
    back, _ = quickly(MODEL.density.normalize)(params, x, context)
    np.testing.assert_allclose(back, latent, atol=1e-4)


def test_first_update_is_what_the_formulas_ask_for(key):
    """The flow starts as the identity, so that losses are known; noise adds its variance to the squares."""
    noise = 0.5
    config = replace(CONFIG, noise=noise, average_decay=0.0)
    learner = likelihood.make(SMALL._replace(event_loss=sorted_distance, event_weight=2.0), config)
    batch = events(4000)
    state = quickly(learner.init)(key, batch)
    step = quickly(learner.step)
    after, metrics = step(key, state, batch)
    squares = np.square(SCALER.forward(batch.data)[:, :2]).sum(axis=1).mean()
    expected = np.log(2 * np.pi) + 0.5 * (squares + 2 * noise**2) + np.log(3)
    np.testing.assert_allclose(metrics["loss"], expected, rtol=0.03)
    np.testing.assert_allclose(metrics["label_loss"], np.log(3), rtol=1e-5)
    sums = 2 * np.random.default_rng(2).normal(size=(4000, 2)).sum(axis=1)
    distance = np.abs(np.sort(sums) - np.sort(batch.data[:, :2].sum(1))).mean()
    np.testing.assert_allclose(metrics["event_loss"], distance, rtol=0.3)
    assert metrics["gradient_norm"] > 0
    chex.assert_trees_all_equal(learner.publish(after), after.params)
    assert int(after.step) == 1
    chex.assert_trees_all_equal(step(key, state, batch), (after, metrics))
    other, _ = step(jax.random.key(9), state, batch)
    later, _ = step(key, state._replace(step=jnp.int32(5)), batch)
    weights = [one.params["density"]["kernel"] for one in (after, other, later)]
    assert (weights[0] != weights[1]).any()
    assert (weights[0] != weights[2]).any()


def test_resumed_training_is_the_unbroken_one(key):
    learner = likelihood.make(SMALL, replace(CONFIG, noise=0.1))
    step = quickly(learner.step)
    state = start = quickly(learner.init)(key, BATCH)
    kept = []
    for _ in range(4):
        state, _ = step(key, state, BATCH)
        kept.append(jax.tree.map(np.asarray, state))
    resumed = jax.tree.map(jnp.asarray, kept[1])
    for _ in range(2):
        resumed, _ = step(key, resumed, BATCH)
    chex.assert_trees_all_equal(resumed, kept[3])
    assert not np.array_equal(start.params["labels"]["bias"], state.params["labels"]["bias"])


def test_one_two_and_four_devices_learn_the_same(key):
    """With noise, and with the loss of generated events, which sorts the whole batch."""
    config = LikelihoodSettings(optimizer="sgd", learning_rate=0.02, noise=0.3)
    model = SMALL._replace(event_loss=sorted_distance)
    keys, data = key[None], events(12)
    start = jax.tree.map(np.asarray, parallel.initialize(likelihood.make(model, config), keys, data))
    picks = np.array([[[3, 1, 4, 0, 5, 9, 2, 6], [5, 3, 11, 8, 9, 7, 10, 2]]])
    results = {}
    for devices in (1, 2, 4):
        learner = likelihood.make(model, config, axis_name=parallel.axis_name(devices))
        states = parallel.replicate(jax.tree.map(jnp.asarray, start), devices)
        advance = parallel.make_advance(learner, devices=devices)
        states, metrics = advance(states, keys, parallel.replicate(data, devices), picks)
        results[devices] = parallel.gathered(states, devices), metrics
    for devices in (2, 4):
        chex.assert_trees_all_close(results[devices], results[1], rtol=1e-5, atol=1e-5)
    params, metrics = results[1][0].params, results[1][1]
    assert np.abs(params["labels"]["bias"]).max() > 1e-3
    assert np.abs(params["density"]["kernel"]).max() > 1e-3
    assert (metrics["event_loss"] > 0).all()


def test_augmented_batches_are_what_is_learned(key):
    """Half of the events are moved far away, each by its own seed."""

    def augment(seeds, batch):
        far = (seeds % 2).astype(jnp.float32)[:, None]
        return Batch(batch.data + far * jnp.array([20.0, 0.0, 0.0, 0.0, 0.0]), batch.condition)

    batch = events(2000)
    losses = []
    for model in (SMALL, SMALL._replace(augment=augment)):
        learner = likelihood.make(model, CONFIG)
        with_state = quickly(lambda key, batch, one=learner: one.step(key, one.init(key, batch), batch))
        losses.append(float(with_state(key, batch)[1]["loss"]))
    np.testing.assert_allclose(losses[1] - losses[0], 0.5 * 0.5 * 10.0**2, rtol=0.1)


def test_a_weighted_loss_of_events_adds_its_gradient(key):
    """By the weight alone, in physical units; it is not part of the loss that is told."""

    def total(fake, real, condition):
        return jnp.mean(fake[:, :2].sum(axis=1)) + 0 * jnp.sum(real[:, 0]) + 0 * jnp.sum(condition)

    found = {}
    for weight in (0.0, 0.5):
        model = SMALL._replace(event_loss=total, event_weight=weight)
        learner = likelihood.make(model, LikelihoodSettings(optimizer="sgd", learning_rate=1.0))
        with jax.disable_jit():
            found[weight] = learner.step(key, learner.init(key, BATCH), BATCH)
    (without, measured), (pulled, again) = found.values()
    assert measured["loss"] == again["loss"]
    context = jnp.concatenate([one_hot(BATCH.condition), BATCH.data[:, 2:]], axis=1)
    expected = -0.5 * 2.0 * np.mean(context, axis=0)[:, None] * np.ones(2)
    moved = pulled.params["density"]["kernel"] - without.params["density"]["kernel"]
    np.testing.assert_allclose(moved, expected, rtol=1e-4, atol=1e-6)


def test_without_labels_and_conditions(key):
    model = LikelihoodModel(
        SMALL.density,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x.reshape(len(x), -1), lambda y: y.reshape(-1, 2, 2)),
        size=4,
    )
    learner = likelihood.make(model, LikelihoodSettings())
    batch = Batch(jax.random.normal(key, (6, 2, 2)), jnp.zeros((6, 0)))

    @quickly
    def all_of_it(key, batch):
        state, metrics = learner.step(key, learner.init(key, batch), batch)
        return metrics, learner.sample(key, learner.publish(state), batch.condition, 0)

    metrics, sample = all_of_it(key, batch)
    expected = 2 * np.log(2 * np.pi) + 0.5 * np.square(batch.data).sum((1, 2)).mean()
    np.testing.assert_allclose(metrics["loss"], expected, rtol=1e-5)
    assert metrics["label_loss"] == 0
    assert set(metrics) == {"loss", "label_loss", "gradient_norm"}
    chex.assert_shape(sample, (6, 2, 2))
    chex.assert_tree_all_finite(sample)


def test_misuse_is_named(key):
    with pytest.raises(ValueError, match="Expected fewer labels than the 5 columns; got 5"):
        likelihood.make(MODEL._replace(labels=5), CONFIG)
    with pytest.raises(ValueError, match=r"Expected noise of at least 0; got -0.1"):
        replace(CONFIG, noise=-0.1)
    with pytest.raises(ValueError, match="Expected data on the network's scale of shape"):
        likelihood.make(MODEL._replace(size=6), CONFIG).init(key, BATCH)
