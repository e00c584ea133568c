"""An update is the one of the formulas, on any number of devices, and samples are what was learned."""

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Length, Scaler
from jaxgen.learners import variational
from jaxgen.learners.settings import VariationalSettings
from jaxgen.learners.variational import VariationalModel
from jaxgen.losses import evidence_bound
from jaxgen.models import autoencoders, density_buffer
from jaxgen.models.autoencoders import (
    DenseDecoder,
    DenseEncoder,
    OutputLaw,
    StatefulNetwork,
    squared_error,
)
from jaxgen.models.density_buffer import BufferSettings
from jaxgen.training import parallel
from tests.learners.small_models import assert_plain

DRAW = np.random.default_rng(0)
SCALER = Scaler(lambda x: x / 50, lambda y: 50 * y)
QUICKLY = {"xla_backend_optimization_level": 0}


def settings(**changes: Any) -> VariationalSettings:
    return VariationalSettings(**{"optimizer": "sgd", "learning_rate": 0.1, **changes})


def small_model(*widths: int, size: int, scaler: Scaler, noise: float = 0.0) -> VariationalModel:
    return VariationalModel(
        autoencoders.from_module(DenseEncoder(widths=widths, latent=2)),
        autoencoders.from_module(DenseDecoder(size=size, widths=widths)),
        latent=2,
        features=lambda condition: condition / 3,
        scaler=scaler,
        size=size,
        law=squared_error(size, noise=noise),
    )


SHAPED = Scaler(lambda x: x.reshape(len(x), 6) / 50, lambda y: 50 * y.reshape(len(y), 2, 3))
EVENTS = Batch(
    DRAW.normal(20.0, 50, (12, 2, 3)).astype(np.float32),
    DRAW.normal(size=(12, 1)).astype(np.float32),
)


def sorted_distance(fake: jax.Array, real: jax.Array, condition: jax.Array) -> jax.Array:
    """Of the sums of the events, sorted over the batch, which knows no sum over devices."""
    ours, theirs = (jnp.sort(jnp.sum(x, axis=(1, 2))) for x in (fake, real))
    return jnp.mean(jnp.square(ours - theirs)) / 100 + 0 * jnp.sum(condition)


def linear_model(*, size: int = 1, labels: int = 0, noise: float = 0.0, **changes: Any) -> VariationalModel:
    """mu = a x, log sigma^2 = c, x' = w z of one number: all gradients are known in closed form."""

    def encode(params, statistics, data, features, **mode):
        return (params["a"] * data, params["c"] * jnp.ones_like(data)), statistics

    def decode(params, statistics, features, latent, **mode):
        return params["w"] * latent, statistics

    start = {"a": jnp.float32(0.5), "c": jnp.float32(-1.0)}
    model = VariationalModel(
        StatefulNetwork(lambda key, *_: (start, {}), encode),
        StatefulNetwork(lambda key, *_: ({"w": jnp.float32(0.8)}, {}), decode),
        latent=size,
        features=lambda condition: condition,
        scaler=SCALER,
        size=size,
        law=squared_error(size, labels=labels, noise=noise),
    )
    return model._replace(**changes)


NUMBERS = Batch(np.asarray(DRAW.normal(20, 40, (8, 1)), np.float32), np.zeros((8, 0), np.float32))


def one_step(model: VariationalModel, config: VariationalSettings, key: jax.Array, batch: Batch) -> tuple:
    learner = variational.make(model, config)
    return jax.jit(learner.step, compiler_options=QUICKLY)(key, learner.init(key, batch), batch)


@pytest.mark.parametrize(("objective", "weight"), [("published", 1.0), ("beta", 0.2)])
def test_an_update_is_the_one_of_the_formulas(objective, weight, key):
    state, metrics = one_step(linear_model(objective=objective), settings(kl_weight=weight), key, NUMBERS)
    a, c, w, x = 0.5, -1.0, 0.8, NUMBERS.data / 50
    drawn = np.asarray(jax.random.normal(jax.random.fold_in(key, 0), (8, 1)))
    sigma = np.exp(c / 2)
    z = a * x + sigma * drawn
    error, share = w * z - x, 1 - weight if objective == "beta" else 1.0
    divergence = 0.5 * np.mean((a * x) ** 2 + sigma**2 - c - 1)
    slopes = {
        "a": np.mean(share * 2 * error * w * x + weight * a * x**2),
        "c": np.mean(share * error * w * sigma * drawn + weight * 0.5 * (sigma**2 - 1)),
        "w": np.mean(share * 2 * error * z),
    }
    moved = {**state.params.encoder, **state.params.decoder}
    for name, start in (("a", a), ("c", c), ("w", w)):
        np.testing.assert_allclose(moved[name], start - 0.1 * slopes[name], rtol=1e-5, err_msg=name)
    expected = {
        "loss": share * np.mean(error**2) + weight * divergence,
        "reconstruction": np.mean(error**2),
        "kl": divergence,
    }
    assert set(metrics) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[name], value, rtol=1e-5, err_msg=name)


