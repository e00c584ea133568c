"""The number of devices, the way members run and where the data lie do not change what is learned."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen import collectives
from jaxgen.base import Batch, Learner, Scaler
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models.convolutional import ConvolutionalCritic
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import from_module
from jaxgen.training import parallel

DRAW = np.random.default_rng(0)
CONFIG = AdversarialSettings(
    regularizer=("spectral_norm", "gradient_penalty"),
    optimizer="sgd",  # the first steps of RMSprop are signs, which enlarge rounding
    generator_rate=1.0,
    critic_rate=1.0,
    critic_steps=1,
    average_decay=0.5,
    feature_noise=0.1,
    mismatch_share=0.2,
)
QUICKLY = {"xla_backend_optimization_level": 0}


def convolutional(devices: int):
    """A critic with layers as in the published one and dropout, under spectral norm."""
    stages = ((((4, (3, 3), "SAME"),), (2, 2)), (((4, (3, 3), "VALID"),), None))
    model = AdversarialModel(
        from_module(DenseGenerator(shape=(8, 16), widths=(8,))),
        from_module(ConvolutionalCritic(stages=stages, widths=(8,), dropout_rate=0.1)),
        latent=4,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x, lambda y: y),
    )
    config = replace(CONFIG, regularizer=("spectral_norm",))
    return adversarial.make(model, config, axis_name=parallel.axis_name(devices))


def small_model() -> AdversarialModel:
    return AdversarialModel(
        from_module(DenseGenerator(shape=(3,), widths=(4,), output=None)),
        from_module(DenseCritic(widths=(4,))),
        latent=2,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x, lambda y: y),
    )


def test_one_two_and_four_devices_learn_the_same():
    """A critic and a generator update, each from one global batch of 8."""
    data = Batch(
        jnp.asarray(DRAW.uniform(0, 2, (12, 8, 16)), jnp.float32),
        jnp.asarray(DRAW.normal(size=(12, 5)), jnp.float32),
    )
    keys = jax.random.split(jax.random.key(1), 1)
    start = jax.jit(convolutional(1).init, compiler_options=QUICKLY)(keys[0], data)
    start = jax.tree.map(lambda x: np.asarray(x)[None], start)
    picks = np.array([[[3, 1, 4, 0, 5, 9, 2, 6], [5, 3, 11, 8, 9, 7, 10, 2]]])
    results = {}
    for devices in (1, 2, 4):
        advance = parallel.make_advance(convolutional(devices), devices=devices)
        states = parallel.replicate(jax.tree.map(jnp.asarray, start), devices)
        states, metrics = advance(states, keys, parallel.replicate(data, devices), picks)
        if devices > 1:
            first, last = (jax.tree.map(lambda x, i=i: np.asarray(x)[i], states) for i in (0, -1))
            chex.assert_trees_all_equal(first, last)
        results[devices] = parallel.gathered(states, devices), metrics
    one, measured = results[1]
    assert all(values.shape == (1, 2) for values in measured.values())
    for devices in (2, 4):
        chex.assert_trees_all_close(results[devices], results[1], rtol=1e-5, atol=1e-5)
    moved = jax.tree.map(lambda x, y: np.abs(x - y).max(), one.params, start.params)
    del moved.critic["scores"]["bias"]  # a Wasserstein loss does not see it
    assert min(jax.tree.leaves(moved)) > 1e-3


class Counter(NamedTuple):
    step: jax.Array
    weight: jax.Array


def drifting(axis_name: str | None = None) -> Learner:
    """Its weight follows the mean event, with noise drawn for the whole batch."""

    def init(key, batch):
        return Counter(jnp.zeros((), jnp.int32), jax.random.normal(key, batch.data.shape[1:]))

    def step(key, state, batch):
        rows = len(batch.data) * collectives.size(axis_name)
        noise = jax.random.normal(jax.random.fold_in(key, state.step), (rows, *batch.data.shape[1:]))
        mean = jnp.mean(batch.data + collectives.shard(noise, axis_name), axis=0)
        weight = 0.9 * state.weight + 0.1 * collectives.mean(mean, axis_name)
        return Counter(state.step + 1, weight), {"loss": jnp.sum(weight)}

    return Learner(init, step, publish=lambda state: state.weight, sample=not_sampled)


def not_sampled(key, params, condition, first):
    raise NotImplementedError


EVENTS = Batch(np.asarray(DRAW.normal(size=(10, 3)), np.float32), np.zeros((10, 0), np.float32))
ON_DEVICE = jax.tree.map(jnp.asarray, EVENTS)
MEMBERS = jax.random.split(jax.random.key(2), 3)
PICKS = DRAW.integers(0, 10, (3, 5, 4))


def advanced(learner: Learner, **options) -> tuple:
    states = parallel.initialize(learner, MEMBERS, EVENTS)
    return parallel.make_advance(learner, **options)(states, MEMBERS, ON_DEVICE, PICKS)


def test_what_needs_all_events_sees_the_global_batch():
    """Sorted masses know no sum over devices, the event before may be on another one, penalties mix pairs."""
    data = Batch(
        jnp.asarray(DRAW.uniform(1, 2, (12, 3)), jnp.float32),
        jnp.asarray(DRAW.normal(size=(12, 2)), jnp.float32),
    )

    def sorted_distance(fake, real, condition):
        return jnp.mean(jnp.square(jnp.sort(fake[:, 0]) - jnp.sort(real[:, 0])))

    def built(devices: int) -> Learner:
        model = small_model()._replace(event_loss=sorted_distance)
        config = replace(CONFIG, mismatch_share=0.3)
        return adversarial.make(model, config, axis_name=parallel.axis_name(devices))

    keys = jax.random.split(jax.random.key(1), 1)
    start = jax.tree.map(lambda x: np.asarray(x)[None], built(1).init(keys[0], data))
    picks = np.array([[[3, 1, 4, 0, 5, 9, 2, 6], [5, 3, 11, 8, 9, 7, 10, 2]]])
    found = {}
    for devices in (1, 2):
        advance = parallel.make_advance(built(devices), devices=devices)
        states = parallel.replicate(jax.tree.map(jnp.asarray, start), devices)
        states, _ = advance(states, keys, parallel.replicate(data, devices), picks)
        found[devices] = parallel.gathered(states, devices).params
    chex.assert_trees_all_close(found[2], found[1], rtol=1e-5, atol=1e-6)


def test_members_are_independent_runs():
    states, metrics = advanced(drifting())
    learner = drifting()
    for member, key in enumerate(MEMBERS):
        state, losses = learner.init(key, EVENTS), []
        for pick in PICKS[member]:
            state, measured = learner.step(key, state, jax.tree.map(lambda x, pick=pick: x[pick], EVENTS))
            losses.append(measured["loss"])
        np.testing.assert_allclose(states.weight[member], state.weight, rtol=1e-5)
        np.testing.assert_allclose(metrics["loss"][member], losses, rtol=1e-5)
    np.testing.assert_array_equal(states.step, [5, 5, 5])


@pytest.fixture
def side_by_side(monkeypatch):
    """As on a device where members run side by side for free."""
    monkeypatch.setattr(
        parallel.lax, "platform_dependent", lambda *operands, cpu, default: default(*operands)
    )


def test_members_side_by_side_are_the_same(side_by_side):
    one_by_one = advanced(drifting())
    several = advanced(drifting(), members=3)
    chex.assert_trees_all_close(several, one_by_one, rtol=1e-5)


def test_side_by_side_only_one_branch_runs(side_by_side):
    """Whose turn it is must not depend on the member, or both updates would be computed each time."""
    learner = adversarial.make(small_model(), AdversarialSettings(regularizer="none"))
    states = jax.eval_shape(partial(parallel.initialize, learner), MEMBERS, EVENTS)
    advance = parallel.make_advance(learner, members=3)
    assert str(jax.make_jaxpr(advance)(states, MEMBERS, ON_DEVICE, PICKS)).count("cond[") == 1


def test_members_are_the_same_where_the_device_is_asked():
    """On CPU they run one after the other, with the bits of runs that know of no members."""
    chex.assert_trees_all_equal(advanced(drifting(), members=3), advanced(drifting()))


def test_streamed_batches_are_the_same():
    states, metrics = advanced(drifting())
    given = jax.tree.map(lambda x: x[PICKS], EVENTS)
    start = parallel.initialize(drifting(), MEMBERS, EVENTS)
    streamed = parallel.make_advance(drifting(), resident=False)(start, MEMBERS, None, given)
    chex.assert_trees_all_equal(streamed, (states, metrics))
    learner = drifting(parallel.axis_name(2))
    start = parallel.replicate(parallel.initialize(learner, MEMBERS, EVENTS), 2)
    split, measured = parallel.make_advance(learner, devices=2, resident=False)(start, MEMBERS, None, given)
    chex.assert_trees_all_close((parallel.gathered(split, 2), measured), (states, metrics), rtol=1e-5)


@pytest.mark.parametrize("devices", [1, 2])
def test_dead_members_stay_as_they_were_but_for_their_step(devices):
    before = Counter(jnp.array([4, 4, 4]), jnp.zeros((3, 2)))
    after = Counter(jnp.array([6, 6, 6]), jnp.array([[1.0, 1.0], [jnp.nan, 2.0], [3.0, 3.0]]))
    both = [parallel.replicate(one, devices) for one in (before, after)]
    frozen = parallel.frozen(*both, np.array([False, True, False]), devices)
    found = parallel.gathered(frozen, devices)
    np.testing.assert_array_equal(found.step, [6, 6, 6])
    np.testing.assert_array_equal(found.weight, [[1, 1], [0, 0], [3, 3]])
    jax.tree.map(lambda x, y: np.testing.assert_array_equal(x.shape, y.shape), frozen, both[1])


def test_misuse_is_named():
    parallel.check_devices(4, 8)
    with pytest.raises(ValueError, match="Expected at most 4 devices, as many as there are; got devices=5"):
        parallel.check_devices(5, 10)
    with pytest.raises(ValueError, match="Expected a batch size divisible by 4 devices; got 6"):
        parallel.check_devices(4, 6)
