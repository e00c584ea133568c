"""An update is the one of the formulas, on any number of devices, and samples are what was learned."""

from dataclasses import replace

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Scaler
from jaxgen.learners import density_buffer, variational
from jaxgen.learners.optimizer_config import OptimizerConfig
from jaxgen.learners.variational import VariationalModel
from jaxgen.learners.variational_config import VariationalConfig
from jaxgen.losses import evidence_bound
from jaxgen.models import autoencoders
from jaxgen.models.autoencoders import DenseDecoder, DenseEncoder, StatefulNetwork
from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.losses import paired_event_loss
from jaxgen.training import parallel

DRAW = np.random.default_rng(0)
SGD = OptimizerConfig(name="sgd", rate=0.1, decay="constant")
SCALER = Scaler(lambda x: x / 50, lambda y: 50 * y)
QUICKLY = {"xla_backend_optimization_level": 0}


def small_model(*widths: int, size: int, scaler: Scaler) -> VariationalModel:
    return VariationalModel(
        autoencoders.from_module(DenseEncoder(widths=widths, latent=2)),
        autoencoders.from_module(DenseDecoder(size=size, widths=widths)),
        latent=2,
        features=lambda condition: condition / 3,
        scaler=scaler,
        size=size,
    )


ENERGY = np.array([100, 0, 0, 0], np.float32)
LEPTONS = Scaler(lambda x: x.reshape(len(x), 32) / 50, lambda y: 50 * y.reshape(len(y), 8, 4))
CENTRED = Scaler(lambda x: LEPTONS.forward(x - ENERGY), lambda y: LEPTONS.inverse(y) + ENERGY)
EVENTS = Batch(
    DRAW.normal(ENERGY, 50, (12, 8, 4)).astype(np.float32),
    DRAW.normal(size=(12, 1)).astype(np.float32),
)


def linear_model() -> VariationalModel:
    """mu = a x, log sigma^2 = c, x' = w z of one number: all gradients are known in closed form."""

    def encode(params, statistics, data, features, **mode):
        return (params["a"] * data, params["c"] * jnp.ones_like(data)), statistics

    def decode(params, statistics, features, latent, **mode):
        return params["w"] * latent, statistics

    start = {"a": jnp.float32(0.5), "c": jnp.float32(-1.0)}
    return VariationalModel(
        StatefulNetwork(lambda key, *_: (start, {}), encode),
        StatefulNetwork(lambda key, *_: ({"w": jnp.float32(0.8)}, {}), decode),
        latent=1,
        features=lambda condition: condition,
        scaler=SCALER,
        size=1,
    )


NUMBERS = Batch(np.asarray(DRAW.normal(20, 40, (8, 1)), np.float32), np.zeros((8, 0), np.float32))


@pytest.mark.parametrize(("objective", "weight"), [("published", 1.0), ("beta", 0.2)])
def test_an_update_is_the_one_of_the_formulas(objective, weight, key):
    config = VariationalConfig(objective=objective, kl_weight=weight, optimizer=SGD)
    learner = variational.make(linear_model(), config)
    step = jax.jit(learner.step, compiler_options=QUICKLY)
    state, metrics = step(key, learner.init(key, NUMBERS), NUMBERS)
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
        "mass_loss": 0.0,
    }
    assert set(metrics) == set(variational.METRICS) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[name], value, rtol=1e-5, err_msg=name)


def test_gradients_are_clipped(key):
    learner = variational.make(linear_model(), VariationalConfig(optimizer=SGD, gradient_clip=0.01))
    start = learner.init(key, NUMBERS)
    state, _ = jax.jit(learner.step, compiler_options=QUICKLY)(key, start, NUMBERS)
    moved = [
        x - y for x, y in zip(*(map(float, jax.tree.leaves(s.params)) for s in (state, start)), strict=True)
    ]
    np.testing.assert_allclose(np.linalg.norm(moved), 0.1 * 0.01, rtol=1e-3)


