"""A run does what its configuration says, and a killed one ends where the unbroken one does."""

import json
import shutil

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Learner, Scaler
from jaxgen.data import order as batches
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import from_module
from jaxgen.training import logs, loop, parallel, programs
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.deaths import NonFiniteError
from jaxgen.training.logs import Logs
from jaxgen.training.loop import Observers, Trained
from tests.training.drifting import (
    DATA,
    EVENTS,
    NUMBERED,
    Silent,
    config,
    drifting,
    resumed,
    trained,
    without_times,
)


def small_gan() -> Learner:
    model = AdversarialModel(
        from_module(DenseGenerator(shape=(3,), widths=(4,), output=None)),
        from_module(DenseCritic(widths=(4,), dropout_rate=0.1)),
        latent=2,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x, lambda y: y),
    )
    return adversarial.make(model, AdversarialSettings(stepping="stochastic", critic_steps=2))


@pytest.mark.parametrize(
    ("make", "members"), [(drifting, 1), (drifting, 3), (small_gan, 2)], ids=["one", "members", "gan"]
)
def test_resumed_run_equals_the_unbroken_one_bit_for_bit(make, members, tmp_path):
    checkpoints = Checkpoints(tmp_path / "unbroken", keep=None)
    whole = trained(make(), Observers(checkpoints=checkpoints), members=members)
    assert checkpoints.steps() == [4, 8, 10]
    assert all(len(leaf) == members for leaf in jax.tree.leaves(whole))
    assert set(np.asarray(whole.states.step)) == {10}
    assert whole.alive == list(range(members))
    starts = (4, 8, 10) if make is drifting else (4,)
    for start in starts:
        folder = tmp_path / f"from_{start}"
        members_again = resumed(make(), folder, start=start, unbroken=checkpoints, members=members)
        chex.assert_trees_all_equal(members_again, whole)
        for step in Checkpoints(folder).steps():
            example = jax.tree.map(np.zeros_like, whole)
            pair = (Checkpoints(at).restore(example, step=step)[1] for at in (folder, checkpoints.folder))
            chex.assert_trees_all_equal(*pair)


def test_lengthened_run_equals_the_long_one_bit_for_bit(tmp_path):
    """The first run ends within what the long one compiles into one call."""
    whole = trained(drifting(), log_every=4)
    checkpoints = Checkpoints(tmp_path, keep=None)
    trained(drifting(), Observers(checkpoints=checkpoints), steps=6, log_every=4)
    assert checkpoints.steps() == [4, 6]
    longer = trained(drifting(), Observers(checkpoints=checkpoints), start=6, log_every=4)
    chex.assert_trees_all_equal(longer, whole)


def test_members_have_seeds_of_their_own():
    three = trained(drifting(), members=3).states
    one = trained(drifting()).states
    other = trained(drifting(), seed=1).states
    np.testing.assert_array_equal(three.weight[0], one.weight[0])
    assert len({leaf.tobytes() for leaf in map(np.asarray, (*three.weight, other.weight[0]))}) == 4


def test_every_epoch_sees_every_event_once():
    def seen(steps, batch_size=5):
        members = trained(drifting(), data=NUMBERED, steps=steps, batch_size=batch_size)
        return np.asarray(members.states.seen[0])

    np.testing.assert_array_equal(seen(2), np.ones(EVENTS))
    np.testing.assert_array_equal(seen(6), np.full(EVENTS, 3))
    left_over = seen(2, batch_size=4)
    assert sorted(left_over) == [0, 0, *[1] * 8]


def test_data_that_do_not_fit_are_streamed(monkeypatch):
    resident = trained(drifting(), members=2)
    monkeypatch.setattr(programs, "RESIDENT_BYTES", DATA.data.nbytes - 1)
    given = []
    make_advance = parallel.make_advance

    def spied(learner, **options):
        given.append(options["resident"])
        return make_advance(learner, **options)

    monkeypatch.setattr(parallel, "make_advance", spied)
    chex.assert_trees_all_equal(trained(drifting(), members=2), resident)
    assert given == [False]


