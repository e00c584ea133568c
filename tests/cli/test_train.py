"""What a user meets: what is written, what resumes, what is refused and in which words."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgen.settings import describe
from jaxgen.systems.tpc_pads.models.gan import GanSettings
from jaxgen.training import logs
from tests.cli.toys import (
    SHORT,
    TOY,
    call,
    call_script,
    contents,
    digest,
    in_place_of,
    metrics,
    refused,
    toy_judging,
)

TIMES = {"wall_seconds", "cpu_seconds", "steps_per_second"}
ONLY_AT_THE_END = {"trend_chi2"}


def lines(folder: Path) -> list[dict]:
    """The log without what the clock says and what only the end of a run has."""
    left_out = TIMES | ONLY_AT_THE_END
    return [{k: v for k, v in entry.items() if k not in left_out} for entry in logs.read_metrics(folder)]


def test_a_run_leaves_behind_what_it_should(finished):
    config = json.loads((finished / "config.json").read_text())
    assert config["settings"]["steps"] == 12
    assert set(config["settings"]) == {one.name for one in describe(GanSettings)}
    assert config["options"]["log_every"] == 2
    assert config["data"]["source"] == {"simulate": 0, "number": 80, "validation": 0.0}
    assert config["versions"]["jax"] == jax.__version__
    assert {path.name for path in (finished / "checkpoints").iterdir()} == {"4", "8", "12"}
    assert {path.name for path in (finished / "generator").iterdir()} == {
        "generator.json",
        "arrays.npz",
        "manifest.json",
    }
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
        assert changed == set()

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
        assert "Report: " in call(*SHORT, *longer).out
        assert metrics(run) == new

    def test_starts_after_a_start_that_was_killed(self, tmp_path, finished):
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / "config.partial").write_text("{")
        assert call(*SHORT, f"--workdir={folder}").code == 0
        assert digest(folder, 12) == digest(finished, 12)

    def test_passes_over_a_damaged_checkpoint(self, run, finished):
        for path in (run / "checkpoints" / "12" / "state").rglob("*"):
            if path.is_file() and path.stat().st_size > 100:
                path.write_bytes(path.read_bytes()[:-10])
        with pytest.warns(UserWarning, match="Checkpoint 12 is damaged"):
            assert "Resuming from step 8." in call(*SHORT, f"--workdir={run}").out
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
        assert "steps was 12, is 8." in refused(call(*SHORT, f"--workdir={run}", "--steps=8"))

    def test_are_refused_where_a_schedule_knows_the_length(self, tmp_path):
        arguments = (*SHORT, f"--workdir={tmp_path}/run", "--decay=linear")
        assert call(*arguments).code == 0
        assert "steps was 12, is 16" in refused(call(*arguments, "--steps=16"))


class TestAnotherRunInTheFolder:
    @pytest.mark.parametrize(
        ("changed", "phrase"),
        [
            ("--seed=3", "seed was 0, is 3"),
            ("--batch_size=4", "batch_size was 8, is 4"),
            (
                "--regularizer=gradient_penalty",
                "regularizer was ['spectral_norm'], is ['gradient_penalty']",
            ),
            ("--data_seed=1", "got those of simulate 1, number 80"),
            ("--loss=minimax", "loss was wasserstein, is minimax"),
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
        assert "step 2/12" in result.out
        assert not (run / "samples").exists()
        assert json.loads((run / "config.json").read_text())["options"]["seed"] == 3

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
            f"Expected workdir to be empty or a run folder; {tmp_path} holds plots and no config.json."
        )
        assert contents(tmp_path) == {"plots/mine.png": b"mine"}

    def test_settings_that_cannot_work_leave_nothing(self, tmp_path):
        folder = tmp_path / "run"
        assert "save_every" in refused(call(*SHORT, f"--workdir={folder}", "--save_every=3"))
        assert not folder.exists()

    def test_of_another_experiment_is_refused(self, run):
        with in_place_of(TOY):
            result = call_script(
                "other", "four_leptons", "--data_events=80", "--batch_size=8", f"--workdir={run}"
            )
        assert result.code == 1
        assert "system was tpc_pads, is four_leptons" in result.err


class TestMembers:
    def test_are_judged_together_and_each_is_a_run_of_its_own(self, tmp_path, finished):
        folder = tmp_path / "run"
        assert call(*SHORT, f"--workdir={folder}", "--members=2").code == 0
        row = metrics(folder)["trend_chi2"]
        assert len(row["members"]) == 2
        assert row["value"] == pytest.approx(np.mean(row["members"]))
        assert row["member_std"] == pytest.approx(np.std(row["members"], ddof=1))
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
    config["options"]["devices"] = 1000  # as if it had been trained on another machine
    (folder / "config.json").write_text(json.dumps(config))
    assert call("--mode=sample", f"--workdir={folder}").code == 0
    assert call("--mode=evaluate", f"--workdir={folder}").code == 0
    assert metrics(folder)["trend_chi2"]["value"] == found


def test_values_that_are_not_finite_stop_the_run(tmp_path):
    folder = tmp_path / "run"
    message = refused(call(*SHORT, f"--workdir={folder}", "--generator_rate=1e9", "--save_every=2"))
    assert "critic_loss became inf at step" in message
    assert not (folder / "evaluation.json").exists()


def test_an_interrupted_run_says_how_to_go_on(tmp_path):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    result = call(
        *SHORT,
        f"--workdir={tmp_path}/run",
        use=replace(TOY, judging=lambda: toy_judging()._replace(quick=interrupt)),
    )
    assert result.code == 130
    assert result.err == "tpc_sn: Interrupted; the same command goes on.\n"
    assert "Resuming from step 8." in call(*SHORT, f"--workdir={tmp_path}/run").out