def test_the_mass_loss_acts_on_both_networks_in_physical_units(key):
    """Against its own gradient; reconstructions of the start have squares of masses on both sides of zero."""
    events = EVENTS.data
    model = linear_model()._replace(size=32, latent=32, scaler=LEPTONS)

    @jax.jit
    def with_and_without(key):
        learners = [
            variational.make(model, VariationalConfig(optimizer=SGD, mass_weight=w)) for w in (0.0, 0.25)
        ]
        start = learners[0].init(key, EVENTS)
        drawn = jax.random.normal(jax.random.fold_in(key, start.step), (12, 32))

        def mass_loss(params):
            code = params.encoder["a"] * LEPTONS.forward(events) + jnp.exp(params.encoder["c"] / 2) * drawn
            fake = LEPTONS.inverse(params.decoder["w"] * code)
            return paired_event_loss(fake, events), kinematics.mass_squared(leptons.total(fake))

        (value, squares), slopes = jax.value_and_grad(mass_loss, has_aux=True)(start.params)
        steps = [learner.step(key, start, EVENTS) for learner in learners]
        return value, squares, slopes, steps

    value, squares, slopes, ((without, quiet), (state, metrics)) = with_and_without(key)
    assert np.min(squares) < 0 < np.max(squares)
    np.testing.assert_allclose(metrics["mass_loss"], value, rtol=1e-5)
    np.testing.assert_allclose(metrics["loss"], quiet["loss"] + 0.25 * value, rtol=1e-5)
    for name in ("encoder", "decoder"):
        trees = (getattr(tree, name) for tree in (state.params, without.params, slopes))
        for moved, base, slope in zip(*map(jax.tree.leaves, trees), strict=True):
            assert np.isfinite(slope)
            assert slope != 0
            np.testing.assert_allclose(moved - base, -0.1 * 0.25 * slope, rtol=1e-3)


def test_one_two_and_four_devices_learn_the_same():
    """With everything on: batch normalization, buffer, running average and a loss of the sorted masses."""
    config = VariationalConfig(
        optimizer=replace(SGD, rate=0.01),
        gradient_clip=1.0,
        mass_weight=1e-3,
        average_decay=0.5,
        buffer_capacity=12,
    )
    model = small_model(5, size=32, scaler=CENTRED)
    keys = jax.random.split(jax.random.key(1), 1)
    picks = np.array([[[3, 1, 4, 0, 5, 9, 2, 6], [5, 3, 11, 8, 9, 7, 10, 2]]])
    start = jax.jit(variational.make(model, config).init, compiler_options=QUICKLY)(keys[0], EVENTS)
    start = jax.tree.map(lambda x: np.asarray(x)[None], start)
    results = {}
    for devices in (1, 2, 4):
        learner = variational.make(model, config, axis_name=parallel.axis_name(devices))
        states = parallel.spread(jax.tree.map(jnp.asarray, start), devices)
        data = parallel.spread(jax.tree.map(jnp.asarray, EVENTS), devices)
        states, metrics = parallel.make_advance(learner, devices=devices)(states, keys, data, picks)
        if devices > 1:
            first, last = (jax.tree.map(lambda x, i=i: np.asarray(x)[i], states) for i in (0, -1))
            chex.assert_trees_all_equal(first, last)
        results[devices] = parallel.gathered(states, devices), metrics
    for devices in (2, 4):
        chex.assert_trees_all_close(results[devices], results[1], rtol=1e-5, atol=1e-5)
    state, metrics = results[1]
    assert np.all(metrics["mass_loss"] > 1)
    assert int(state.buffer.cursor[0]) == 16 % 12
    features = EVENTS.condition[picks[0]] / 3
    np.testing.assert_allclose(state.buffer.features[0, 8:], features[1, :4], rtol=1e-6)
    np.testing.assert_allclose(state.buffer.features[0, :4], features[1, 4:], rtol=1e-6)
    np.testing.assert_allclose(state.buffer.features[0, 4:8], features[0, 4:], rtol=1e-6)
    statistics = (state.statistics, start.statistics)
    assert all(np.all(x != y) for x, y in zip(*map(jax.tree.leaves, statistics), strict=True))


def test_the_buffer_holds_the_codes_of_the_batch(key):
    config = VariationalConfig(optimizer=SGD, buffer_capacity=10)
    learner = variational.make(linear_model(), config)
    state, _ = jax.jit(learner.step, compiler_options=QUICKLY)(key, learner.init(key, NUMBERS), NUMBERS)
    np.testing.assert_allclose(state.buffer.means[:8], 0.5 * NUMBERS.data / 50, rtol=1e-6)
    np.testing.assert_allclose(state.buffer.deviations[:8], np.exp(-0.5), rtol=1e-6)
    assert int(state.buffer.filled) == 8


