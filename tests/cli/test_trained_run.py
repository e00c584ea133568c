"""What a finished run is opened to."""

import json

import jax
import numpy as np
import pytest

from jaxgen.run import trained_run
from jaxgen.run.run_folder import RunFolder
from tests.cli.toys import SHORT, call, toy, tpc_sn


def test_members_are_those_of_the_last_checkpoint(tmp_path):
    folder = tmp_path / "run"
    assert call(*SHORT, f"--workdir={folder}", "--num_seeds=2").code == 0
    run = trained_run.load(toy(tpc_sn().EXPERIMENT), RunFolder(folder))
    assert run.step == 12
    assert [int(state.step) for state in run.members] == [12, 12]
    assert not np.array_equal(*(state.mean for state in run.members))
    condition = run.dataset.test.condition
    drawn = run.learner.sample(jax.random.key(0), run.members[0], condition, len(condition))
    assert drawn.shape == run.dataset.test.data.shape


def test_a_run_that_is_older_than_a_flag_and_of_more_devices(run):
    config = json.loads((run / "config.json").read_text())
    flags = {**config["flags"], "devices": 1000}
    del flags["bound_penalty_weight"]
    (run / "config.json").write_text(json.dumps({**config, "flags": flags}))
    settings = trained_run.load(toy(tpc_sn().EXPERIMENT), RunFolder(run)).settings
    assert settings == {**flags, "devices": 1, "bound_penalty_weight": 1.0}


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(FileNotFoundError):
        trained_run.load(toy(tpc_sn().EXPERIMENT), RunFolder(tmp_path / "none"))
