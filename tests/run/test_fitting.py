"""Training from Python: in memory and in folders, stopped, killed, resumed, with members that die."""

import contextlib
import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Length, Pair
from jaxgen.run import fitting, introduction
from jaxgen.run.fitting import fit
from jaxgen.run.loading import load
from jaxgen.run.run import Run
from jaxgen.training.checkpoint import Checkpoints
from jaxgen.training.deaths import NonFiniteError
from jaxgen.training.interrupts import Interrupted
from jaxgen.training.loop import Members
from tests.cli.toys import digest
from tests.run.toys import SYSTEM, simulate


class OtherState(NamedTuple):
    """That of the toy, and more."""

    step: Any
    mean: Any
    luck: Any
    more: Any


class Trainable(NamedTuple):
    """A state with parameters."""

    params: Any


SHORT = {"log_every": 2, "save_every": 4, "quiet": True}
TIMES = {"wall_seconds", "cpu_seconds", "steps_per_second"}


@pytest.fixture(scope="module")
def data():
    return simulate()


def recipe(data, **settings):
    return SYSTEM.learner("mean", data, **settings)


def lines(run: Run) -> list[dict]:
    """The log without what the clock says."""
    return [{name: value for name, value in entry.items() if name not in TIMES} for entry in run.history]


def files(folder) -> dict[str, bytes]:
    """The generator, byte by byte."""
    return {path.name: path.read_bytes() for path in (folder / "generator").iterdir()}


class TestInMemory:
    def test_leaves_nothing_and_equals_the_run_in_a_folder(self, data, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        run = fit(recipe(data), data, **SHORT)
        assert not list(tmp_path.iterdir())
        other = fit(recipe(data), data, workdir="run", **SHORT)
        assert lines(run) == lines(other)
        np.testing.assert_array_equal(run.generator.sample(0, num=5), other.generator.sample(0, num=5))

    def test_the_best_members_are_kept(self, data):
        """With a rate that overshoots, the last members are not the best ones."""
        options = {**SHORT, "evaluate_every": 2, "seed": 3}
        run = fit(recipe(data, rate=1.9, steps=28), data, **options)
        judged = dict(zip(run.history.steps("distance"), run.history.values("distance"), strict=True))
        best = min(judged, key=judged.get)
        assert best != 28  # else nothing is told apart
        assert run.generator.step == best
        latest = fit(recipe(data, rate=1.9, steps=28), data, checkpoint="latest", **options)
        assert latest.generator.step == 28

    def test_a_learner_of_ones_own_needs_a_length(self, data):
        own = recipe(data).build(Length(6, 10))
        with pytest.raises(ValueError, match="Expected steps= and batch_size= for a learner of one's own"):
            fit(own, data)
        run = fit(own, data, steps=6, batch_size=8, **SHORT)
        same = fit(recipe(data), data, steps=6, **SHORT)
        np.testing.assert_array_equal(run.generator.sample(0, num=5), same.generator.sample(0, num=5))
        scores = run.evaluate(data, system=SYSTEM)
        assert scores["distance"].estimate == same.evaluate()["distance"].estimate

    def test_only_recipes_and_learners_are_trained(self, data):
        with pytest.raises(ValueError, match="Expected a recipe or a Learner to train; got str"):
            fit("gan", data)

    def test_the_data_must_be_of_the_recipes_form(self, data):
        with pytest.raises(ValueError, match=r"Expected conditions \['position', .*; got \[\]\."):
            fit(recipe(data), simulate(known=False), **SHORT)

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ({"members": 0}, "Expected members of at least 1; got 0."),
            ({"members": True}, "Expected members to be a whole number; got True."),
            ({"log_every": 2.0}, "Expected log_every to be a whole number; got 2.0."),
            ({"keep_checkpoints": "3"}, "Expected keep_checkpoints to be a whole number; got '3'."),
            ({"evaluate_every": -2}, "Expected evaluate_every of at least 0; got -2."),
            ({"seed": -1}, "Expected seed of at least 0; got -1."),
            ({"seed": 2**32}, "Expected seed of at most 4294967295; got 4294967296."),
            ({"on_log": 5}, "Expected a function as on_log; got int."),
            ({"checkpoint": "first"}, "Expected checkpoint to be one of best, latest; got 'first'."),
            ({"save_every": 3}, "Expected save_every to be a multiple of log_every, 2; got 3."),
            ({"steps": 0}, "Expected steps of at least 1; got 0."),
            ({"batch_size": 61}, "Expected a batch_size of at most 60, the number of events; got 61."),
            ({"devices": 100}, "Expected at most 4 devices, as many as there are; got devices=100."),
        ],
    )
    def test_what_cannot_work_is_refused_and_leaves_nothing(self, data, tmp_path, option, message):
        with pytest.raises(ValueError, match="Expected") as caught:
            fit(recipe(data), data, workdir=tmp_path / "run", **{**SHORT, **option})
        assert message in str(caught.value)
        assert not (tmp_path / "run").exists()

    def test_numbers_of_numpy_are_numbers(self, data, tmp_path):
        options = {name: np.int64(value) for name, value in SHORT.items() if type(value) is int}
        run = fit(recipe(data), data, workdir=tmp_path / "run", **{**SHORT, **options, "seed": np.uint32(3)})
        assert run.options.seed == 3

    @pytest.mark.parametrize("data", [None, "x.dat", np.zeros(3)])
    def test_only_data_sets_are_trained_on(self, data):
        with pytest.raises(ValueError, match="Expected a Dataset to train on; got "):
            fit(recipe(simulate()), data)