def test_two_devices_learn_the_same(tmp_path):
    one = trained(drifting())
    learner = drifting(parallel.axis_name(2))
    checkpoints = Checkpoints(tmp_path / "unbroken", keep=None)
    two = trained(learner, Observers(checkpoints=checkpoints), devices=2)
    np.testing.assert_allclose(two.states.weight, one.states.weight, rtol=1e-5)
    again = resumed(learner, tmp_path / "again", start=4, unbroken=checkpoints, devices=2)
    chex.assert_trees_all_equal(again, two)


def test_chunks_are_traced_once():
    traces = []
    trained(drifting(traces=traces), steps=12, log_every=3, save_every=3)
    assert len(traces) == 1


def test_first_nan_is_named_and_the_checkpoint_before_it_stays(tmp_path):
    poisoned = DATA._replace(data=DATA.data.copy())
    poisoned.data[7, 1] = np.nan
    settings = config(batch_size=2, log_every=1, save_every=1)
    _, _, order_keys = loop.member_keys(settings.seed, 1)
    order = np.asarray(batches.epoch_order(order_keys[0], 0, EVENTS, 2))
    step = int(np.nonzero((order == 7).any(axis=1))[0][0]) + 1
    assert step > 1
    checkpoints = Checkpoints(tmp_path, keep=None)
    with pytest.raises(NonFiniteError) as caught:
        loop.train(drifting(), poisoned, settings, Observers(checkpoints=checkpoints))
    assert str(caught.value) == (
        f"Expected finite numbers in training; loss became nan at step {step}; "
        f"the last good checkpoint is {step - 1}."
    )
    assert checkpoints.latest_step() == step - 1
    with pytest.raises(NonFiniteError, match=f"became nan at step {step}; no checkpoint was saved before"):
        loop.train(drifting(), poisoned, config(batch_size=2, log_every=5, save_every=5))


def test_parameter_that_is_not_finite_is_named(tmp_path):
    observers = Observers(checkpoints=Checkpoints(tmp_path))
    with pytest.raises(NonFiniteError, match="weight is not finite at step 6; the last good checkpoint is 4"):
        trained(drifting(poison=(6,)), observers)
    assert observers.checkpoints.latest_step() == 4


def test_who_watches_may_stop_the_run(tmp_path):
    """At a step where no checkpoint was due; it is made, so that the run can go on from there."""
    told, saved = [], []

    def on_log(step, metrics):
        told.append((step, sorted(metrics)))
        return step == 6

    def on_save(members, step):
        saved.append((step, int(members.states.step[0])))

    checkpoints = Checkpoints(tmp_path, keep=None)
    observers = Observers(checkpoints=checkpoints, on_log=on_log, on_save=on_save)
    found = loop.train(drifting(), DATA, config(), observers)
    assert isinstance(found, Trained)
    assert (found.step, found.stopped) == (6, True)
    assert told == [(step, ["loss", "size"]) for step in (2, 4, 6)]
    assert saved == [(4, 4), (6, 6)]
    assert checkpoints.steps() == [4, 6]
    whole = loop.train(drifting(), DATA, config())
    assert (whole.step, whole.stopped) == (10, False)
    again = trained(drifting(), Observers(checkpoints=checkpoints), start=6)
    chex.assert_trees_all_equal(again, whole.members)


