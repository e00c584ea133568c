"""Members that met a value that is not finite are found, named and frozen, and the others go on."""

import json
import shutil

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.training import deaths, logs, parallel
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.deaths import Death, NonFiniteError
from jaxgen.training.logs import Logs
from jaxgen.training.loop import Observers
from tests.training.drifting import Silent, drifting, trained, without_times

GOOD = {"weight": np.ones((3, 2), np.float32), "step": np.full(3, 10, np.int32)}


def metrics(**changes) -> dict:
    """Two quantities of three members in the updates 6 to 10."""
    return {"loss": np.ones((3, 5)), "slope": np.ones((3, 5)), **changes}


def spoiled(member: int, place: int, value: float) -> np.ndarray:
    values = np.ones((3, 5))
    values[member, place:] = value
    return values


def test_nobody_is_found_among_the_living():
    assert deaths.find(metrics(), GOOD, np.zeros(3, np.int32), 10) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_metric_is_named_at_its_update(value):
    found = deaths.find(metrics(slope=spoiled(1, 2, value)), GOOD, np.zeros(3, np.int32), 10)
    assert found == [Death(1, 8, f"slope became {value} at step 8")]


def test_the_first_metric_that_went_wrong_is_named():
    both = metrics(loss=spoiled(1, 3, np.inf), slope=spoiled(1, 1, np.nan))
    ((member, step, words),) = deaths.find(both, GOOD, np.zeros(3, np.int32), 10)
    assert (member, step, words) == (1, 7, "slope became nan at step 7")


def test_a_state_is_looked_at_where_metrics_are_finite():
    states = {"weight": GOOD["weight"].copy(), "step": GOOD["step"]}
    states["weight"][2, 1] = np.inf
    found = deaths.find(metrics(loss=spoiled(0, 4, np.nan)), states, np.zeros(3, np.int32), 10)
    assert [one.member for one in found] == [0, 2]
    assert found[1].words == "weight is not finite at step 10"


def test_the_dead_are_not_found_again():
    found = deaths.find(metrics(loss=spoiled(1, 0, np.nan)), GOOD, np.array([0, 4, 0]), 10)
    assert found == []


def test_the_last_words_name_each_member():
    found = [Death(0, 7, "loss became nan at step 7"), Death(2, 8, "slope became inf at step 8")]
    assert deaths.farewell(found, np.array([7, 3, 8]), 6) == (
        "Expected finite numbers in training; all members died (member 0: loss became nan at step 7; "
        "member 1: died at step 3; member 2: slope became inf at step 8); the last good checkpoint is 6."
    )


def test_members_with_finite_numbers_are_known(key):
    keys = jax.random.split(key, 2)
    tree = {
        "weight": jnp.ones((2, 3)),
        "step": jnp.array([7, 7]),
        "half": jnp.ones(2, jnp.bfloat16),
        "key": keys,
    }
    np.testing.assert_array_equal(deaths.finite_members(tree), [True, True])
    tree["half"] = tree["half"].at[1].set(jnp.inf)
    np.testing.assert_array_equal(deaths.finite_members(tree), [True, False])
    np.testing.assert_array_equal(deaths.finite_members({"step": jnp.array([7, 7])}), [True, True])


def test_means_of_the_living():
    assert deaths.mean_of_living([2.0, np.nan, 4.0]) == 3.0
    assert deaths.mean_of_living(5.0) == 5.0
    assert np.isnan(deaths.mean_of_living([np.nan, np.nan]))
    assert deaths.mean_of_living([1.0, np.inf]) == np.inf


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_leaf_that_is_not_finite_is_named(key, bad):
    tree = {"critic": {"Dense_0": {"bias": jnp.zeros(3), "kernel": jnp.ones((2, 3))}}, "key": key, "step": 3}
    assert deaths.first_nonfinite(tree) is None
    tree["critic"]["Dense_0"]["kernel"] = tree["critic"]["Dense_0"]["kernel"].at[1, 2].set(bad)
    assert deaths.first_nonfinite(tree) == "critic/Dense_0/kernel"
    assert deaths.first_nonfinite({"a": np.float64(1e300), "b": jnp.array([bad], jnp.bfloat16)}) == "b"


NEVER = 10**6
HEALTHY = (NEVER, NEVER, NEVER)
ILL = (NEVER, 5, NEVER)


