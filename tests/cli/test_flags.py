"""Flags come from settings: values, files, mistakes, help, and the command that a report tells."""

import shlex
import sys

import pytest

from jaxgen import settings as model_settings
from jaxgen import systems
from jaxgen.cli import flags, help, main, options, training
from jaxgen.cli.arguments import Argument, expand
from jaxgen.run.options import Options
from tests.cli.toys import captured, model_of, parse, settings

DETECTORS = ("tpc_pads", "calorimeter", "four_leptons")


def told(detector: str, given: flags.Given, model: str) -> dict:
    """A configuration as a run has it."""
    system = systems.get(detector)
    kind = system.model(model).settings
    described = options.of_data(system)
    usual = {"condition": "none"} if detector == "four_leptons" else {}
    return {
        "system": detector,
        "model": model,
        "settings": model_settings.as_json(kind(**options.model_settings(system, model, given.values))),
        "options": vars(Options(**given.choose(model_settings.describe(Options)))),
        "data": {"source": {**usual, **options.source(system, given.choose(described))}},
    }


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        ("tpc_pads", ()),
        ("tpc_pads", ("--regularizer=weight_clipping,gradient_penalty", "--one_sided", "--seed=5")),
        ("tpc_pads", ("--data=a file's name.dat", "--nostrict", "--critic_rate=3e-05", "--loss=minimax")),
        ("calorimeter", ("--model=gan1", "--data_events=77", "--condition=energy")),
        ("four_leptons", ("--preset=gmm", "--members=3")),
    ],
)
def test_the_command_that_a_report_tells_gives_the_same_run(detector, words):
    config = told(detector, parse(detector, *words), model_of(detector, *words))
    command = training.command(config)
    assert command.startswith(f"jaxgen train {detector} ")
    again = shlex.split(command)[3:]
    assert told(detector, parse(detector, *again), model_of(detector, *again)) == config


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("--stepz=3", "Expected a flag of tpc_pads; got --stepz. Did you mean --steps?"),
        ("--zzz", "Expected a flag of tpc_pads; got --zzz. --help lists all."),
        ("--nosteps", "Expected a flag of tpc_pads; got --nosteps. Did you mean --steps?"),
        ("--steps=many", "Expected --steps to be a whole number; got 'many'."),
        ("--steps=1.5", "Expected --steps to be a whole number; got 1.5."),
        ("--steps=0", "Expected --steps of at least 1; got 0."),
        ("--steps", "Expected a value, --steps=...; got none."),
        ("--seed=-1", "Expected --seed of at least 0; got -1."),
        ("--seed=4294967296", "Expected --seed of at most 4294967295; got 4294967296."),
        ("--critic_rate=nan", "Expected a finite number for --critic_rate; got nan."),
        ("--loss=wasserstain", "Expected --loss to be one of cramer, "),
        ("--regularizer=", "Expected --regularizer to be none or any of spectral_norm"),
        ("--regularizer=none,spectral_norm", "Expected --regularizer to be none or any of spectral_norm"),
        ("--reflections=maybe", "Expected --reflections alone or true or false as its value; got 'maybe'."),
        ("--preset=bets", "Expected a preset of tpc_pads among quick, best, "),
    ],
)
def test_a_mistake_is_one_sentence_on_the_flag(word, sentence, tmp_path):
    with pytest.raises(ValueError, match=r"Expected") as error:
        parse("tpc_pads", word)
    assert sentence in str(error.value)
    if "preset" not in word:  # in a file it is the same, with file and line
        path = tmp_path / "my.flags"
        path.write_text(f"# mine\n\n  {word}\n")
        with pytest.raises(ValueError, match=r"my\.flags, line 3: Expected") as error:
            parse("tpc_pads", f"--flagfile={path}")
        assert sentence in str(error.value)


def test_values_may_be_written_as_people_do():
    words = ("--steps", "1e3", "--reflections=no", "--regularizer=spectral_norm,weight_clipping", "--b1=0")
    chosen = settings("tpc_pads", *words)
    assert chosen == {
        "steps": 1000,
        "reflections": False,
        "regularizer": ("spectral_norm", "weight_clipping"),
        "b1": 0.0,
    }


