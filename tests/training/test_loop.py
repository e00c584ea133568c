"""A run does what its configuration says, and a killed one ends where the unbroken one does."""

import json
import shutil
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen import collectives
from jaxgen.base import Batch, Learner, Scaler
from jaxgen.data import order as batches
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_config import AdversarialConfig
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.regularizers import RegularizerConfig
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import from_module
from jaxgen.training import logs, loop, parallel
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.logs import Logs
from jaxgen.training.loop import LoopConfig, NonFiniteError, Observers

EVENTS = 10
DATA = Batch(
    np.random.default_rng(0).normal(size=(EVENTS, 3)).astype(np.float32), np.zeros((EVENTS, 0), np.float32)
)
NUMBERED = Batch(np.arange(EVENTS, dtype=np.float32)[:, None], DATA.condition)


class State(NamedTuple):
    step: jax.Array
    weight: jax.Array
    seen: jax.Array


def drifting(axis_name=None, *, traces: list | None = None, poison_at: int | None = None) -> Learner:
    """Its weight follows the mean event with noise, and it counts how often it saw each number.

    The loss is NaN where an event is NaN; the weight becomes infinite at the step `poison_at`.
    """

    def init(key, batch):
        weight = jax.random.normal(key, batch.data.shape[1:])
        return State(jnp.zeros((), jnp.int32), weight, jnp.zeros(EVENTS, jnp.int32))

    def step(key, state, batch):
        if traces is not None:
            traces.append(1)
        noise = jax.random.normal(jax.random.fold_in(key, state.step), state.weight.shape)
        mean = collectives.mean(jnp.mean(batch.data, axis=0), axis_name)
        loss = jnp.sum(jnp.square(mean - state.weight))
        weight = 0.9 * state.weight + 0.1 * jnp.nan_to_num(mean) + 0.01 * noise
        if poison_at is not None:
            weight = jnp.where(state.step + 1 == poison_at, jnp.inf, weight)
        seen = state.seen + jnp.sum(batch.data[:, :1] == jnp.arange(EVENTS), axis=0)
        return State(state.step + 1, weight, seen), {"loss": loss, "size": jnp.sum(jnp.abs(state.weight))}

    return Learner(init, step, lambda key, state, condition, n: jnp.tile(state.weight, (n, 1)))


def small_gan() -> Learner:
    model = AdversarialModel(
        from_module(DenseGenerator(shape=(3,), widths=(4,), output=None)),
        from_module(DenseCritic(widths=(4,), dropout_rate=0.1)),
        latent=2,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x, lambda y: y),
    )
    config = AdversarialConfig(
        regularizer=RegularizerConfig(names=("spectral_norm",)), stepping="stochastic", critic_steps=2
    )
    return adversarial.make(model, config)


def config(**changes) -> LoopConfig:
    return LoopConfig(**{"steps": 10, "batch_size": 4, "log_every": 2, "save_every": 4, **changes})


def resumed(learner, folder, *, start: int, unbroken: Checkpoints, **changes):
    """Goes on from a copy of a checkpoint, as after a kill."""
    shutil.copytree(unbroken.folder / str(start), folder / str(start))
    observers = Observers(checkpoints=Checkpoints(folder, keep=None))
    return loop.train(learner, DATA, config(**changes), observers, start=start)


@pytest.mark.parametrize(
    ("make", "members"), [(drifting, 1), (drifting, 3), (small_gan, 2)], ids=["one", "members", "gan"]
)
def test_resumed_run_equals_the_unbroken_one_bit_for_bit(make, members, tmp_path):
    checkpoints = Checkpoints(tmp_path / "unbroken", keep=None)
    whole = loop.train(make(), DATA, config(members=members), Observers(checkpoints=checkpoints))
    assert checkpoints.steps() == [4, 8, 10]
    assert all(len(leaf) == members for leaf in jax.tree.leaves(whole))
    assert set(np.asarray(whole.step)) == {10}
    starts = (4, 8, 10) if make is drifting else (4,)
    for start in starts:
        folder = tmp_path / f"from_{start}"
        states = resumed(make(), folder, start=start, unbroken=checkpoints, members=members)
        chex.assert_trees_all_equal(states, whole)
        for step in Checkpoints(folder).steps():
            example = jax.tree.map(jnp.zeros_like, whole)
            pair = (Checkpoints(at).restore(example, step=step)[1] for at in (folder, checkpoints.folder))
            chex.assert_trees_all_equal(*pair)


def test_lengthened_run_equals_the_long_one_bit_for_bit(tmp_path):
    """The first run ends within what the long one compiles into one call."""
    whole = loop.train(drifting(), DATA, config(log_every=4))
    checkpoints = Checkpoints(tmp_path, keep=None)
    loop.train(drifting(), DATA, config(steps=6, log_every=4), Observers(checkpoints=checkpoints))
    assert checkpoints.steps() == [4, 6]
    longer = loop.train(drifting(), DATA, config(log_every=4), Observers(checkpoints=checkpoints), start=6)
    chex.assert_trees_all_equal(longer, whole)


