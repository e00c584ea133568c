"""Every flagfile describes a learner that can be built, and what a report tells can be typed again."""

import shlex

import jax
import numpy as np
import pytest
from absl import flags

from jaxgen.base import Length
from jaxgen.cli import flags as defining
from jaxgen.cli import main
from jaxgen.learners.regularizers import REGULARIZERS
from jaxgen.losses.adversarial import LOSSES
from jaxgen.systems import tpc_pads
from jaxgen.systems.tpc_pads.models.networks import ARCHITECTURES
from tests.cli.toys import ROOT, load, parse, settings

FLAGFILES = sorted((ROOT / "experiments" / "flags").glob("tpc_*.flags"))
PROMISED = {"tpc_sn_quick", "tpc_sn", "tpc_gp", "tpc_js_gp50", "tpc_best"}


@pytest.fixture(scope="module")
def data():
    tracks = np.random.default_rng(0).uniform(1, 50, (400, 6))
    tracks[:, 4] = 23  # the row
    return tpc_pads.dataset(np.ones((400, 8, 16)), tracks)


def shapes(data, *arguments: str):
    """Shapes of the state of a run with these flags, nothing computed."""
    recipe = tpc_pads.learner("gan", data, **settings(load("tpc_sn"), *arguments))
    learner = recipe.build(Length(recipe.settings.steps, 10))
    head = jax.tree.map(lambda x: x[:4], data.train)
    return jax.eval_shape(learner.init, jax.random.key(0), head)


def number_of_parameters(state, network: str) -> int:
    return sum(x.size for x in jax.tree.leaves(getattr(state.params, network)))


def test_those_promised_are_there():
    assert {path.stem for path in FLAGFILES} >= PROMISED


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.stem)
def test_flagfile_builds_its_learner(path, data):
    assert number_of_parameters(shapes(data, f"--flagfile={path}"), "generator") > 0


@pytest.mark.parametrize("name", ["tpc_sn", "tpc_gp"])
def test_the_published_settings_are_those_published(name, data):
    flagfile = f"--flagfile={ROOT}/experiments/flags/{name}.flags"
    chosen = settings(load("tpc_sn"), flagfile)
    wanted = {"generator_rate": 1e-4, "critic_rate": 1e-4, "decay_factor": 0.999, "critic_steps": 8}
    assert {key: chosen[key] for key in wanted} == wanted
    state = shapes(data, flagfile)
    assert number_of_parameters(state, "generator") == 19_968
    assert number_of_parameters(state, "critic") == 61_121


def test_the_defaults_of_the_model_are_those_of_the_best_flagfile(data):
    """But for those of the data."""
    chosen = settings(load("tpc_sn"), f"--flagfile={ROOT}/experiments/flags/tpc_best.flags")
    ours = tpc_pads.learner("gan", data).settings
    known = tpc_pads.learner("gan", data, **chosen).settings
    used = {name: getattr(known, name) for name in chosen if name != "decay_factor"}
    assert used == {name: getattr(ours, name) for name in used}


def test_flags_after_a_flagfile_replace_its_own():
    flagfile = f"--flagfile={ROOT}/experiments/flags/tpc_gp.flags"
    chosen = settings(load("tpc_sn"), flagfile, "--regularizer=spectral_norm", "--steps=7")
    assert chosen["regularizer"] == ["spectral_norm"]
    assert chosen["steps"] == 7


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_can_be_chosen(architecture, data):
    state = shapes(data, f"--architecture={architecture}")
    assert min(number_of_parameters(state, network) for network in ("generator", "critic")) > 10_000


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", [*REGULARIZERS, "spectral_norm,gradient_penalty,weight_clipping"])
def test_any_loss_combines_with_any_regularizer(loss, regularizer, data):
    state = shapes(data, f"--loss={loss}", f"--regularizer={regularizer}", "--architecture=moments")
    assert bool(jax.tree.leaves(state.forward)) == ("spectral_norm" in regularizer)


@pytest.mark.parametrize("text", ["", "none,spectral_norm", "spectral_norm,spectral_norm", "lipschitz"])
def test_regularizers_must_make_sense(text):
    with pytest.raises(flags.IllegalFlagValueError, match="Expected none or any of spectral_norm"):
        parse(load("tpc_sn"), f"--regularizer={text}")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--regularizer=weight_clipping,gradient_penalty", "--one_sided", "--seed=5"),
        ("--data=a file's name.dat", "--nostrict", "--critic_rate=3e-05", "--loss=minimax"),
    ],
)
def test_the_command_that_a_report_tells_gives_the_same_settings(arguments):
    experiment = load("tpc_sn")

    def told(values):
        given = defining.given_settings(values, experiment)
        options = {option: values[name].value for name, option in defining.OPTIONS.items()}
        return {
            "model": values.model,
            "settings": experiment.settings(values.model, given),
            "options": options,
            "data": {"source": defining.source(values, experiment)},
        }

    values = parse(experiment, *arguments)
    config = told(values)
    command = main.command(experiment, values, config)
    assert command.startswith("python experiments/tpc_sn.py ")
    assert told(parse(experiment, *shlex.split(command)[2:])) == config
