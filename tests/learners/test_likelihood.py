"""A density learned by its likelihood reaches the entropy of what it was shown, and repeats itself."""

from dataclasses import replace
from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Scaler
from jaxgen.learners import likelihood
from jaxgen.learners.likelihood import LikelihoodModel
from jaxgen.learners.likelihood_config import LikelihoodConfig
from jaxgen.learners.optimizer_config import OptimizerConfig
from jaxgen.models import masked_affine_flow, spline_flow
from jaxgen.training import parallel

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


def spread_difference(fake: jax.Array, real: jax.Array) -> jax.Array:
    """Of sums of the continuous columns, sorted over the batch."""
    return jnp.mean(jnp.abs(jnp.sort(fake[:, :2].sum(1)) - jnp.sort(real[:, :2].sum(1))))


MODEL = LikelihoodModel(
    spline_flow.make(layers=4, width=16, bins=6),
    features=one_hot,
    scaler=SCALER,
    size=5,
    labels=3,
    event_loss=spread_difference,
)
SMALL = MODEL._replace(density=masked_affine_flow.make(layers=4, width=4, scale="linear"))
"""Compiles faster; starts as the identity too."""

STEPS, BATCH_SIZE = 800, 256
CONFIG = LikelihoodConfig(
    optimizer=OptimizerConfig(name="adam", rate=1e-2, decay="cosine"), average_decay=0.98, total_steps=STEPS
)
BATCH = events(8)


@pytest.fixture(scope="module")
def trained():
    """State and metrics after each update of one training."""
    learner = likelihood.make(MODEL, CONFIG)
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
    assert set(metrics) == set(likelihood.METRICS)
    held_out = events(20_000, seed=1)
    judged = quickly(partial(likelihood.held_out_log_likelihood, MODEL))(state, *held_out)
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
    sample = jax.jit(likelihood.make(MODEL, CONFIG).sample, static_argnums=3)
    drawn = np.asarray(sample(jax.random.key(3), trained[0], condition, n))
    assert set(np.unique(drawn[:, 2:])) == {0.0, 1.0}
    for number, shares in enumerate(SHARES):
        found = drawn[number::2, 2:].mean(axis=0)
        np.testing.assert_allclose(found, shares, atol=4 * np.sqrt(0.25 / (n / 2)))
    bend = (0.5 * (drawn[:, 0] / 2) ** 2 - 0.5) * np.where(drawn[:, 4] == 1, -1, 1)
    assert abs(np.std(drawn[:, 1] / 2 - bend) - WIDTH) < 0.05
    np.testing.assert_allclose(drawn[:, 0].std(), 2.0, rtol=0.06)
    first = sample(jax.random.key(3), trained[0], condition[:7], 7)
    np.testing.assert_allclose(first, drawn[:7], atol=1e-4)
    assert np.abs(sample(jax.random.key(4), trained[0], condition[:7], 7) - first).max() > 0.1


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
    config = replace(CONFIG, noise=noise, mass_weight=2.0, average_decay=0.0)
    learner = likelihood.make(SMALL, config)
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
    np.testing.assert_allclose(metrics["mass_loss"], distance, rtol=0.3)
    assert metrics["gradient_norm"] > 0
    chex.assert_trees_all_equal(after.average.average, after.params)
    assert int(after.step) == 1
    chex.assert_trees_all_equal(step(key, state, batch), (after, metrics))
    other, _ = step(jax.random.key(9), state, batch)
    later, _ = step(key, state._replace(step=jnp.int32(5)), batch)
    weights = [one.params["density"]["shift"]["last"]["bias"] for one in (after, other, later)]
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
    sgd = OptimizerConfig(name="sgd", rate=0.02, decay="constant")
    config = replace(CONFIG, optimizer=sgd, noise=0.3, mass_weight=1.0, gradient_clip=None)
    keys, data = key[None], events(12)
    start = jax.tree.map(np.asarray, parallel.initialize(likelihood.make(SMALL, config), keys, data))
    picks = np.array([[[3, 1, 4, 0, 5, 9, 2, 6], [5, 3, 11, 8, 9, 7, 10, 2]]])
    results = {}
    for devices in (1, 2, 4):
        learner = likelihood.make(SMALL, config, axis_name=parallel.axis_name(devices))
        states = parallel.spread(jax.tree.map(jnp.asarray, start), devices)
        advance = parallel.make_advance(learner, devices=devices)
        states, metrics = advance(states, keys, parallel.spread(data, devices), picks)
        results[devices] = parallel.gathered(states, devices), metrics
    for devices in (2, 4):
        chex.assert_trees_all_close(results[devices], results[1], rtol=1e-5, atol=1e-5)
    params, metrics = results[1][0].params, results[1][1]
    assert np.abs(params["labels"]["bias"]).max() > 1e-3
    assert np.abs(params["density"]["shift"]["last"]["bias"]).max() > 1e-3
    assert (metrics["mass_loss"] > 0).all()


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


def test_without_labels_and_conditions(key):
    model = LikelihoodModel(
        SMALL.density,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x.reshape(len(x), -1), lambda y: y.reshape(-1, 2, 2)),
        size=4,
    )
    learner = likelihood.make(model, LikelihoodConfig())
    batch = Batch(jax.random.normal(key, (6, 2, 2)), jnp.zeros((6, 0)))

    @quickly
    def all_of_it(key, batch):
        state, metrics = learner.step(key, learner.init(key, batch), batch)
        return metrics, learner.sample(key, state, batch.condition, 6)

    metrics, sample = all_of_it(key, batch)
    expected = 2 * np.log(2 * np.pi) + 0.5 * np.square(batch.data).sum((1, 2)).mean()
    np.testing.assert_allclose(metrics["loss"], expected, rtol=1e-5)
    assert metrics["label_loss"] == metrics["mass_loss"] == 0
    chex.assert_shape(sample, (6, 2, 2))
    chex.assert_tree_all_finite(sample)


def test_misuse_is_named(key):
    with pytest.raises(ValueError, match="Expected fewer labels than the 5 columns; got 5"):
        likelihood.make(MODEL._replace(labels=5), CONFIG)
    with pytest.raises(ValueError, match=r"Expected noise not below zero; got -0.1"):
        likelihood.make(MODEL, replace(CONFIG, noise=-0.1))
    with pytest.raises(ValueError, match="Expected data on the network's scale of shape"):
        likelihood.make(MODEL._replace(size=6), CONFIG).init(key, BATCH)