def test_samples_come_from_the_prior_the_buffer_and_the_noise(key):
    """x = 50 w z: from the prior of spread 1, around one code, and with noise besides."""
    n, code = 1900, (np.full((1, 1), 2.0), np.full((1, 1), 0.3), np.zeros((1, 0)))
    condition = np.zeros((n, 0), np.float32)

    def mean_and_spread(config):
        learner = variational.make(linear_model(), config)
        state = learner.init(key, NUMBERS)
        if state.buffer is not None:
            state = state._replace(buffer=density_buffer.written(state.buffer, *code))
        sample = jax.jit(learner.sample, static_argnums=3, compiler_options=QUICKLY)
        drawn = sample(key, state, condition, n)
        assert drawn.shape == (n, 1)
        return float(np.mean(drawn)) / 40, float(np.std(drawn)) / 40

    buffered = VariationalConfig(buffer_capacity=8, buffer_scale=2.0, buffer_spread=0.1)
    noisy = replace(VariationalConfig(), observation_noise=0.8)
    for config, mean, spread in (
        (VariationalConfig(), 0.0, 1.0),
        (buffered, 2.0, 0.7),
        (noisy, 0.0, np.sqrt(2.0)),
    ):
        measured = mean_and_spread(config)
        np.testing.assert_allclose(measured, (mean, spread), atol=5 * spread / np.sqrt(n))


def test_labels_get_no_noise(key):
    """Events of three columns x' = w z, of which the last two are labels."""
    model = linear_model()._replace(size=3, latent=3, labels=2)
    batch = Batch(np.ones((8, 3), np.float32), NUMBERS.condition)
    learners = [variational.make(model, VariationalConfig(observation_noise=s)) for s in (0.0, 1.0)]
    state = learners[0].init(key, batch)
    quiet, noisy = (np.asarray(learner.sample(key, state, batch.condition, 8)) for learner in learners)
    np.testing.assert_array_equal(quiet[:, 1:], noisy[:, 1:])
    assert np.all(quiet[:, 0] != noisy[:, 0])


def test_samples_come_from_the_running_average(key):
    learner = variational.make(linear_model(), VariationalConfig(optimizer=SGD, average_decay=0.5))
    start = learner.init(key, NUMBERS)
    state, _ = jax.jit(learner.step, compiler_options=QUICKLY)(key, start, NUMBERS)
    drawn = [np.asarray(learner.sample(key, one, NUMBERS.condition, 8)) for one in (start, state)]
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
    model = small_model(6, 6, size=5, scaler=Scaler(lambda x: x - 3, lambda y: y + 3))
    weight = 2 * NOISE**2 / 5
    assert evidence_bound.implied_noise("published", kl_weight=weight, size=5) == pytest.approx(NOISE)
    config = VariationalConfig(
        kl_weight=weight,
        optimizer=OptimizerConfig(name="adam", rate=1e-2, decay="cosine"),
        observation_noise=NOISE,
        buffer_capacity=100,
        total_steps=900,
    )
    learner = variational.make(model, config)
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
    sample = jax.jit(learner.sample, static_argnums=3, compiler_options=QUICKLY)
    drawn = np.asarray(
        sample(key, jax.tree.map(lambda x: x[0], states._replace(buffer=None)), batch.condition[:1900], 1900)
    )
    np.testing.assert_allclose(drawn.mean(0), 3, atol=0.3)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.6)


def test_misuse_is_named(key):
    model = linear_model()
    with pytest.raises(ValueError, match="Expected objective to be one of published, beta"):
        variational.make(model, VariationalConfig(objective="elbo"))
    with pytest.raises(ValueError, match=r"Expected kl_weight within \[0, 1\] for beta; got 3"):
        variational.make(model, VariationalConfig(objective="beta", kl_weight=3.0))
    with pytest.raises(ValueError, match="Expected mass_weight not below zero; got -1"):
        variational.make(model, VariationalConfig(mass_weight=-1.0))
    with pytest.raises(ValueError, match="Expected buffer_candidates above zero; got 0"):
        variational.make(model, VariationalConfig(buffer_candidates=0))
    with pytest.raises(ValueError, match=r"data on the networks' scale of shape \(any, 2\); got \(1, 1\)"):
        variational.make(model._replace(size=2), VariationalConfig()).init(key, NUMBERS)