def test_gradients_are_clipped(key):
    state, _ = one_step(linear_model(), settings(gradient_limit=0.01), key, NUMBERS)
    start = variational.make(linear_model(), settings()).init(key, NUMBERS)
    moved = [
        x - y for x, y in zip(*(map(float, jax.tree.leaves(s.params)) for s in (state, start)), strict=True)
    ]
    np.testing.assert_allclose(np.linalg.norm(moved), 0.1 * 0.01, rtol=1e-3)


def test_the_loss_of_events_acts_on_both_networks_in_physical_units(key):
    """Against its own gradient."""
    events = EVENTS.data
    model = linear_model(size=6, scaler=SHAPED)

    @jax.jit
    def with_and_without(key):
        learners = [
            variational.make(model._replace(event_loss=sorted_distance, event_weight=w), settings())
            for w in (0.0, 0.25)
        ]
        start = learners[0].init(key, EVENTS)
        drawn = jax.random.normal(jax.random.fold_in(key, start.step), (12, 6))

        def event_loss(params):
            code = params.encoder["a"] * SHAPED.forward(events) + jnp.exp(params.encoder["c"] / 2) * drawn
            fake = SHAPED.inverse(params.decoder["w"] * code)
            return sorted_distance(fake, events, jnp.zeros((12, 1)))

        value, slopes = jax.value_and_grad(event_loss)(start.params)
        steps = [learner.step(key, start, EVENTS) for learner in learners]
        return value, slopes, steps

    value, slopes, ((without, quiet), (state, metrics)) = with_and_without(key)
    assert value > 1
    np.testing.assert_allclose(metrics["event_loss"], value, rtol=1e-5)
    np.testing.assert_allclose(metrics["loss"], quiet["loss"] + 0.25 * value, rtol=1e-5)
    for name in ("encoder", "decoder"):
        trees = (getattr(tree, name) for tree in (state.params, without.params, slopes))
        for moved, base, slope in zip(*map(jax.tree.leaves, trees), strict=True):
            assert np.isfinite(slope)
            assert slope != 0
            np.testing.assert_allclose(moved - base, -0.1 * 0.25 * slope, rtol=1e-3)


def test_one_two_and_four_devices_learn_the_same():
    """With everything on: batch normalization, buffer, running average and a loss of the sorted batch."""
    config = settings(learning_rate=0.01, gradient_limit=1.0, average_decay=0.5)
    model = small_model(5, size=6, scaler=SHAPED)._replace(
        event_loss=sorted_distance, event_weight=1e-2, buffer=BufferSettings(capacity=12)
    )
    keys = jax.random.split(jax.random.key(1), 1)
    picks = np.array([[[3, 1, 4, 0, 5, 9, 2, 6], [5, 3, 11, 8, 9, 7, 10, 2]]])
    start = jax.jit(variational.make(model, config).init, compiler_options=QUICKLY)(keys[0], EVENTS)
    start = jax.tree.map(lambda x: np.asarray(x)[None], start)
    results = {}
    for devices in (1, 2, 4):
        learner = variational.make(model, config, axis_name=parallel.axis_name(devices))
        states = parallel.replicate(jax.tree.map(jnp.asarray, start), devices)
        data = parallel.replicate(jax.tree.map(jnp.asarray, EVENTS), devices)
        states, metrics = parallel.make_advance(learner, devices=devices)(states, keys, data, picks)
        if devices > 1:
            first, last = (jax.tree.map(lambda x, i=i: np.asarray(x)[i], states) for i in (0, -1))
            chex.assert_trees_all_equal(first, last)
        results[devices] = parallel.gathered(states, devices), metrics
    for devices in (2, 4):
        chex.assert_trees_all_close(results[devices], results[1], rtol=1e-5, atol=1e-5)
    state, metrics = results[1]
    assert np.all(metrics["event_loss"] > 1)
    assert int(state.buffer.cursor[0]) == 16 % 12
    features = EVENTS.condition[picks[0]] / 3
    np.testing.assert_allclose(state.buffer.features[0, 8:], features[1, :4], rtol=1e-6)
    np.testing.assert_allclose(state.buffer.features[0, :4], features[1, 4:], rtol=1e-6)
    np.testing.assert_allclose(state.buffer.features[0, 4:8], features[0, 4:], rtol=1e-6)
    statistics = (state.statistics, start.statistics)
    assert all(np.all(x != y) for x, y in zip(*map(jax.tree.leaves, statistics), strict=True))