def test_members_have_seeds_of_their_own():
    three = loop.train(drifting(), DATA, config(members=3))
    one = loop.train(drifting(), DATA, config())
    other = loop.train(drifting(), DATA, config(seed=1))
    np.testing.assert_array_equal(three.weight[0], one.weight[0])
    assert len({leaf.tobytes() for leaf in map(np.asarray, (*three.weight, other.weight[0]))}) == 4


def test_every_epoch_sees_every_event_once():
    def seen(steps, batch_size=5):
        states = loop.train(drifting(), NUMBERED, config(steps=steps, batch_size=batch_size))
        return np.asarray(states.seen[0])

    np.testing.assert_array_equal(seen(2), np.ones(EVENTS))
    np.testing.assert_array_equal(seen(6), np.full(EVENTS, 3))
    left_over = seen(2, batch_size=4)
    assert sorted(left_over) == [0, 0, *[1] * 8]


def test_data_that_do_not_fit_are_streamed(monkeypatch):
    resident = loop.train(drifting(), DATA, config(members=2))
    monkeypatch.setattr(loop, "RESIDENT_BYTES", DATA.data.nbytes - 1)
    given = []
    make_advance = parallel.make_advance

    def spied(learner, **options):
        given.append(options["resident"])
        return make_advance(learner, **options)

    monkeypatch.setattr(parallel, "make_advance", spied)
    chex.assert_trees_all_equal(loop.train(drifting(), DATA, config(members=2)), resident)
    assert given == [False]


def test_two_devices_learn_the_same(tmp_path):
    one = loop.train(drifting(), DATA, config())
    learner = drifting(parallel.axis_name(2))
    checkpoints = Checkpoints(tmp_path / "unbroken", keep=None)
    two = loop.train(learner, DATA, config(devices=2), Observers(checkpoints=checkpoints))
    np.testing.assert_allclose(two.weight, one.weight, rtol=1e-5)
    again = resumed(learner, tmp_path / "again", start=4, unbroken=checkpoints, devices=2)
    chex.assert_trees_all_equal(again, two)


def test_chunks_are_traced_once():
    traces = []
    loop.train(drifting(traces=traces), DATA, config(steps=12, log_every=3, save_every=3))
    assert len(traces) == 1


def test_first_nan_is_named_and_the_checkpoint_before_it_stays(tmp_path):
    poisoned = DATA._replace(data=DATA.data.copy())
    poisoned.data[7, 1] = np.nan
    settings = config(members=3, batch_size=2, log_every=1, save_every=1)
    _, _, order_keys = loop.member_keys(settings.seed, 3)
    orders = np.stack([batches.epoch_order(key, 0, EVENTS, 2) for key in order_keys])
    met = np.nonzero((orders == 7).any(axis=2))
    meets = dict(zip(*(x.tolist() for x in met), strict=True))
    member = min(meets, key=meets.get)
    step = meets[member] + 1
    assert step > 1
    checkpoints = Checkpoints(tmp_path, keep=None)
    with pytest.raises(NonFiniteError) as caught:
        loop.train(drifting(), poisoned, settings, Observers(checkpoints=checkpoints))
    assert str(caught.value) == (
        f"Expected finite numbers in training; loss of member {member} became nan at step {step}; "
        f"the last good checkpoint is {step - 1}."
    )
    assert checkpoints.latest_step() == step - 1
    with pytest.raises(NonFiniteError, match=f"became nan at step {step}; no checkpoint was saved before"):
        loop.train(drifting(), poisoned, config(members=3, batch_size=2, log_every=5, save_every=5))


def test_parameter_that_is_not_finite_is_named(tmp_path):
    observers = Observers(checkpoints=Checkpoints(tmp_path))
    with pytest.raises(NonFiniteError, match="weight is not finite at step 6; the last good checkpoint is 4"):
        loop.train(drifting(poison_at=6), DATA, config(), observers)
    assert observers.checkpoints.latest_step() == 4


def without_times(path) -> list[dict]:
    entries = logs.read_metrics(path)
    return [{name: value for name, value in one.items() if "second" not in name} for one in entries]