class TestOwnLearners:
    def changed(self, data, **fields):
        return recipe(data).build(Length(6, 10))._replace(**fields)

    def refused(self, data, tmp_path, learner) -> str:
        with pytest.raises(ValueError, match="Expected") as caught:
            fit(learner, data, steps=6, batch_size=8, workdir=tmp_path / "run", **SHORT)
        assert not (tmp_path / "run").exists()
        return str(caught.value)

    @pytest.mark.parametrize("name", ["step", "died"])
    def test_leave_the_names_of_the_log_alone(self, data, tmp_path, name):
        step = recipe(data).build(Length(6, 10)).step
        found = self.changed(
            data, step=lambda *given: (step(*given)[0], {name: 0.0 * step(*given)[1]["loss"]})
        )
        told = self.refused(data, tmp_path, found)
        assert told == (
            f"Expected metrics of an update to be single numbers; {name} has a name that the log uses."
        )

    def test_log_single_numbers_and_keep_their_state_and_the_shape_of_events(self, data, tmp_path):
        step = recipe(data).build(Length(6, 10)).step
        several = self.changed(data, step=lambda *given: (step(*given)[0], {"loss": step(*given)[0].mean}))
        assert self.refused(data, tmp_path, several).endswith("loss has the shape (5,).")

        def growing(*given):
            state, metrics = step(*given)
            return state._replace(mean=state.mean[None]), metrics

        assert "keep shapes and types" in self.refused(data, tmp_path, self.changed(data, step=growing))
        short = self.changed(data, sample=lambda key, params, condition, first=0: condition)
        assert "what is sampled of shape (64, 5); got (64, 3)" in self.refused(data, tmp_path, short)


