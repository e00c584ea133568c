"""Judging and sampling a run that is there."""

import json
import shutil

import numpy as np
import pytest

from jaxgen.run.loading import load
from jaxgen.systems.tpc_pads.data import digits as tpc_digits
from jaxgen.training import logs
from tests.cli.toys import OF_FILE, SHORT, TOY, call, in_place_of, metrics, refused, toy_events


def tpc_digits_of_training(run) -> set[tuple[float, ...]]:
    """The tracks that a toy run was trained on, as files have them."""
    del run
    return {tuple(track) for track in np.asarray(toy_events().train.condition, float).round(3)}


class TestEvaluate:
    def test_needs_only_the_folder(self, run, finished):
        (run / "evaluation.json").unlink()
        (run / "report.html").unlink()
        assert call("--mode=evaluate", f"--workdir={run}").code == 0
        assert metrics(run) == metrics(finished)
        assert "is finished" in call(*SHORT, f"--workdir={run}").out

    def test_of_more_events(self, run, finished):
        assert call("--mode=evaluate", f"--workdir={run}", "--samples_per_condition=3").code == 0
        judged = [
            json.loads((folder / "evaluation.json").read_text())["judged"] for folder in (run, finished)
        ]
        assert judged[0]["generated_events"] == 3 * judged[1]["generated_events"]

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
        assert message == f"Expected a best checkpoint in {run}/checkpoints; found none."