@pytest.mark.parametrize(("after", "kept", "members"), [(6, [4, 6], 1), (8, [4, 8], 3)])
def test_a_signal_stops_after_the_updates_that_run_and_keeps_them(tmp_path, after, kept, members):
    """Whether or not a checkpoint was due then; going on gives the bits and the lines of an unbroken run."""
    seen = []
    observers = {"on_log": lambda step, metrics: seen.append(step)}
    with Logs(tmp_path / "whole") as log:
        whole = trained(drifting(), Observers(logs=log, **observers), members=members)
    del seen[:]
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=None)
    with Logs(tmp_path / "broken") as log:
        watching = Observers(
            checkpoints, log, interrupted=lambda: 15 if seen and seen[-1] >= after else None, **observers
        )
        found = loop.train(drifting(), DATA, config(members=members), watching)
    assert (found.step, found.stopped, found.interrupted) == (after, False, 15)
    assert checkpoints.steps() == kept
    with Logs(tmp_path / "broken", step=after) as log:
        again = trained(drifting(), Observers(checkpoints, log), members=members, start=after)
    chex.assert_trees_all_equal(again, whole)
    assert without_times(tmp_path / "broken") == without_times(tmp_path / "whole")


def test_a_signal_before_the_first_updates_leaves_nothing(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    found = loop.train(drifting(), DATA, config(), Observers(checkpoints, interrupted=lambda: 2))
    assert (found.step, found.interrupted, checkpoints.steps()) == (0, 2, [])


def test_a_signal_while_updates_run_is_answered_at_once():
    """Of an array that is ready after some looks."""

    class Pending:
        def __init__(self):
            self.looks = 0

        def is_ready(self):
            self.looks += 1
            return self.looks > 5

    reporter = Silent()
    loop._wait({"loss": Pending()}, 3500, Observers(reporter=reporter, interrupted=lambda: 2))
    assert reporter.sentences == [
        "Interrupted: training stops after update 3,500, which is saved. Ctrl-C stops at once."
    ]


@pytest.mark.parametrize("answer", [None, False, 0])
def test_other_answers_do_not_stop_a_run(answer):
    found = loop.train(drifting(), DATA, config(), Observers(on_log=lambda step, metrics: answer))
    assert (found.step, found.stopped) == (10, False)


def test_stopping_at_the_last_step_is_the_end():
    found = loop.train(drifting(), DATA, config(), Observers(on_log=lambda step, metrics: step == 10))
    assert (found.step, found.stopped) == (10, False)


def test_logs_and_evaluations_come_when_due(tmp_path):
    calls = []

    def evaluate(members, step):
        calls.append(step)
        return {"score": np.asarray(members.states.weight).sum(axis=1), "good": 1.0}

    settings = config(members=2, evaluate_every=4)
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=None)
    with Logs(tmp_path) as log:
        found = loop.train(drifting(), DATA, settings, Observers(checkpoints, log, None, evaluate))
    assert calls == [4, 8, 10]
    entries = without_times(tmp_path)
    assert [entry["step"] for entry in entries] == [2, 4, 6, 8, 10]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3, 4, 5]
    assert [len(entry["loss"]) for entry in entries] == [2] * 5
    assert ["score" in entry for entry in entries] == [False, True, False, True, True]
    np.testing.assert_allclose(
        entries[-1]["score"], np.asarray(found.members.states.weight).sum(axis=1), rtol=1e-6
    )
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
    example = loop.example_members(drifting(), DATA, config(members=2))
    chex.assert_trees_all_equal_shapes_and_dtypes(example, trained(drifting(), members=2))


def test_misuse_is_named(tmp_path):
    with pytest.raises(ValueError, match="Expected save_every to be a multiple of log_every, 2; got 3"):
        config(save_every=3)
    with pytest.raises(ValueError, match="Expected steps above zero; got 0"):
        config(steps=0)
    with pytest.raises(ValueError, match="Expected a batch_size of at most 10, the number of events; got 11"):
        loop.train(drifting(), DATA, config(batch_size=11))
    with pytest.raises(ValueError, match="Expected a batch size divisible by 2 devices; got 3"):
        loop.train(drifting(), DATA, config(batch_size=3, devices=2))
    with pytest.raises(ValueError, match="Expected checkpoints to start from step 4; got none"):
        loop.train(drifting(), DATA, config(), start=4)
    with pytest.raises(FileNotFoundError, match="Expected checkpoint 4"):
        loop.train(drifting(), DATA, config(), Observers(checkpoints=Checkpoints(tmp_path)), start=4)