class TestInAFolder:
    def test_what_is_refused_changes_nothing(self, data, tmp_path):
        fit(recipe(data), data, workdir=tmp_path / "run", **SHORT)
        before = (
            digest(tmp_path / "run", 12),
            files(tmp_path / "run"),
            (tmp_path / "run/config.json").read_text(),
        )
        with pytest.raises(ValueError, match="Expected members to be a whole number"):
            fit(recipe(data), data, workdir=tmp_path / "run", overwrite=True, **SHORT, members=1.5)
        own = recipe(data).build(Length(6, 10))
        fit(own, data, steps=6, batch_size=8, workdir=tmp_path / "own", **SHORT)
        config = (tmp_path / "own" / "config.json").read_text()
        other = own._replace(init=lambda *given: OtherState(*own.init(*given), jnp.zeros(2)))
        other = other._replace(
            step=lambda key, state, batch: (lambda new, told: (OtherState(*new, state.more), told))(
                *own.step(key, state, batch)
            )
        )
        with pytest.raises(ValueError, match="Expected the checkpoint"):
            fit(other, data, steps=8, batch_size=8, workdir=tmp_path / "own", **SHORT)
        assert (tmp_path / "own" / "config.json").read_text() == config
        after = (
            digest(tmp_path / "run", 12),
            files(tmp_path / "run"),
            (tmp_path / "run/config.json").read_text(),
        )
        assert after == before

    def test_goes_on_where_it_was_stopped(self, data, tmp_path):
        whole = fit(recipe(data), data, workdir=tmp_path / "whole", **SHORT)
        fit(recipe(data), data, steps=8, workdir=tmp_path / "broken", **SHORT)
        broken = fit(recipe(data), data, workdir=tmp_path / "broken", **SHORT)
        assert digest(tmp_path / "broken", 12) == digest(tmp_path / "whole", 12)
        assert files(tmp_path / "broken") == files(tmp_path / "whole")
        at_the_end = {"distance"}
        assert [{k: v for k, v in e.items() if k not in at_the_end} for e in lines(broken)] == [
            {k: v for k, v in e.items() if k not in at_the_end} for e in lines(whole)
        ]

    def test_says_when_it_is_finished(self, data, tmp_path, capsys):
        options = {**SHORT, "workdir": tmp_path / "run"}
        first = fit(recipe(data), data, **options)
        again = fit(recipe(data), data, **{**options, "quiet": False})
        assert capsys.readouterr().out == f"The run in {tmp_path}/run is finished: 12 steps.\n"
        np.testing.assert_array_equal(first.generator.sample(0, num=5), again.generator.sample(0, num=5))

    def test_refuses_other_settings_by_name(self, data, tmp_path):
        options = {**SHORT, "workdir": tmp_path / "run"}
        fit(recipe(data), data, **options)
        for changed, phrase in [
            ({"recipe": recipe(data, rate=0.2)}, "rate was 0.1, is 0.2"),
            ({"seed": 1}, "seed was 0, is 1"),
            ({"members": 2}, "members was 1, is 2"),
            ({"recipe": recipe(data, generator=object())}, "generator was None, is builtins.object"),
            ({"steps": 8}, "steps was 12, is 8"),
        ]:
            with pytest.raises(ValueError, match="Expected the settings of the run in") as caught:
                fit(changed.pop("recipe", recipe(data)), data, **options, **changed)
            assert phrase in str(caught.value)
        other = simulate(1)
        with pytest.raises(ValueError, match=r"Expected the data that .*; got those of simulate 1"):
            fit(recipe(other), other, **options)

    def test_a_kill_between_checkpoint_and_generator_is_mended(self, data, tmp_path, monkeypatch):
        options = {**SHORT, "workdir": tmp_path / "run"}
        with monkeypatch.context() as patched:

            def killed(self, members, step):
                if step == 8:
                    raise KeyboardInterrupt
                self._write(members, step)

            patched.setattr(fitting._Keeper, "save", killed)
            with pytest.raises(KeyboardInterrupt):
                fit(recipe(data), data, **options)
        assert load(tmp_path / "run").step == 4
        shutil.rmtree(tmp_path / "run" / "generator")
        fit(recipe(data), data, **options)
        fit(recipe(data), data, **{**options, "workdir": tmp_path / "whole"})
        assert files(tmp_path / "run") == files(tmp_path / "whole")

    def test_a_damaged_generator_is_written_again(self, data, tmp_path):
        options = {**SHORT, "workdir": tmp_path / "run"}
        fit(recipe(data), data, **options)
        before = files(tmp_path / "run")
        (tmp_path / "run" / "generator" / "arrays.npz").write_bytes(b"")
        fit(recipe(data), data, **options)
        assert files(tmp_path / "run") == before

    def test_the_generator_is_that_of_the_best_checkpoint(self, data, tmp_path):
        options = {**SHORT, "save_every": 2, "evaluate_every": 2, "seed": 3, "workdir": tmp_path / "run"}
        run = fit(recipe(data, rate=1.9, steps=28), data, **options)
        judged = dict(zip(run.history.steps("distance"), run.history.values("distance"), strict=True))
        assert load(tmp_path / "run").step == min(judged, key=judged.get) != 28
        assert Run.open(tmp_path / "run").choose("latest").generator.step == 28
        assert load(tmp_path / "run").step == 28

    def test_of_an_own_learner_resumes_too(self, data, tmp_path):
        own = recipe(data).build(Length(8, 10))
        fit(own, data, steps=4, batch_size=8, workdir=tmp_path / "run", **SHORT)
        run = fit(own, data, steps=8, batch_size=8, workdir=tmp_path / "run", **SHORT)
        assert [entry["step"] for entry in run.history] == [2, 4, 6, 8]
        assert run.generator.sample(0, num=2).shape == (2, 5)
        with pytest.raises(ValueError, match="got one of an own learner"):
            Run.open(tmp_path / "run")