def test_logs_and_evaluations_come_when_due(tmp_path):
    calls = []

    def evaluate(states, step):
        calls.append(step)
        return {"score": np.asarray(states.weight).sum(axis=1), "good": 1.0}

    settings = config(members=2, evaluate_every=4)
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=None)
    with Logs(tmp_path) as log:
        states = loop.train(drifting(), DATA, settings, Observers(checkpoints, log, None, evaluate))
    assert calls == [4, 8, 10]
    entries = without_times(tmp_path)
    assert [entry["step"] for entry in entries] == [2, 4, 6, 8, 10]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3, 4, 5]
    assert [len(entry["loss"]) for entry in entries] == [2] * 5
    assert ["score" in entry for entry in entries] == [False, True, False, True, True]
    np.testing.assert_allclose(entries[-1]["score"], np.asarray(states.weight).sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(checkpoints.metrics(10)["score"], np.mean(entries[-1]["score"]), rtol=1e-6)
    assert checkpoints.metrics(8)["good"] == 1.0

    shutil.copytree(tmp_path / "checkpoints" / "4", tmp_path / "again" / "checkpoints" / "4")
    shutil.copy(tmp_path / logs.NAME, tmp_path / "again" / logs.NAME)
    with Logs(tmp_path / "again", step=4) as log:
        checkpoints = Checkpoints(tmp_path / "again" / "checkpoints")
        loop.train(drifting(), DATA, settings, Observers(checkpoints, log, None, evaluate), start=4)
    assert json.dumps(without_times(tmp_path / "again")) == json.dumps(entries)


def test_logged_losses_are_means_over_the_updates_since(tmp_path):
    for name, every in (("each", 1), ("pairs", 2)):
        with Logs(tmp_path / name) as log:
            loop.train(drifting(), DATA, config(log_every=every), Observers(logs=log))
    each, pairs = ([one["loss"] for one in without_times(tmp_path / name)] for name in ("each", "pairs"))
    np.testing.assert_allclose(np.reshape(each, (5, 2)).mean(axis=1), pairs, rtol=1e-5)


class Silent:
    """A reporter that remembers what it is told."""

    def __init__(self):
        self.reports, self.sentences = [], []

    def report(self, step, metrics):
        self.reports.append((step, metrics))

    def say(self, sentence):
        self.sentences.append(sentence)


def wild_gap():
    """The critic's gap of every member whose first weight is negative explodes after 60 steps."""

    def step(key, state, batch):
        new, _ = drifting().step(key, state, batch)
        wild = jnp.where((state.weight[0] < 0) & (state.step > 60), 1e6, 1.0)
        return new._replace(weight=state.weight), {"critic_gap": wild}

    keys, _, _ = loop.member_keys(0, 4)
    expected = [m for m, key in enumerate(keys) if jax.random.normal(key, (3,))[0] < 0]
    assert 0 < len(expected) < 4
    return drifting()._replace(step=step), expected


def test_what_goes_wrong_is_said_for_each_member():
    learner, expected = wild_gap()
    reporter = Silent()
    settings = config(steps=100, log_every=1, save_every=100, members=4)
    loop.train(learner, DATA, settings, Observers(reporter=reporter))
    assert [step for step, _ in reporter.reports] == list(range(1, 101))
    assert sorted(sentence[:9] for sentence in reporter.sentences) == [f"Member {m}:" for m in expected]
    assert all("Divergence since step 62" in sentence for sentence in reporter.sentences)


def test_a_resumed_run_remembers_what_was_usual(tmp_path):
    """Five entries before the end there is not time enough to find out again."""
    learner, expected = wild_gap()
    checkpoints, reporter = Checkpoints(tmp_path, keep=None), Silent()
    for start, steps in ((0, 60), (60, 65)):
        settings = config(steps=steps, log_every=1, save_every=60, members=4)
        with Logs(tmp_path, step=start or None) as log:
            loop.train(learner, DATA, settings, Observers(checkpoints, log, reporter), start=start)
    assert [sentence[:9] for sentence in reporter.sentences] == [f"Member {m}:" for m in expected]


def test_shapes_of_states_are_known_beforehand():
    states = loop.train(drifting(), DATA, config(members=2))
    chex.assert_trees_all_equal_shapes_and_dtypes(
        loop.example_states(drifting(), DATA, config(members=2)), states
    )


def test_misuse_is_named(tmp_path):
    with pytest.raises(ValueError, match="Expected save_every to be a multiple of log_every, 2; got 3"):
        config(save_every=3)
    with pytest.raises(ValueError, match="Expected steps above zero; got 0"):
        config(steps=0)
    with pytest.raises(ValueError, match="Expected at least one batch of 11 events; got 10 events"):
        loop.train(drifting(), DATA, config(batch_size=11))
    with pytest.raises(ValueError, match="Expected a batch size divisible by 2 devices; got 3"):
        loop.train(drifting(), DATA, config(batch_size=3, devices=2))
    with pytest.raises(ValueError, match="Expected checkpoints to start from step 4; got none"):
        loop.train(drifting(), DATA, config(), start=4)
    with pytest.raises(FileNotFoundError, match="Expected checkpoint 4"):
        loop.train(drifting(), DATA, config(), Observers(checkpoints=Checkpoints(tmp_path)), start=4)
