"""Every flagfile describes a learner that can be built, and what a report tells can be typed again."""

import shlex

import jax
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from jaxgen.base import Batch
from jaxgen.cli import runner, settings
from jaxgen.data.dataset import split
from jaxgen.learners.regularizers import REGULARIZERS
from jaxgen.losses.adversarial import LOSSES
from jaxgen.run import describe
from jaxgen.systems.tpc_pads import data as tpc_pads
from jaxgen.systems.tpc_pads.models.architectures import ARCHITECTURES
from jaxgen.training import loop
from tests.cli.toys import ROOT, tpc_sn

FLAGFILES = sorted((ROOT / "experiments" / "flags").glob("tpc_*.flags"))
PROMISED = {"tpc_sn_quick", "tpc_sn", "tpc_gp", "tpc_js_gp50", "tpc_best"}


def parsed(*arguments: str) -> dict:
    """Settings that a command line gives."""
    known = tpc_sn().FLAGS
    with flagsaver.flagsaver():
        try:
            flags.FLAGS(["tpc_sn.py", *arguments])
            return settings.read(flags.FLAGS, known)
        finally:
            flags.FLAGS.unparse_flags()


def shapes(chosen: dict):
    """Shapes of the states of a run with these settings, nothing computed."""
    number = 4 * chosen["batch_size"]
    condition = np.random.default_rng(0).uniform(1, 50, (number, 6)).astype(np.float32)
    dataset = split(Batch(np.ones((number, 8, 16), np.float32), condition), tpc_pads.SPEC)
    learner, config = runner.build(tpc_sn().EXPERIMENT, {**chosen, "devices": 1}, dataset)
    return loop.example_states(learner, dataset.train, config)


def number_of_parameters(states, network: str) -> int:
    return sum(x.size for x in jax.tree.leaves(getattr(states.params, network)))


def test_those_promised_are_there():
    assert {path.stem for path in FLAGFILES} >= PROMISED


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.stem)
def test_flagfile_builds_its_learner(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    chosen = parsed(f"--flagfile={path}")
    states = shapes(chosen)
    assert number_of_parameters(states, "generator") > 0
    assert {x.shape[0] for x in jax.tree.leaves(states)} == {chosen["num_seeds"]}


@pytest.mark.parametrize("name", ["tpc_sn", "tpc_gp"])
def test_the_published_settings_are_those_published(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    chosen = parsed(f"--flagfile=experiments/flags/{name}.flags")
    wanted = {"generator_rate": 1e-4, "critic_rate": 1e-4, "decay_factor": 0.999, "critic_steps": 8}
    assert {key: chosen[key] for key in wanted} == wanted
    states = shapes(chosen)
    assert number_of_parameters(states, "generator") == 19_968
    assert number_of_parameters(states, "critic") == 61_121


def test_flags_after_a_flagfile_replace_its_own(monkeypatch):
    monkeypatch.chdir(ROOT)
    chosen = parsed("--flagfile=experiments/flags/tpc_gp.flags", "--regularizer=spectral_norm", "--steps=7")
    assert chosen["regularizer"] == ["spectral_norm"]
    assert chosen["steps"] == 7


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_can_be_chosen(architecture):
    states = shapes(parsed(f"--architecture={architecture}"))
    assert min(number_of_parameters(states, network) for network in ("generator", "critic")) > 10_000


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", [*REGULARIZERS, "spectral_norm,gradient_penalty,weight_clipping"])
def test_any_loss_combines_with_any_regularizer(loss, regularizer):
    states = shapes(parsed(f"--loss={loss}", f"--regularizer={regularizer}", "--architecture=moments"))
    assert bool(jax.tree.leaves(states.forward)) == ("spectral_norm" in regularizer)


@pytest.mark.parametrize("text", ["", "none,spectral_norm", "spectral_norm,spectral_norm", "lipschitz"])
def test_regularizers_must_make_sense(text):
    with pytest.raises(flags.IllegalFlagValueError, match="Expected none or any of spectral_norm"):
        parsed(f"--regularizer={text}")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--regularizer=weight_clipping,gradient_penalty", "--nostrict", "--one_sided", "--seed=5"),
        ("--data=a file's name.dat", "--critic_rate=3e-05", "--average_decay=0.99", "--loss=minimax"),
    ],
)
def test_the_command_that_a_report_tells_gives_the_same_settings(arguments):
    chosen = parsed(*arguments)
    told = describe.command(tpc_sn().EXPERIMENT, {"flags": chosen})
    assert told.startswith("python experiments/tpc_sn.py ")
    again = parsed(*shlex.split(told)[2:])
    assert {**again, "workdir": None} == chosen
