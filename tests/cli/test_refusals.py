"""Flags, configurations and data that are refused, and in which words."""

import json
from pathlib import Path

import numpy as np
import pytest

from jaxgen import manifest
from jaxgen.systems.tpc_pads.data import digits as tpc_digits
from tests.cli.toys import OF_FILE, SHORT, TINY, call, contents, refused


class TestConfigurationOfAStranger:
    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"system": "tpc_pads", "settings": []}', "\x00"])
    def test_is_refused_where_it_is_none(self, run, text):
        (run / "config.json").write_text(text)
        assert str(run / "config.json") in refused(call(*SHORT, f"--workdir={run}"))
        assert str(run / "config.json") in refused(call("--mode=evaluate", f"--workdir={run}"))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("steps", "many"),
            ("steps", -1),
            ("loss", "none"),
            ("batch_size", None),
            ("regularizer", [1]),
            ("new", 1),
        ],
    )
    def test_is_refused_by_the_name_of_the_setting(self, run, name, value):
        """In a generator's description, whose sums a stranger can make fit."""
        path = run / "generator"
        told = json.loads((path / "generator.json").read_text())
        told["settings"][name] = value
        (path / "generator.json").write_text(json.dumps(told))
        manifest.write(path, manifest.read(path))
        assert name in refused(call("--mode=sample", f"--workdir={run}"))


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
        assert call(*OF_FILE, "--workdir=run", "--data=digits.dat").code == 0
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert call("--mode=sample", f"--workdir={folder}").code == 0
        assert "is finished" in call(*OF_FILE, f"--workdir={folder}", f"--data={data}").out
        data.rename("moved.dat")
        message = refused(call("--mode=evaluate", f"--workdir={folder}"))
        assert message == f"Expected the run's data at {data}; found none. --data=FILE says where they are."
        assert call("--mode=sample", f"--workdir={folder}", "--overwrite").code == 0  # needs no data
        assert call("--mode=evaluate", f"--workdir={folder}", "--data=moved.dat").code == 0
        assert "is finished" in call(*OF_FILE, f"--workdir={folder}", "--data=moved.dat").out

    def test_that_have_changed_are_refused(self, data, tmp_path):
        folder = tmp_path / "run"
        call(*OF_FILE, f"--workdir={folder}", f"--data={data}")
        before = contents(folder)
        data.write_text(data.read_text().replace("e+00", "e+01", 1))
        message = refused(call(*OF_FILE, f"--data={data}", f"--workdir={folder}"))
        assert message == f"Expected the data that the run in {folder} was trained on; got others."
        message = refused(call("--mode=evaluate", f"--workdir={folder}"))
        assert message == f"Expected the data that the run was trained on; those of {data} are others."
        message = refused(call(*SHORT, f"--workdir={folder}"))
        assert f"got those of simulate 0, number 80, validation 0.0, not of read {data}" in message
        assert contents(folder) == before

    def test_that_are_malformed_are_refused_with_their_line(self, data, tmp_path):
        lines = data.read_text().splitlines()
        lines[6] = lines[6].replace("params:", "parms:")
        data.write_text("\n".join(lines))
        message = refused(call(*OF_FILE, f"--workdir={tmp_path}/run", f"--data={data}"))
        assert message.startswith(f"{data}, line 7: Expected a line that begins with params:")
        assert not (tmp_path / "run").exists()

    def test_without_enough_parameters_are_refused_before_anything_is_written(self, tmp_path):
        tpc_digits.write_digits(tmp_path / "two.dat", np.ones((40, 10, 15)), np.ones((40, 2)))
        message = refused(call(*OF_FILE, f"--workdir={tmp_path}/run", f"--data={tmp_path}/two.dat"))
        assert message == "Expected at least 4 parameters a track for 5 features; got 2."
        assert not (tmp_path / "run").exists()

    def test_of_a_folder_are_refused(self, tmp_path):
        message = refused(call(*OF_FILE, f"--workdir={tmp_path}/run", f"--data={tmp_path}"))
        assert message == f"Expected a text file; {tmp_path} is a folder."


class TestFlags:
    def test_leave_no_argument_over(self, tmp_path):
        assert refused(call(*SHORT, f"--workdir={tmp_path}/run", "stray")) == (
            "Expected flags, each with two dashes; got stray."
        )

    def test_must_name_the_folder(self):
        assert refused(call(*SHORT)) == "Expected --workdir, the run folder; got none."
        message = refused(call("--mode=evaluate"))
        assert message == "Expected --workdir, the run folder, with --mode=evaluate; got none."

    def test_must_name_a_mode(self):
        message = refused(call("--mode=draw"))
        assert message == "Expected --mode to be one of train, evaluate, sample, report; got 'draw'."

    def test_the_folder_must_not_be_a_file(self, tmp_path):
        (tmp_path / "file").write_text("mine")
        message = refused(call(*SHORT, f"--workdir={tmp_path}/file"))
        assert message == f"Expected a folder as workdir; got the file {tmp_path}/file."

    def test_must_fit_the_data(self, tmp_path):
        message = refused(call(*TINY, f"--workdir={tmp_path}/run", "--batch_size=61"))
        assert message == "Expected a batch_size of at most 60, the number of events; got 61."