def test_the_buffer_holds_the_codes_of_the_batch_and_is_published(key):
    model = linear_model(buffer=BufferSettings(capacity=10))
    state, _ = one_step(model, settings(), key, NUMBERS)
    np.testing.assert_allclose(state.buffer.means[:8], 0.5 * NUMBERS.data / 50, rtol=1e-6)
    np.testing.assert_allclose(state.buffer.deviations[:8], np.exp(-0.5), rtol=1e-6)
    assert int(state.buffer.filled) == 8
    published = variational.publish(state)
    assert_plain(published)
    assert set(published["buffer"]) == {"means", "deviations", "filled"}
    np.testing.assert_array_equal(published["buffer"]["means"], state.buffer.means)


def test_only_the_decoder_is_published(key):
    learner = variational.make(small_model(5, size=6, scaler=SHAPED), settings())
    state = jax.eval_shape(learner.init, key, EVENTS)
    published = jax.eval_shape(learner.publish, state)
    assert set(published) == {"params", "statistics"}
    assert "event" in published["params"]
    assert list(published["statistics"]) == ["normalization"]


def test_samples_come_from_the_prior_the_buffer_and_the_noise(key):
    """x = 50 w z: from the prior of standard deviation 1, around one code, and with noise besides."""
    n, code = 1900, (np.full((1, 1), 2.0), np.full((1, 1), 0.3), np.zeros((1, 0)))
    condition = np.zeros((n, 0), np.float32)

    def mean_and_deviation(model):
        learner = variational.make(model, settings())
        state = learner.init(key, NUMBERS)
        if state.buffer is not None:
            state = state._replace(buffer=density_buffer.written(state.buffer, *code))
        sample = jax.jit(learner.sample, compiler_options=QUICKLY)
        drawn = sample(key, learner.publish(state), condition, 0)
        assert drawn.shape == (n, 1)
        return float(np.mean(drawn)) / 40, float(np.std(drawn)) / 40

    buffered = linear_model(buffer=BufferSettings(capacity=8, scale=2.0, added=0.1))
    for model, mean, deviation in (
        (linear_model(), 0.0, 1.0),
        (buffered, 2.0, 0.7),
        (linear_model(noise=0.8), 0.0, np.sqrt(2.0)),
    ):
        measured = mean_and_deviation(model)
        np.testing.assert_allclose(measured, (mean, deviation), atol=5 * deviation / np.sqrt(n))


def test_labels_get_no_noise(key):
    """Events of three columns x' = w z, of which the last two are labels."""
    batch = Batch(np.ones((8, 3), np.float32), NUMBERS.condition)
    models = [linear_model(size=3, labels=2, noise=noise) for noise in (0.0, 1.0)]
    learners = [variational.make(model, settings()) for model in models]
    params = learners[0].publish(learners[0].init(key, batch))
    quiet, noisy = (np.asarray(learner.sample(key, params, batch.condition, 0)) for learner in learners)
    np.testing.assert_array_equal(quiet[:, 1:], noisy[:, 1:])
    assert np.all(quiet[:, 0] != noisy[:, 0])


def test_samples_come_from_the_running_average(key):
    config = settings(average_decay=0.5)
    learner = variational.make(linear_model(), config)
    start = learner.init(key, NUMBERS)
    state, _ = one_step(linear_model(), config, key, NUMBERS)
    drawn = [
        np.asarray(learner.sample(key, learner.publish(one), NUMBERS.condition, 0)) for one in (start, state)
    ]
    moved = float(state.params.decoder["w"])
    assert moved != 0.8
    np.testing.assert_allclose(drawn[1] / drawn[0], (0.8 + moved) / 2 / 0.8, rtol=1e-5)


NOISE = 0.5
AXES = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 2)))[0].T * 2


