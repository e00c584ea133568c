"""The command `jaxgen`: what it shows, and a detector of one's own from the training to the comparison."""

import shutil

import numpy as np
import pytest

from jaxgen import systems
from jaxgen.cli import comparing, main
from tests.cli.toys import captured, command, refused


def run(*words: object):
    return captured(lambda: main.run([*map(str, words), "--nocompilation_cache"]))


def test_list_shows_detectors_models_and_presets():
    shown = run("list").out
    for name in systems.PACKAGES:
        assert f"{name}: " in shown
    assert "gan     " not in run("list", "tpc_pads").out.split("presets")[1]
    assert "best            The best settings found." in run("list", "tpc_pads").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["trian", "tpc_pads"],
            "Expected a command among train, evaluate, sample, report, compare, list, info",
        ),
        (["train"], "Expected the name of a detector, as `jaxgen list` shows them; got none."),
        (["train", "tpc_pad"], "got 'tpc_pad', did you mean tpc_pads?"),
        (
            ["train", "no.such.package"],
            "Expected a detector or the Python package of one; found none named no.such.",
        ),
        (["info"], "Expected one run folder or generator; got none."),
        (["info", "nowhere"], "Expected a generator or a run folder; found nothing at nowhere."),
        (["evaluate", "a", "b"], "Expected one run folder; got a b."),
        (["evaluate", "nowhere"], "/nowhere; found no config.json there."),
        (["compare", "a"], "Expected two runs or more; got a."),
        (["compare", "a", "./a"], "Expected different runs; got a ./a."),
        (
            ["sample", "nowhere", "--preset=best"],
            "Expected a preset in the training only; got --preset=best.",
        ),
        (["sample", "nowhere", "--steps=3"], "Expected a flag of jaxgen sample; got --steps."),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence):
    found = run(*words)
    assert found.code == 1
    assert sentence in found.err
    assert found.err.count("\n") == 1


def test_short_names_tell_runs_apart():
    assert comparing.names_of(["runs/gan", "runs/vae"]) == {"gan": "runs/gan", "vae": "runs/vae"}


class TestSamples:
    WHERE = "crossing_angle=1.5,dip_angle=20,drift_length=100,pad_coordinate=31.5"

    def test_of_one_condition_go_to_a_file_by_its_ending(self, finished, tmp_path):
        for out in ("events.npz", "events.h5", "events.dat"):
            made = command(
                "sample", finished, "--condition", self.WHERE, "--num=20", f"--out={tmp_path / out}"
            )
            assert made.out == f"Wrote 20 events to {tmp_path / out}.\n", made.err
        with np.load(tmp_path / "events.npz") as events:
            np.testing.assert_array_equal(events["dip_angle"], np.full(20, 20, np.float32))
        again = command("sample", finished, f"--condition={self.WHERE}", f"--out={tmp_path}/events.npz")
        assert "--overwrite" in refused(again)

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["--condition=dip_angle=20"], "got no crossing_angle, drift_length, pad_coordinate"),
            (
                ["--condition=dip_angle=20,crossing_angle=1,drift_length=100,pad_coordinate=900"],
                "--outside=mark",
            ),
            (["--condition=dipangle=2"], "did you mean dip_angle?"),
            (
                ["--condition=dip_angle=2", "--conditions=a.csv"],
                "Expected --condition or --conditions; got both.",
            ),
            (["--member=1"], "Expected a member from 0 to 0; got 1."),
            (["--out=events.root"], "Expected a file that ends in one of "),
            (["--conditions=nowhere.csv"], "Expected a file of conditions; there is no file nowhere.csv."),
        ],
    )
    def test_that_cannot_be_are_refused(self, finished, words, sentence):
        assert sentence in refused(command("sample", finished, *words, "--num=5"))

    def test_of_a_file_alone_need_a_place(self, finished, tmp_path):
        assert "Expected --out=FILE" in refused(command("sample", finished / "generator"))


def test_info_shows_conditions_with_units_and_what_was_trained(finished):
    shown = command("info", finished).out
    assert "drift_length" in shown
    assert "time bin" in shown
    assert "Parameters of the generator: 128." in shown
    assert "Trained: 12 updates of 8 events" in shown


@pytest.fixture
def _left_alone():
    before = dict(systems.PACKAGES)
    yield
    systems.PACKAGES.clear()
    systems.PACKAGES.update(before)


@pytest.mark.usefixtures("_left_alone")
def test_a_detector_of_ones_own_needs_nothing_but_its_package(tmp_path):
    """Trains, shows, samples, reports and compares by the name of the package."""
    quiet = ("--quiet",)
    made = run("train", "tests.strip", "--preset=quick", f"--workdir={tmp_path}/0", *quiet)
    assert (made.code, made.out) == (0, ""), made.err
    shutil.copytree(tmp_path / "0", tmp_path / "1")
    systems.PACKAGES.pop("strip")
    assert "got 'strip'" in run("info", tmp_path / "0").err
    own = "--system=tests.strip"
    assert "position" in run("info", tmp_path / "0", own).out
    where = ("--condition", "particle=electron,position=1.5", "--num=3", f"--out={tmp_path}/s.npz")
    assert run("sample", tmp_path / "0", own, *where, *quiet).code == 0
    assert (tmp_path / "s.npz").is_file()
    reported = run("report", tmp_path / "0", own, f"--out={tmp_path}/r.html", *quiet)
    assert reported.code == 0, reported.err
    assert "Signals of a strip" in (tmp_path / "r.html").read_text()
    compared = run("compare", tmp_path / "0", tmp_path / "1", own, f"--out={tmp_path}/c.html", *quiet)
    assert compared.code == 0, compared.err
    assert "<h1>" in (tmp_path / "c.html").read_text()