@pytest.mark.parametrize("devices", [1, 2])
def test_a_dead_member_is_named_and_frozen_and_the_others_go_on(devices, tmp_path):
    """The others have the bits of a run in which nobody dies."""
    name = parallel.axis_name(devices)
    options = {"members": 3, "devices": devices}
    checkpoints, reporter = Checkpoints(tmp_path / "c", keep=None), Silent()
    whole = trained(drifting(name, poison=HEALTHY), Observers(checkpoints=checkpoints), **options)
    with Logs(None) as log:
        found = trained(drifting(name, poison=ILL), Observers(logs=log, reporter=reporter), **options)
    assert np.asarray(found.died).tolist() == [0, 6, 0]
    assert found.alive == [0, 2]
    for member in (0, 2):
        chex.assert_trees_all_equal(found.state(member), whole.state(member))
    _, before = checkpoints.restore(jax.tree.map(np.zeros_like, whole), step=4)
    dead, good = found.state(1), before.state(1)
    np.testing.assert_array_equal(dead.weight, good.weight)
    np.testing.assert_array_equal(dead.seen, good.seen)
    assert int(dead.step) == 10, "its step goes on"
    assert reporter.sentences == [
        "Member 1 died: loss became inf at step 6. It stays as it was at step 4; the others go on."
    ]
    assert ["died" in entry for entry in log.entries] == [False, False, True, True, True]
    assert log.entries[-1]["died"] == [0, 6, 0]
    losses = np.array([entry["loss"] for entry in log.entries])
    assert np.isnan(losses[2:, 1]).all()
    assert np.isfinite(np.delete(losses, 1, axis=1)).all()


def test_a_death_by_a_loss_has_its_own_step():
    reporter = Silent()
    found = trained(drifting(poison=ILL, poisons_loss=True), Observers(reporter=reporter), members=3)
    assert np.asarray(found.died).tolist() == [0, 5, 0]
    assert reporter.sentences == [
        "Member 1 died: loss became nan at step 5. It stays as it was at step 4; the others go on."
    ]


def test_a_resumed_run_knows_its_dead(tmp_path):
    """From a checkpoint after the death, and from one before it."""
    checkpoints = Checkpoints(tmp_path / "unbroken", keep=None)
    learner = drifting(poison=ILL)
    with Logs(tmp_path / "unbroken") as log:
        whole = trained(learner, Observers(checkpoints, log), members=3)
    for start in (4, 8):
        folder = tmp_path / f"from_{start}"
        folder.mkdir()
        shutil.copytree(checkpoints.folder / str(start), folder / str(start))
        shutil.copy(tmp_path / "unbroken" / logs.NAME, folder / logs.NAME)
        reporter = Silent()
        with Logs(folder, step=start) as log:
            observers = Observers(Checkpoints(folder, keep=None), log, reporter)
            again = trained(learner, observers, members=3, start=start)
        chex.assert_trees_all_equal(again, whole)
        assert json.dumps(without_times(folder)) == json.dumps(without_times(tmp_path / "unbroken"))
        assert len(reporter.sentences) == (start == 4)


def test_members_die_one_after_the_other():
    reporter = Silent()
    found = trained(drifting(poison=(3, NEVER, 8)), Observers(reporter=reporter), members=3)
    assert np.asarray(found.died).tolist() == [4, 0, 8]
    assert [sentence[:9] for sentence in reporter.sentences] == ["Member 0 ", "Member 2 "]


def test_where_all_die_each_is_named(tmp_path):
    observers = Observers(checkpoints=Checkpoints(tmp_path))
    with pytest.raises(NonFiniteError) as caught:
        trained(drifting(poison=(3, 7, 8)), observers, members=3)
    assert str(caught.value) == (
        "Expected finite numbers in training; all members died (member 0: died at step 4; "
        "member 1: loss became inf at step 8; member 2: weight is not finite at step 8); "
        "the last good checkpoint is 4."
    )
    assert observers.checkpoints.latest_step() == 4


def test_checkpoints_are_judged_by_the_living(tmp_path):
    def evaluate(members, step):
        values = [float(members.state(m).weight.sum()) if m in members.alive else np.nan for m in range(3)]
        return {"score": values}

    checkpoints = Checkpoints(tmp_path, keep=None)
    observers = Observers(checkpoints=checkpoints, evaluate=evaluate)
    found = trained(drifting(poison=ILL), observers, members=3, evaluate_every=4)
    expected = np.mean([found.state(member).weight.sum() for member in (0, 2)])
    np.testing.assert_allclose(checkpoints.metrics(10)["score"], expected, rtol=1e-5)
