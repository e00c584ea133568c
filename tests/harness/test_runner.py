"""What a user meets: what is written, what resumes, what is refused and in which words."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgen.datasets import tpc_digits
from jaxgen.training import logs
from tests.harness.toys import SHORT, TINY, Result, call, digest, toy, tpc_sn

TIMES = {"wall_seconds", "cpu_seconds", "steps_per_second"}
ONLY_AT_THE_END = {"trend_chi2"}


def refused(result: Result) -> str:
    """The one line of an error."""
    assert result.code == 1, result
    assert result.err.startswith("tpc_sn: ")
    assert result.err.count("\n") == 1, result.err
    return result.err.removeprefix("tpc_sn: ").strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(folder: Path) -> list[dict]:
    """The log without what the clock says and what only the end of a run has."""
    left_out = TIMES | ONLY_AT_THE_END
    return [{k: v for k, v in entry.items() if k not in left_out} for entry in logs.read_metrics(folder)]


def metrics(folder: Path) -> dict:
    return json.loads((folder / "evaluation.json").read_text())["metrics"]


def test_a_run_leaves_behind_what_it_should(finished):
    config = json.loads((finished / "config.json").read_text())
    assert config["flags"]["steps"] == 12
    assert set(config["flags"]) == {holder.name for holder in tpc_sn().FLAGS}
    assert config["versions"]["jax"] == jax.__version__
    assert {path.name for path in (finished / "checkpoints").iterdir()} == {"4", "8", "12"}
    assert [entry["step"] for entry in logs.read_metrics(finished)] == [2, 4, 6, 8, 10, 12]
    row = metrics(finished)["trend_chi2"]
    assert {"value", "error", "n"} <= set(row) & set(row["floor"])
    assert "Trend" in (finished / "report.html").read_text()


class TestTheSameCommandAgain:
    def test_says_that_the_run_is_finished(self, run):
        before = contents(run)
        result = call(*SHORT, f"--workdir={run}", "--steps=12")
        assert result.code == 0
        assert "is finished: 12 steps" in result.out
        assert "Resuming" not in result.out
        changed = {name for name, data in contents(run).items() if before[name] != data}
        assert changed == {"config.json"}  # the folder has moved

    def test_goes_on_from_the_last_checkpoint(self, run, finished):
        """As if killed between lines of the log, with a line half written."""
        shutil.rmtree(run / "checkpoints" / "12")
        (run / "evaluation.json").unlink()
        log = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
        (run / "metrics.jsonl").write_text("".join(log[:5]) + log[5][:30])
        result = call(*SHORT, f"--workdir={run}")
        assert "Resuming from step 8." in result.out
        assert digest(run, 12) == digest(finished, 12)
        assert metrics(run) == metrics(finished)
        assert [set(entry) for entry in logs.read_metrics(run)] == [
            set(entry) for entry in logs.read_metrics(finished)
        ]
        assert lines(run) == lines(finished)
        for name in ("wall_seconds", "cpu_seconds"):
            times = [entry[name] for entry in logs.read_metrics(run)]
            assert times == sorted(times)

    @pytest.mark.parametrize("missing", ["report.html", "evaluation.json"])
    def test_judges_where_that_was_left_undone(self, run, finished, missing):
        (run / missing).unlink()
        result = call(*SHORT, f"--workdir={run}")
        assert "step 2/" not in result.out
        assert metrics(run) == metrics(finished)
        assert (run / missing).exists()

    def test_judges_anew_after_more_training(self, run):
        """A run made longer and killed before it was judged again is not finished."""
        longer = [f"--workdir={run}", "--steps=16"]
        call(*SHORT, *longer)
        new = metrics(run)
        evaluation = json.loads((run / "evaluation.json").read_text())
        (run / "evaluation.json").write_text(json.dumps({**evaluation, "trained": 12, "metrics": {}}))
        assert "finished" not in call(*SHORT, *longer).out
        assert metrics(run) == new

    def test_starts_after_a_start_that_was_killed(self, tmp_path, finished):
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / "config.partial").write_text("{")
        assert call(*SHORT, f"--workdir={folder}").code == 0
        assert digest(folder, 12) == digest(finished, 12)

    def test_passes_over_a_damaged_checkpoint(self, run, finished, caplog):
        for path in (run / "checkpoints" / "12" / "state").rglob("*"):
            if path.is_file() and path.stat().st_size > 100:
                path.write_bytes(path.read_bytes()[:-10])
        assert "Resuming from step 8." in call(*SHORT, f"--workdir={run}").out
        assert "Checkpoint 12 is damaged" in caplog.text
        assert digest(run, 12) == digest(finished, 12)


class TestLongerRuns:
    @pytest.mark.parametrize("first", [12, 11])
    def test_equal_the_unbroken_longer_run(self, tmp_path, first):
        """Also where the first one ended within a compiled call of the other."""
        call(*SHORT, f"--workdir={tmp_path}/broken", f"--steps={first}")
        result = call(*SHORT, f"--workdir={tmp_path}/broken", "--steps=20")
        assert f"Resuming from step {first}." in result.out
        call(*SHORT, f"--workdir={tmp_path}/whole", "--steps=20")
        assert digest(tmp_path / "broken", 20) == digest(tmp_path / "whole", 20)
        assert metrics(tmp_path / "broken") == metrics(tmp_path / "whole")
        if first == 12:
            assert lines(tmp_path / "broken") == lines(tmp_path / "whole")

    def test_cannot_become_shorter(self, run):
        assert "--steps was 12, is 8." in refused(call(*SHORT, f"--workdir={run}", "--steps=8"))

    def test_are_refused_where_a_schedule_knows_the_length(self, tmp_path):
        arguments = (*SHORT, f"--workdir={tmp_path}/run", "--decay=linear")
        assert call(*arguments).code == 0
        assert "--steps was 12, is 16" in refused(call(*arguments, "--steps=16"))


class TestAnotherRunInTheFolder:
    @pytest.mark.parametrize(
        ("changed", "phrase"),
        [
            ("--seed=3", "--seed was 0, is 3"),
            ("--batch_size=4", "--batch_size was 8, is 4"),
            (
                "--regularizer=gradient_penalty",
                "--regularizer was ['spectral_norm'], is ['gradient_penalty']",
            ),
            ("--data_seed=1", "--data_seed was 0, is 1"),
            ("--loss=minimax", "--loss was wasserstein, is minimax"),
        ],
    )
    def test_is_refused_by_the_name_of_the_flag(self, finished, changed, phrase):
        before = contents(finished)
        assert phrase in refused(call(*SHORT, f"--workdir={finished}", changed))
        assert contents(finished) == before

    @pytest.mark.parametrize("flag", ["--save_every=2", "--keep_checkpoints=1", "--checkpoint=best"])
    def test_is_not_what_neutral_flags_make(self, run, flag):
        assert "is finished" in call(*SHORT, f"--workdir={run}", flag).out

    def test_overwrite_starts_anew(self, run):
        (run / "notes.txt").write_text("mine")
        (run / "samples").mkdir()
        (run / "samples" / "old.dat").write_text("old")
        result = call(*SHORT, f"--workdir={run}", "--seed=3", "--overwrite")
        assert result.code == 1  # a file that no run has made is there
        assert (run / "notes.txt").read_text() == "mine"
        (run / "notes.txt").unlink()
        result = call(*SHORT, f"--workdir={run}", "--seed=3", "--overwrite")
        assert result.out.startswith("step 2/12")
        assert not (run / "samples").exists()
        assert json.loads((run / "config.json").read_text())["flags"]["seed"] == 3

    def test_overwrite_deletes_nothing_where_the_new_run_cannot_start(self, run):
        before = contents(run)
        refused(call(*SHORT, f"--workdir={run}", "--overwrite", "--data=nowhere.dat"))
        refused(call(*SHORT, f"--workdir={run}", "--overwrite", "--save_every=3"))
        refused(call(*SHORT, f"--workdir={run}", "--overwrite", "--devices=100"))
        assert contents(run) == before

    @pytest.mark.parametrize("flag", [(), ("--overwrite",)])
    def test_foreign_files_are_safe(self, tmp_path, flag):
        (tmp_path / "plots").mkdir()
        (tmp_path / "plots" / "mine.png").write_bytes(b"mine")
        message = refused(call(*SHORT, f"--workdir={tmp_path}", *flag))
        assert message == (
            f"Expected --workdir to be empty or a run folder; {tmp_path} holds plots and no config.json."
        )
        assert contents(tmp_path) == {"plots/mine.png": b"mine"}

    def test_settings_that_cannot_work_leave_nothing(self, tmp_path):
        folder = tmp_path / "run"
        assert "save_every" in refused(call(*SHORT, f"--workdir={folder}", "--save_every=3"))
        assert not folder.exists()

    def test_of_another_experiment_is_refused(self, run):
        other = toy(tpc_sn().EXPERIMENT)._replace(name="other")
        result = call(*SHORT, f"--workdir={run}", use=other)
        assert result.err == "other: Expected a run of other; the folder holds one of tpc_sn.\n"
        result = call("--mode=sample", f"--workdir={run}", use=other)
        assert result.err == f"other: Expected a run of other in {run}; got tpc_sn.\n"


class TestEvaluate:
    def test_needs_only_the_folder(self, run, finished):
        (run / "evaluation.json").unlink()
        (run / "report.html").unlink()
        assert call("--mode=evaluate", f"--workdir={run}").code == 0
        assert metrics(run) == metrics(finished)
        assert "is finished" in call(*SHORT, f"--workdir={run}").out

    def test_of_more_events(self, run, finished):
        assert call("--mode=evaluate", f"--workdir={run}", "--samples_per_condition=3").code == 0
        assert metrics(run)["trend_chi2"]["n"] == 3 * metrics(finished)["trend_chi2"]["n"]

    def test_of_the_best_checkpoint(self, tmp_path):
        run = tmp_path / "run"
        call(*SHORT, f"--workdir={run}", "--evaluate_every=4", "--generator_rate=1.9", "--steps=28")
        judged = {e["step"]: e["trend_chi2"] for e in logs.read_metrics(run) if "trend_chi2" in e}
        best = min(judged, key=judged.get)
        assert best != 28  # else nothing is told apart
        assert (run / "checkpoints" / str(best)).is_dir()
        assert call("--mode=evaluate", f"--workdir={run}", "--checkpoint=best").code == 0
        assert json.loads((run / "evaluation.json").read_text())["step"] == best

    def test_of_the_best_checkpoint_where_none_was_judged(self, run):
        for step in ("4", "8", "12"):
            shutil.rmtree(run / "checkpoints" / step)
        message = refused(call("--mode=evaluate", f"--workdir={run}", "--checkpoint=best"))
        assert message.startswith("Expected a checkpoint judged by trend_chi2")


class TestSample:
    def test_needs_only_the_folder_and_repeats_itself(self, run):
        result = call("--mode=sample", f"--workdir={run}", "--num_samples=30")
        path = run / "samples" / "generated.dat"
        assert result.out == f"Wrote 30 events to {path}.\n"
        digits = tpc_digits.read_digits(path)
        assert digits.images.shape == (30, 8, 16)
        assert digits.images[digits.images > 0].min() >= 1
        np.testing.assert_array_equal(digits.parameters[:10], digits.parameters[20:])  # 20 test events
        first = path.read_bytes()
        assert call("--mode=sample", f"--workdir={run}", "--num_samples=30").code == 0
        assert path.read_bytes() == first
        assert [p.name for p in path.parent.iterdir()] == ["generated.dat"]

    def test_another_seed_gives_other_events_of_the_same_run(self, run):
        files = []
        for seed in (0, 1, 2**32 - 1):
            assert call("--mode=sample", f"--workdir={run}", f"--seed={seed}").code == 0
            files.append((run / "samples" / "generated.dat").read_bytes())
        assert len(set(files)) == 3
        assert json.loads((run / "config.json").read_text())["flags"]["seed"] == 0

    @pytest.mark.parametrize("suffix", ["dat", "csv", "columns.csv"])
    def test_for_tracks_from_a_file(self, run, tmp_path, suffix):
        tracks = np.array([[1.5, -20.25, 100.125, 31.5], [-3.0, 40.0, 200.5, 60.75], [0.5, 1.0, 50.5, 20.25]])
        path = tmp_path / f"tracks.{suffix}"
        images = np.ones((3, 8, 16))
        if suffix == "columns.csv":
            header = "crossing_angle,dip_angle,drift_length,pad_coordinate"
            np.savetxt(path, tracks, delimiter=",", header=header, comments="")
        else:
            {"dat": tpc_digits.write_digits, "csv": tpc_digits.write_csv}[suffix](path, images, tracks)
        result = call("--mode=sample", f"--workdir={run}", f"--conditions={path}", "--num_samples=7")
        assert result.code == 0
        digits = tpc_digits.read_digits(run / "samples" / "generated.dat")
        np.testing.assert_array_equal(digits.parameters, tracks[[0, 1, 2, 0, 1, 2, 0]])

    def test_takes_the_first_columns_of_a_file_that_has_more(self, run, tmp_path):
        tracks = np.array([[1.5, -20.25, 100.125, 31.5, 3, 0.5]])
        tpc_digits.write_digits(tmp_path / "six.dat", np.ones((1, 8, 16)), tracks)
        result = call("--mode=sample", f"--workdir={run}", f"--conditions={tmp_path}/six.dat")
        assert result.out.startswith(f"Of the 6 columns of {tmp_path}/six.dat, the first 4 are used")
        digits = tpc_digits.read_digits(run / "samples" / "generated.dat")
        np.testing.assert_array_equal(digits.parameters[0], tracks[0, :4])

    def test_refuses_a_file_that_has_too_few(self, run, tmp_path):
        tpc_digits.write_csv(tmp_path / "two.csv", np.ones((1, 10, 15)), np.array([[1.5, -20.25]]))
        message = refused(call("--mode=sample", f"--workdir={run}", f"--conditions={tmp_path}/two.csv"))
        assert message == f"Expected conditions of 4 columns in {tmp_path}/two.csv; got 2."

    def test_takes_fewer_columns_where_the_networks_need_no_more(self, tmp_path):
        tracks = np.random.default_rng(0).uniform(1, 60, (40, 6)).round(2)
        tracks[:, 4] = 3
        tpc_digits.write_digits(tmp_path / "six.dat", np.ones((40, 8, 16)), tracks)
        tpc_digits.write_digits(tmp_path / "four.dat", np.ones((5, 8, 16)), tracks[:5, :4])
        call(*SHORT, f"--workdir={tmp_path}/run", f"--data={tmp_path}/six.dat")
        result = call("--mode=sample", f"--workdir={tmp_path}/run", f"--conditions={tmp_path}/four.dat")
        assert result.code == 0
        digits = tpc_digits.read_digits(tmp_path / "run" / "samples" / "generated.dat")
        np.testing.assert_array_equal(digits.parameters[:5], tracks[:5, :4])

    def test_refuses_other_settings_than_the_run_had(self, run):
        message = refused(call("--mode=sample", f"--workdir={run}", "--batch_size=16"))
        assert message == "Expected --batch_size as in the run folder, 8; got 16. Leave it out."

    def test_says_where_there_is_no_run(self, tmp_path):
        message = refused(call("--mode=sample", f"--workdir={tmp_path}/none"))
        assert message == f"Expected a run in {tmp_path}/none; found no config.json there."


class TestConfigurationOfAStranger:
    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"experiment": "tpc_sn", "flags": []}', "\x00"])
    def test_is_refused_where_it_is_none(self, run, text):
        (run / "config.json").write_text(text)
        for mode in ("train", "evaluate", "sample"):
            assert str(run / "config.json") in refused(call(*SHORT, f"--mode={mode}", f"--workdir={run}"))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("steps", "many"),
            ("steps", -1),
            ("loss", "none"),
            ("seed", None),
            ("regularizer", [1]),
            ("new", 1),
        ],
    )
    def test_is_refused_by_the_name_of_the_flag(self, run, name, value):
        config = json.loads((run / "config.json").read_text())
        config["flags"][name] = value
        (run / "config.json").write_text(json.dumps(config))
        assert f"--{name}" in refused(call("--mode=sample", f"--workdir={run}"))


class TestData:
    @pytest.fixture
    def data(self, tmp_path) -> Path:
        draw = np.random.default_rng(0)
        tracks = draw.uniform([-20, -60, 35, 10], [20, 60, 290, 100], (40, 4)).round(3)
        tpc_digits.write_digits(tmp_path / "digits.dat", draw.gamma(2.0, 5.0, (40, 8, 16)), tracks)
        return tmp_path / "digits.dat"

    def test_may_move_and_be_named_from_anywhere(self, data, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        folder = tmp_path / "run"
        assert call(*SHORT, "--workdir=run", "--data=digits.dat").code == 0
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert call("--mode=sample", f"--workdir={folder}").code == 0
        assert "is finished" in call(*SHORT, f"--workdir={folder}", f"--data={data}").out
        data.rename("moved.dat")
        message = refused(call("--mode=sample", f"--workdir={folder}"))
        assert message == f"Expected to be able to use {data}; got: No such file or directory."
        assert call("--mode=sample", f"--workdir={folder}", "--data=moved.dat").code == 0
        assert "is finished" in call(*SHORT, f"--workdir={folder}", "--data=moved.dat").out

    def test_that_have_changed_are_refused(self, data, tmp_path):
        folder = tmp_path / "run"
        call(*SHORT, f"--workdir={folder}", f"--data={data}")
        before = contents(folder)
        data.write_text(data.read_text().replace("e+00", "e+01", 1))
        for arguments in ((*SHORT, f"--data={data}"), ("--mode=sample",), ("--mode=evaluate",)):
            message = refused(call(*arguments, f"--workdir={folder}"))
            assert (
                message
                == f"Expected the data that the run was trained on; those of --data={data} are others."
            )
        message = refused(call(*SHORT, f"--workdir={folder}"))
        assert f"--data was {data}, is simulated" in message
        assert contents(folder) == before

    def test_that_are_malformed_are_refused_with_their_line(self, data, tmp_path):
        lines = data.read_text().splitlines()
        lines[6] = lines[6].replace("params:", "parms:")
        data.write_text("\n".join(lines))
        message = refused(call(*SHORT, f"--workdir={tmp_path}/run", f"--data={data}"))
        assert message.startswith(f"{data}, line 7: Expected a line that begins with params:")
        assert not (tmp_path / "run").exists()

    def test_without_enough_parameters_are_refused_before_anything_is_written(self, tmp_path):
        tpc_digits.write_digits(tmp_path / "two.dat", np.ones((40, 10, 15)), np.ones((40, 2)))
        message = refused(call(*SHORT, f"--workdir={tmp_path}/run", f"--data={tmp_path}/two.dat"))
        assert message == "Expected at least 4 parameters a track for 5 features; got 2."
        assert not (tmp_path / "run").exists()

    def test_of_a_folder_are_refused(self, tmp_path):
        message = refused(call(*SHORT, f"--workdir={tmp_path}/run", f"--data={tmp_path}"))
        assert message == f"Expected to be able to use {tmp_path}; got: Is a directory."


class TestMembers:
    def test_are_judged_together_and_each_is_a_run_of_its_own(self, tmp_path, finished):
        folder = tmp_path / "run"
        assert call(*SHORT, f"--workdir={folder}", "--num_seeds=2").code == 0
        row = metrics(folder)["trend_chi2"]
        assert len(row["members"]) == 2
        assert row["value"] == pytest.approx(np.mean(row["members"]))
        assert row["spread"] == pytest.approx(np.std(row["members"], ddof=1))
        assert row["members"][0] == metrics(finished)["trend_chi2"]["value"]
        assert row["members"][0] != row["members"][1]
        *_, last = logs.read_metrics(folder)
        assert len(last["critic_loss"]) == len(last["trend_chi2"]) == 2
        *_, alone = logs.read_metrics(finished)
        assert isinstance(alone["critic_loss"], float)
        assert isinstance(alone["trend_chi2"], float)
        assert call("--mode=sample", f"--workdir={folder}").code == 0


def test_devices_share_the_work_and_judging_needs_only_one(tmp_path, finished):
    folder = tmp_path / "run"
    assert call(*SHORT, f"--workdir={folder}", "--devices=2").code == 0
    call(*SHORT, f"--workdir={tmp_path}/resumed", "--devices=2", "--steps=8")
    assert "from step 8" in call(*SHORT, f"--workdir={tmp_path}/resumed", "--devices=2").out
    assert digest(tmp_path / "resumed", 12) == digest(folder, 12)
    found, alone = (metrics(path)["trend_chi2"]["value"] for path in (folder, finished))
    assert found == pytest.approx(alone, rel=1e-4)
    config = json.loads((folder / "config.json").read_text())
    config["flags"]["devices"] = 1000  # as if it had been trained on another machine
    (folder / "config.json").write_text(json.dumps(config))
    assert call("--mode=sample", f"--workdir={folder}").code == 0
    assert call("--mode=evaluate", f"--workdir={folder}").code == 0
    assert metrics(folder)["trend_chi2"]["value"] == found


class TestFlags:
    def test_must_be_known(self):
        result = call("--stepz=3")
        assert result.code == 1
        assert "Unknown command line flag 'stepz'" in result.err

    def test_leave_no_argument_over(self, tmp_path):
        assert refused(call(*SHORT, f"--workdir={tmp_path}/run", "stray")) == (
            "Expected flags, each with two dashes; got stray."
        )

    def test_must_name_the_folder(self):
        assert refused(call(*SHORT)) == "Expected --workdir, the run folder; got none."

    def test_must_be_finite(self, tmp_path):
        message = refused(call(*SHORT, f"--workdir={tmp_path}/run", "--critic_rate=nan"))
        assert message == "Expected a finite number for --critic_rate; got nan."

    @pytest.mark.parametrize(
        "flag", ["--seed=-1", "--seed=4294967296", "--steps=0", "--regularizer=spectral"]
    )
    def test_must_be_in_range(self, flag):
        result = call(flag)
        assert result.code == 1
        assert f"flag {flag}" in result.err

    def test_the_folder_must_not_be_a_file(self, tmp_path):
        (tmp_path / "file").write_text("mine")
        message = refused(call(*SHORT, f"--workdir={tmp_path}/file"))
        assert message == f"Expected a folder for --workdir; got the file {tmp_path}/file."

    def test_must_fit_the_data(self, tmp_path):
        message = refused(call(*TINY, f"--workdir={tmp_path}/run", "--batch_size=61"))
        assert message == "Expected at least one batch of 61 events; got 60 events."


def test_values_that_are_not_finite_stop_the_run(tmp_path):
    folder = tmp_path / "run"
    message = refused(call(*SHORT, f"--workdir={folder}", "--generator_rate=1e9", "--save_every=2"))
    assert "critic_loss of member 0 became inf at step" in message
    assert not (folder / "evaluation.json").exists()


def test_an_interrupted_run_says_how_to_go_on(tmp_path):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    result = call(*SHORT, f"--workdir={tmp_path}/run", use=toy(tpc_sn().EXPERIMENT)._replace(quick=interrupt))
    assert result.code == 130
    assert result.err == "tpc_sn: Interrupted; the same command goes on.\n"
    assert "Resuming from step 8." in call(*SHORT, f"--workdir={tmp_path}/run").out