class TestOnLog:
    def test_is_told_every_line_and_may_stop(self, data, tmp_path):
        seen = []

        def watch(step, metrics):
            seen.append((step, set(metrics)))
            return step == 6

        options = {**SHORT, "on_log": watch, "workdir": tmp_path / "run"}
        run = fit(recipe(data), data, **options)
        assert seen == [(2, {"loss"}), (4, {"loss"}), (6, {"loss"})]
        assert run.generator.step == 6
        assert json.loads((tmp_path / "run" / "config.json").read_text())["finished"] == 6
        assert "(stopped at 6)" in repr(run)
        fit(recipe(data), data, **options)  # is finished: nobody is told any more
        assert len(seen) == 3
        longer = fit(recipe(data), data, **{**options, "on_log": None, "steps": 16})
        assert longer.generator.step == 16
        assert json.loads((tmp_path / "run" / "config.json").read_text())["finished"] is None

    def test_in_memory(self, data):
        run = fit(recipe(data), data, on_log=lambda step, metrics: step == 4, **SHORT)
        assert run.generator.step == 4


def interrupting(after: int):
    """An `on_log` that sends this process a signal."""

    def send(step, metrics):
        if step == after:
            os.kill(os.getpid(), signal.SIGTERM)

    return send


class TestInterrupted:
    def test_saves_says_how_to_go_on_and_ends_like_the_unbroken_run(self, data, tmp_path, capsys):
        """At a step at which no checkpoint was due."""
        broken = {**SHORT, "workdir": tmp_path / "broken", "quiet": False}
        with pytest.raises(Interrupted) as caught:
            fit(recipe(data), data, on_log=interrupting(6), **broken)
        stopped = f"Stopped at update 6 and saved in {tmp_path}/broken"
        assert str(caught.value) == f"{stopped}; fit with the same workdir goes on."
        assert (caught.value.step, caught.value.signal) == (6, signal.SIGTERM)
        assert capsys.readouterr().out.splitlines()[-1] == f"{stopped}."
        assert load(tmp_path / "broken").step == 6
        again = fit(recipe(data), data, **broken)
        assert "Resuming from step 6." in capsys.readouterr().out
        whole = fit(recipe(data), data, workdir=tmp_path / "whole", **SHORT)
        assert digest(tmp_path / "broken", 12) == digest(tmp_path / "whole", 12)
        assert files(tmp_path / "broken") == files(tmp_path / "whole")
        assert lines(again) == lines(whole)

    def test_at_a_prompt_the_run_is_returned(self, data, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
        options = {**SHORT, "on_log": interrupting(6), "quiet": False}
        memory = fit(recipe(data), data, **options)
        assert capsys.readouterr().out.splitlines()[-1] == "Stopped at update 6; the run is as it was then."
        assert "(stopped at 6)" in repr(memory)
        folder = fit(recipe(data), data, workdir=tmp_path / "run", **options)
        assert capsys.readouterr().out.splitlines()[-1].endswith("; fit with the same workdir goes on.")
        np.testing.assert_array_equal(memory.generator.sample(0, num=5), folder.generator.sample(0, num=5))
        assert "generator of update 6" in repr(folder)

    def test_before_the_first_update_nothing_is_left(self, data, tmp_path, monkeypatch):
        monkeypatch.setattr(fitting.interrupts, "noticed", lambda: contextlib.nullcontext(lambda: 2))
        with pytest.raises(Interrupted, match="Stopped before the first update; nothing was lost"):
            fit(recipe(data), data, workdir=tmp_path / "run", **SHORT)
        assert not list((tmp_path / "run").glob("checkpoints/*"))


class TestIntroduction:
    def test_one_line_each_on_device_data_and_model(self, data, capsys):
        fit(recipe(data), data, members=2, **{**SHORT, "quiet": False})
        out = capsys.readouterr().out.splitlines()
        assert out[0].startswith("Device: CPU, ")
        assert out[1] == "Data: 60 training and 20 test events of dots, from the simulator, seed 0"
        assert out[2] == "Model: mean of dots: 5 parameters; 2 members, seed 0"
        assert out[3] == "Compiling ..."
        assert out[4].startswith("Compiled in ")
        assert out[5].startswith("step 2/12")

    def test_of_data_from_elsewhere(self):
        few = simulate(0, 80, validation=0.1)
        words = introduction.data_in_words(few.made_by(read="runs/digits.dat"))
        assert words == "54 training, 6 validation and 20 test events of dots, from digits.dat"
        assert introduction.data_in_words(few.made_by()).endswith("from arrays")

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            (Pair(np.zeros((2, 3)), np.zeros((2, 1000))), "generator 3 and critic 1,000 parameters"),
            ({"a": np.zeros((2, 3)), "b": np.zeros((2, 2, 2))}, "7 parameters, 3 of which make events"),
            ({"a": np.zeros((2, 3))}, "3 parameters"),
        ],
    )
    def test_parameters_are_counted(self, data, params, words):
        def publish(state):
            return state.params.generator if isinstance(state.params, Pair) else state.params["a"]

        learner = recipe(data).build(Length(6, 10))._replace(publish=publish)
        assert introduction.parameters_in_words(learner, Trainable(params)) == words


