"""Presets give the values that were published or found, and each can be trained by; flagfiles name them."""

import json

import jax
import numpy as np
import pytest

from jaxgen import settings as model_settings
from jaxgen import systems
from jaxgen.base import Length
from jaxgen.cli import options, presets
from jaxgen.learners.regularizers import REGULARIZERS
from jaxgen.losses.adversarial import LOSSES
from jaxgen.run.options import Options
from jaxgen.systems import tpc_pads
from jaxgen.systems.tpc_pads.models.networks import ARCHITECTURES
from tests.cli.toys import ROOT, model_of, parse, settings

KNOWN = json.loads((ROOT / "tests" / "golden" / "presets.json").read_text())
FLAGFILES = sorted((ROOT / "experiments" / "flags").glob("*.flags"))
DETECTORS = {"tpc": "tpc_pads", "calo": "calorimeter", "four": "four_leptons"}
BEST = {
    "tpc_pads": {"best": "gan"},
    "calorimeter": {"best": "cascade", **{name: name for name in ("vae", "wgan", "flow", "gan1", "gan2")}},
    "four_leptons": {
        "best": "spline_flow",
        **{name: name for name in ("gan", "vae", "beta_vae", "flow", "gmm")},
    },
}


@pytest.fixture(scope="module")
def data():
    tracks = np.random.default_rng(0).uniform(1, 50, (400, 6))
    tracks[:, 4] = 23  # the row
    return tpc_pads.dataset(np.ones((400, 8, 16)), tracks)


def shapes(data, *words: str):
    """Shapes of the state of a run with these flags, nothing computed."""
    recipe = tpc_pads.learner("gan", data, **settings("tpc_pads", *words))
    learner = recipe.build(Length(recipe.settings.steps, 10))
    head = jax.tree.map(lambda x: x[:4], data.train)
    return jax.eval_shape(learner.init, jax.random.key(0), head)


def number_of_parameters(state, network: str) -> int:
    return sum(x.size for x in jax.tree.leaves(getattr(state.params, network)))


def test_those_known_are_there():
    found = {f"{name}/{preset}" for name in BEST for preset in presets.names(systems.get(name))}
    assert found == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_each_resolves_to_the_values_that_it_had(name):
    """As resolved before defaults were written in one place only."""
    detector, preset = name.split("/")
    wanted, given = KNOWN[name], parse(detector, f"--preset={preset}")
    assert model_of(detector, f"--preset={preset}") == wanted["model"]
    kind = systems.get(detector).model(wanted["model"]).settings
    chosen = model_settings.as_json(kind(**settings(detector, f"--preset={preset}")))
    assert {one: chosen[one] for one in wanted["settings"]} == wanted["settings"]
    assert vars(Options(**given.choose(model_settings.describe(Options)))) == wanted["options"]
    described = options.of_data(systems.get(detector))
    defaults = {one.name: one.default for one in described}
    source = {**defaults, **options.source(systems.get(detector), given.choose(described))}
    assert {one: source[one] for one in wanted["data"]} == wanted["data"]


@pytest.mark.parametrize("name", KNOWN)
def test_each_says_all_that_it_relies_on(name):
    """So that another default changes no preset."""
    detector, preset = name.split("/")
    assert set(KNOWN[name]["settings"]) <= set(settings(detector, f"--preset={preset}"))
    title = presets.title(systems.get(detector), preset)
    assert title.endswith(".")
    assert len(title) > 20


@pytest.mark.parametrize(("detector", "preset"), [(d, p) for d, rows in BEST.items() for p in rows])
def test_the_defaults_of_a_model_are_those_of_its_preset(detector, preset):
    kind = systems.get(detector).model(BEST[detector][preset]).settings
    used = KNOWN[f"{detector}/{preset}"]["settings"]
    ours = model_settings.as_json(kind())
    assert {name: ours[name] for name in used} == used


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.stem)
def test_a_flagfile_names_a_preset(path):
    detector = DETECTORS[path.stem.split("_")[0]]
    if path.stem == "four_lepton_all":
        assert model_of(detector, f"--flagfile={path}") == "all"
        return
    (name,) = [line.partition("=")[2] for line in path.read_text().splitlines() if line.startswith("--")]
    assert parse(detector, f"--flagfile={path}").values == parse(detector, f"--preset={name}").values


@pytest.mark.parametrize("detector", BEST)
def test_every_model_has_a_preset_to_train_it_by(detector):
    system = systems.get(detector)
    found = {model: presets.of_model(system, model) for model in system.models}
    assert found == {model: preset for preset, model in BEST[detector].items()}


def test_the_published_settings_are_those_published(data):
    for name in ("thesis", "publication"):
        chosen = settings("tpc_pads", f"--preset={name}")
        wanted = {"generator_rate": 1e-4, "critic_rate": 1e-4, "decay_factor": 0.999, "critic_steps": 8}
        assert {key: chosen[key] for key in wanted} == wanted
        state = shapes(data, f"--preset={name}")
        assert number_of_parameters(state, "generator") == 19_968
        assert number_of_parameters(state, "critic") == 61_121


def test_flags_of_the_command_line_win_wherever_they_stand():
    chosen = settings(
        "tpc_pads", "--regularizer=spectral_norm", "--preset=publication", "--steps=7", "--clip", "0.5"
    )
    assert chosen["regularizer"] == ("spectral_norm",)
    assert (chosen["steps"], chosen["clip"]) == (7, 0.5)
    assert chosen["penalty_weight"] == 10


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_can_be_chosen(architecture, data):
    state = shapes(data, f"--architecture={architecture}")
    assert min(number_of_parameters(state, network) for network in ("generator", "critic")) > 10_000


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", [*REGULARIZERS, "spectral_norm,gradient_penalty,weight_clipping"])
def test_any_loss_combines_with_any_regularizer(loss, regularizer, data):
    state = shapes(data, f"--loss={loss}", f"--regularizer={regularizer}", "--architecture=moments")
    assert bool(jax.tree.leaves(state.forward)) == ("spectral_norm" in regularizer)