class TestSample:
    def test_needs_only_the_folder_and_repeats_itself(self, run):
        result = call("--mode=sample", f"--workdir={run}", "--num=30")
        path = run / "samples" / "generated.dat"
        assert result.out == f"Wrote 30 events to {path}.\n"
        digits = tpc_digits.read_digits(path)
        assert digits.images.shape == (30, 8, 16)
        assert digits.images[digits.images > 0].min() >= 1
        known = tpc_digits_of_training(run)
        assert {tuple(track) for track in digits.parameters.round(3)} <= known
        first = path.read_bytes()
        message = refused(call("--mode=sample", f"--workdir={run}", "--num=30"))
        assert "generated.dat" in message
        assert "--overwrite" in message
        assert call("--mode=sample", f"--workdir={run}", "--num=30", "--overwrite").code == 0
        assert path.read_bytes() == first
        assert [p.name for p in path.parent.iterdir()] == ["generated.dat"]

    def test_another_seed_gives_other_events_of_the_same_run(self, run):
        files = []
        for seed in (0, 1, 2**32 - 1):
            assert call("--mode=sample", f"--workdir={run}", f"--seed={seed}", "--overwrite").code == 0
            files.append((run / "samples" / "generated.dat").read_bytes())
        assert len(set(files)) == 3
        assert json.loads((run / "config.json").read_text())["options"]["seed"] == 0

    @pytest.mark.parametrize("suffix", ["dat", "csv", "columns.csv"])
    def test_for_tracks_from_a_file(self, run, tmp_path, suffix):
        tracks = np.array([[1.5, -20.25, 100.125, 31.5], [-3.0, 40.0, 200.5, 60.75], [0.5, 1.0, 80.5, 20.25]])
        path = tmp_path / f"tracks.{suffix}"
        images = np.ones((3, 8, 16))
        if suffix == "columns.csv":
            header = "crossing_angle,dip_angle,drift_length,pad_coordinate"
            np.savetxt(path, tracks, delimiter=",", header=header, comments="")
        else:
            {"dat": tpc_digits.write_digits, "csv": tpc_digits.write_csv}[suffix](path, images, tracks)
        result = call("--mode=sample", f"--workdir={run}", f"--conditions={path}", "--num=7")
        assert result.code == 0
        digits = tpc_digits.read_digits(run / "samples" / "generated.dat")
        np.testing.assert_array_equal(digits.parameters, tracks[[0, 1, 2, 0, 1, 2, 0]])

    def test_takes_the_first_columns_of_a_file_that_has_more(self, run, tmp_path):
        tracks = np.array([[1.5, -20.25, 100.125, 31.5, 3, 0.5]])
        tpc_digits.write_digits(tmp_path / "six.dat", np.ones((1, 8, 16)), tracks)
        result = call("--mode=sample", f"--workdir={run}", f"--conditions={tmp_path}/six.dat")
        assert result.out.startswith(f"Of the columns of {tmp_path}/six.dat, row, pT are not used")
        digits = tpc_digits.read_digits(run / "samples" / "generated.dat")
        np.testing.assert_array_equal(digits.parameters[0], tracks[0, :4])

    def test_refuses_a_file_that_has_too_few(self, run, tmp_path):
        tpc_digits.write_csv(tmp_path / "two.csv", np.ones((1, 10, 15)), np.array([[1.5, -20.25]]))
        message = refused(call("--mode=sample", f"--workdir={run}", f"--conditions={tmp_path}/two.csv"))
        assert message.startswith("Expected all conditions without a default, crossing_angle, dip_angle, ")
        assert f"; got no drift_length, pad_coordinate in {tmp_path}/two.csv; there are" in message

    def test_takes_defaults_for_columns_that_are_missing_and_says_so(self, tmp_path):
        tracks = np.random.default_rng(0).uniform(1, 60, (40, 6)).round(2)
        tracks[:, 4:] = 23, 0.4785
        tpc_digits.write_digits(tmp_path / "six.dat", np.ones((40, 8, 16)), tracks)
        tracks[5:, :4] = tracks[5:, :4] * [1, 1, 1.2, 1.2] + [1, 1, 1, 1]  # a wider range than asked for
        tpc_digits.write_digits(tmp_path / "six.dat", np.ones((40, 8, 16)), tracks)
        tpc_digits.write_digits(tmp_path / "four.dat", np.ones((5, 8, 16)), 30 + 0 * tracks[:5, :4])
        call(*OF_FILE, f"--workdir={tmp_path}/run", f"--data={tmp_path}/six.dat")
        with pytest.warns(UserWarning, match="taken to be row = 23, pT = 0.4785 GeV"):
            result = call("--mode=sample", f"--workdir={tmp_path}/run", f"--conditions={tmp_path}/four.dat")
        assert result.code == 0
        digits = tpc_digits.read_digits(tmp_path / "run" / "samples" / "generated.dat")
        np.testing.assert_array_equal(digits.parameters[:5, :4], 30)

    def test_refuses_conditions_outside_of_the_trained_range_or_marks_them(self, run, tmp_path):
        tracks = np.array([[1.5, -20.25, 100.125, 31.5], [1.5, 20.0, 100.125, 5000.0]])
        tpc_digits.write_csv(tmp_path / "far.csv", np.ones((2, 8, 16)), tracks)
        arguments = (
            "--mode=sample",
            f"--workdir={run}",
            f"--conditions={tmp_path}/far.csv",
            "--num=4",
        )
        message = refused(call(*arguments))
        assert message.startswith("Expected pad_coordinate within what was trained on")
        assert "got 5000 for event 1" in message
        assert not (run / "samples").exists() or not list((run / "samples").iterdir())
        result = call(*arguments, "--outside=mark")
        assert "2 events are for conditions outside of the trained range" in result.out
        assert (run / "samples" / "outside.txt").read_text() == "1\n3\n"

    def test_a_seed_is_the_key_of_the_generator(self, run):
        assert call("--mode=sample", f"--workdir={run}", "--seed=7", "--num=5").code == 0
        digits = tpc_digits.read_digits(run / "samples" / "generated.dat")
        with in_place_of(TOY):
            events = load(run).sample(7, num=5)
        np.testing.assert_allclose(digits.images, np.where(events < 1, 0, events), atol=1e-3)


class TestNoRun:
    def test_is_said_with_the_folder(self, tmp_path):
        message = refused(call("--mode=evaluate", f"--workdir={tmp_path}/none"))
        assert message == f"Expected a run in {tmp_path}/none; found no config.json there."
        message = refused(call("--mode=sample", f"--workdir={tmp_path}/none"))
        assert message == (f"Expected a generator or a run folder; found nothing at {tmp_path}/none.")