class TestFiles:
    def test_are_read_where_they_stand_and_lose_against_the_command_line(self, tmp_path):
        (tmp_path / "inner").mkdir()
        (tmp_path / "inner" / "a.flags").write_text("--steps=1\n--seed=1\n// a comment\n--flagfile=b.flags\n")
        (tmp_path / "inner" / "b.flags").write_text("--seed=2\n--preset=mine\n")
        (tmp_path / "mine.flags").write_text("--steps=9\n--clip=9\n")
        found = expand(
            ["--steps=3", "--flagfile", f"{tmp_path}/inner/a.flags"], lambda name: tmp_path / f"{name}.flags"
        )
        assert found.presets == ["mine"]
        texts = [one.text for one in found.arguments]
        assert texts == ["--steps=9", "--clip=9", "--steps=1", "--seed=1", "--seed=2", "--steps=3"]
        assert found.arguments[3] == Argument("--seed=1", f"{tmp_path}/inner/a.flags, line 2")

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("steps=3\n", "line 1: Expected a flag, with two dashes; got steps=3."),
            ("--flagfile=own.flags\n", "Expected a flagfile that does not contain itself; got "),
            ("--flagfile=\n", "line 1: Expected a name as --flagfile; got none."),
            ("--flagfile=nowhere.flags\n", "Expected a flagfile; found none at "),
        ],
    )
    def test_that_cannot_be_used_are_said(self, tmp_path, text, sentence):
        (tmp_path / "own.flags").write_text(text)
        with pytest.raises((ValueError, FileNotFoundError), match="Expected") as error:
            parse("tpc_pads", f"--flagfile={tmp_path}/own.flags")
        assert sentence in str(error.value)

    def test_of_other_bytes_are_said(self, tmp_path):
        (tmp_path / "own.flags").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match="Expected a flagfile of text"):
            parse("tpc_pads", f"--flagfile={tmp_path}/own.flags")


class TestHelp:
    @pytest.mark.parametrize("detector", DETECTORS)
    def test_explains_every_flag_in_sentences(self, detector):
        shown = captured(lambda: main.run(["train", detector, "--help"])).out
        for one in options.of_training(systems.get(detector)):
            assert f"--{one.name}=" in shown or f"--[no]{one.name}" in shown
            assert one.group in help.GROUPS
            assert one.sentence().endswith(".")
            assert one.sentence()[0] == one.sentence()[0].upper()
        assert max(map(len, shown.splitlines())) <= help.WIDEST

    @pytest.mark.parametrize("detector", DETECTORS)
    def test_in_short_is_one_screen(self, detector):
        shown = captured(lambda: main.run(["train", detector, "--helpshort"])).out
        assert 10 < shown.count("\n") <= 45
        assert "--preset=quick" in shown

    def test_says_which_model_has_a_setting_and_with_which_default(self):
        shown = " ".join(captured(lambda: main.run(["train", "calorimeter", "--help"])).out.split())
        assert "Units of each hidden layer of a split. At least 1. Of cascade. Default: 48." in shown
        assert "Default: 12000; 40000 for wgan; 4000 for flow; 6000 for gan1; 6000 for gan2." in shown

    @pytest.mark.parametrize("command", ["train", *main.COMMANDS])
    def test_of_every_command_is_there(self, command):
        found = captured(lambda: main.run([command, "--help"]))
        assert found.code == 0
        assert found.out.startswith(f"jaxgen {command} ")
        assert command in captured(lambda: main.run([])).out


def test_any_number_of_detectors_share_a_process():
    for detector in DETECTORS:
        assert parse(detector, "--steps=3").values == {"steps": 3}
    assert "absl.flags" in sys.modules
    assert not set(sys.modules["absl.flags"].FLAGS) & {"steps", "workdir"}


def test_data_flags_come_from_the_functions_that_make_data():
    found = {one.name: one for one in options.of_data(systems.get("four_leptons"))}
    assert found["process"].words == '"zz4l", two Z bosons from quarks, or "h4l", those of a Higgs boson'
    assert (found["full"].kind, found["data_events"].default) == (bool, 20_000)
    with pytest.raises(ValueError, match="on events of a file; got --process"):
        options.source(systems.get("four_leptons"), {"data": "events.csv", "process": "h4l"}, ["process"])
    with pytest.raises(ValueError, match="on simulated events; got --strict"):
        options.source(systems.get("tpc_pads"), {"strict": False}, ["strict"])
    preset = {"data": "events.csv", "data_events": 5000}
    assert options.source(systems.get("four_leptons"), preset) == {"read": "events.csv"}