class TestMembersThatDie:
    """The luck of members 0, 1 and 2 of seed 0 is a number each; those below `spared` meet a NaN."""

    def test_one_of_three_is_named_and_the_others_go_on(self, data, tmp_path, capsys):
        luck = self.luck(data)
        spared = float(np.sort(luck)[1])
        dead = int(np.argmin(luck))
        options = {**SHORT, "members": 3}
        run = fit(
            recipe(data, dies_at=7, spared=spared),
            data,
            workdir=tmp_path / "run",
            **{**options, "quiet": False},
        )
        out = capsys.readouterr().out
        assert f"Member {dead} died: loss became nan at step 7. It stays as it was at step 6" in out
        alive = [m for m in range(3) if m != dead]
        assert run.generator.members == alive
        assert f"member {dead} died at update 7" in repr(run.generator)
        with pytest.raises(ValueError, match=f"Expected a member that lives; {dead} died at update 7"):
            run.generator.member(dead)
        well = fit(recipe(data), data, **options)
        for member in alive:
            np.testing.assert_allclose(  # another program, so equal to rounding
                run.generator.member(member).sample(0, num=5),
                well.generator.member(member).sample(0, num=5),
                rtol=1e-5,
                atol=1e-5,
            )
        scores = run.evaluate(data)
        assert len(scores["distance"].members) == 2
        assert scores.notes == (f"Member {dead} died at update 7 and is left out.",)
        assert any(f"Member {dead} died at update 7" in sentence for sentence in run.history.findings())

    def test_a_resumed_run_equals_the_unbroken_one(self, data, tmp_path):
        spared = float(np.sort(self.luck(data))[1])
        dying = recipe(data, dies_at=7, spared=spared)
        options = {**SHORT, "members": 3}
        fit(dying, data, workdir=tmp_path / "whole", **options)
        fit(dying, data, steps=8, workdir=tmp_path / "broken", **options)
        fit(dying, data, workdir=tmp_path / "broken", **options)
        assert digest(tmp_path / "broken", 12) == digest(tmp_path / "whole", 12)
        assert files(tmp_path / "broken") == files(tmp_path / "whole")

    def test_all_stop_the_training_and_are_named(self, data, tmp_path):
        with pytest.raises(NonFiniteError) as caught:
            fit(recipe(data, dies_at=7), data, members=3, workdir=tmp_path / "run", **SHORT)
        message = str(caught.value)
        assert all(f"member {m}: loss became nan at step 7" in message for m in range(3))
        assert message.endswith("the last good checkpoint is 4.")
        assert load(tmp_path / "run").step == 4

    def test_a_single_one_stops_the_training(self, data):
        with pytest.raises(NonFiniteError, match="loss became nan at step 7; no checkpoint was saved before"):
            fit(recipe(data, dies_at=7), data, **SHORT)

    @staticmethod
    def luck(data) -> np.ndarray:
        return np.asarray(fit(recipe(data), data, members=3, **SHORT).states()[0].states.luck)


def test_a_checkpoint_holds_states_and_deaths(data, tmp_path):
    fit(recipe(data), data, workdir=tmp_path / "run", members=2, **SHORT)
    example = Members({"step": np.zeros(2, np.int32)}, np.zeros(2, np.int32))
    with pytest.raises(ValueError, match="Expected"):
        Checkpoints(tmp_path / "run" / "checkpoints").restore(example)


def test_quick_evaluations_use_the_validation_split(tmp_path):
    """With a validation split of far away events, the distance says so."""
    data = simulate(0, 80, validation=0.2)
    moved = data.validation._replace(data=np.asarray(data.validation.data) + 1000)
    run = fit(recipe(data), replace(data, validation=moved), **SHORT)
    assert run.history[-1]["distance"] > 4000
    assert fit(recipe(data), data, **SHORT).history[-1]["distance"] < 1000