def test_the_bound_falls_to_the_entropy_of_the_data(key):
    """A plane of Gaussians in five columns with noise, under the objective that implies this noise.

    loss / w, and the norm of the noise, is a bound on -log p in nats, which a linear code reaches. Training
    goes on from what was written down as it would have without a break.
    """
    covariance = AXES.T @ AXES + NOISE**2 * np.eye(5)
    data = 3 + np.random.default_rng(2).multivariate_normal(np.zeros(5), covariance, 4000)
    batch = Batch(data.astype(np.float32), np.zeros((4000, 0), np.float32))
    model = small_model(6, 6, size=5, scaler=Scaler(lambda x: x - 3, lambda y: y + 3), noise=NOISE)
    weight = 2 * NOISE**2 / 5
    assert evidence_bound.implied_noise("published", kl_weight=weight, size=5) == pytest.approx(NOISE)
    config = VariationalSettings(kl_weight=weight, learning_rate=1e-2, decay="cosine")
    learner = variational.make(model._replace(buffer=BufferSettings(100)), config, Length(steps=900))
    keys, picks = key[None], np.random.default_rng(3).integers(0, 4000, (3, 1, 300, 64))
    advance, events = parallel.make_advance(learner), jax.tree.map(jnp.asarray, batch)
    states, losses = parallel.initialize(learner, keys, batch), []
    for part in picks:
        kept = jax.tree.map(np.array, states)
        states, metrics = advance(states, keys, events, part)
        losses.append(metrics["loss"][0])
    resumed, _ = advance(jax.tree.map(jnp.asarray, kept), keys, events, picks[-1])
    chex.assert_trees_all_equal(resumed, states)

    bound = np.concatenate(losses) / weight + 2.5 * np.log(2 * np.pi * NOISE**2)
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * covariance)[1]
    assert bound[:20].mean() > entropy + 3
    assert entropy - 0.2 < bound[-200:].mean() < entropy + 0.7
    sample = jax.jit(variational.make(model, config).sample, compiler_options=QUICKLY)
    params = learner.publish(jax.tree.map(lambda x: x[0], states))
    drawn = np.asarray(sample(key, params, batch.condition[:1900], 0))
    np.testing.assert_allclose(drawn.mean(0), 3, atol=0.3)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.6)


ONE_COLUMN = Batch(
    np.random.default_rng(0).normal(3.0, 2.0, (512, 1)).astype(np.float32), np.zeros((512, 0), np.float32)
)
NORMAL = OutputLaw(
    numbers=1,
    log_likelihood=lambda output, data: jax.scipy.stats.norm.logpdf(
        data[:, 0], output[:, 0], jnp.exp(output[:, 1])
    ),
    draw=lambda output, normal: output[:, :1] + jnp.exp(output[:, 1:]) * normal,
)


def test_an_own_law_becomes_that_of_the_events(key):
    """A code that says nothing and a decoder with one normal law for all events."""

    def encode(params, statistics, data, features, **mode):
        return (0 * data, 0 * data), statistics

    def decode(params, statistics, features, latent, **mode):
        return jnp.broadcast_to(params["law"], (len(latent), 2)), statistics

    model = VariationalModel(
        StatefulNetwork(lambda key, *_: ({}, {}), encode),
        StatefulNetwork(lambda key, *_: ({"law": jnp.zeros(2)}, {}), decode),
        latent=1,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x / 2, lambda y: 2 * y),
        size=1,
        law=NORMAL,
    )
    learner = variational.make(model, VariationalSettings(learning_rate=0.05))
    state = learner.init(key, ONE_COLUMN)
    step = jax.jit(learner.step)
    for _ in range(300):
        state, metrics = step(key, state, ONE_COLUMN)
    scaled = ONE_COLUMN.data / 2
    mean, log_std = state.params.decoder["law"]
    assert float(mean) == pytest.approx(scaled.mean(), abs=1e-2)
    assert float(jnp.exp(log_std)) == pytest.approx(scaled.std(), abs=1e-2)
    assert float(metrics["loss"]) == pytest.approx(0.5 + np.log(scaled.std() * np.sqrt(2 * np.pi)), abs=1e-2)
    samples = np.asarray(learner.sample(key, learner.publish(state), jnp.zeros((4000, 0)), 0))
    assert samples.mean() == pytest.approx(ONE_COLUMN.data.mean(), abs=0.15)
    assert samples.std() == pytest.approx(ONE_COLUMN.data.std(), abs=0.15)


def test_misuse_is_named(key):
    model = linear_model()
    with pytest.raises(ValueError, match="Expected objective to be one of published, beta"):
        variational.make(model._replace(objective="elbo"), settings())
    with pytest.raises(ValueError, match=r"Expected kl_weight within \[0, 1\] for beta; got 3"):
        variational.make(model._replace(objective="beta"), settings(kl_weight=3.0))
    with pytest.raises(ValueError, match="Expected noise not below zero; got -1"):
        squared_error(3, noise=-1.0)
    buffer = BufferSettings(capacity=8)
    for name, sentence in (
        ("candidates", "Expected buffer_candidates above zero; got -1"),
        ("capacity", "Expected buffer_capacity above zero; got -1"),
        ("added", "Expected buffer_added not below zero; got -1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            variational.make(model._replace(buffer=buffer._replace(**{name: -1})), settings())
    with pytest.raises(ValueError, match=r"data on the networks' scale of shape \(any, 2\); got \(1, 1\)"):
        variational.make(model._replace(size=2), settings()).init(key, NUMBERS)
    with pytest.raises(ValueError, match="Expected a buffer of at least 8 events, one batch; got 4"):
        one_step(linear_model(buffer=BufferSettings(capacity=4)), settings(), key, NUMBERS)
