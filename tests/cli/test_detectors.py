"""Every model of showers and leptons is built by its preset, trains, resumes and samples from flags."""

import json
from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest

from jaxgen.base import Batch, Length
from jaxgen.cli import presets
from jaxgen.system import Judging, System
from jaxgen.systems import calorimeter, four_leptons
from jaxgen.systems.calorimeter.data import calochallenge, shower_files
from jaxgen.systems.four_leptons.data import event_files
from tests.cli.toys import call_script, in_place_of, model_of, parse, settings

SHOWERS = presets.names(calorimeter.SYSTEM)
LEPTONS = presets.names(four_leptons.SYSTEM)
SMALL = ("--log_every=1", "--samples_per_condition=1", "--decay=constant")
SHOWER_MODELS = {
    "gan1": (),
    "gan2": ("--transform=softplus", "--norelative"),
    "wgan": ("--symmetries", "--output=softplus"),
    "vae": ("--latent=3", "--summary_width=8", "--cell_width=4", "--symmetries"),
    "cascade": ("--split_width=4", "--whole_width=4", "--symmetries"),
    "flow": ("--layers=2", "--width=8", "--bins=3"),
}
LEPTON_MODELS = {
    "vae": (),
    "beta_vae": ("--buffer_capacity=64",),
    "gan": ("--architecture=published_204", "--mass_weight=0.01"),
    "flow": ("--layers=2", "--width=8"),
    "spline_flow": ("--layers=2", "--width=8", "--bins=4"),
    "gmm": ("--components=3", "--start=random"),
}


showers = partial(call_script, "calorimeter", "calorimeter")
leptons = partial(call_script, "four_lepton", "four_leptons")


def toy_showers(number: int) -> Batch:
    """Energies that fall off from the middle, for conditions of all six columns."""
    draw = np.random.default_rng(0)
    places = np.abs(np.arange(30) - 14.5)
    profile = np.exp(-(places[:, None] + places)).astype(np.float32)
    energy = draw.uniform(1, 100, number)
    angles = draw.uniform(0, 0.2, (number, 2))
    condition = np.column_stack(
        [energy, draw.uniform(-10, 10, (number, 2)), angles, draw.integers(0, 2, number)]
    )
    images = energy[:, None, None] * profile * draw.uniform(0, 100, (number, 30, 30))
    return Batch(images.astype(np.float32), condition.astype(np.float32))


def toy_events(number: int) -> np.ndarray:
    """Two electrons and two muons each, at random."""
    momenta = np.random.default_rng(0).normal(0, 40, (number, 4, 3))
    events = np.zeros((number, 8, 4), np.float32)
    events[:, [0, 2, 4, 6], 1:] = momenta
    events[:, [0, 2, 4, 6], 0] = np.linalg.norm(momenta, axis=-1) + 0.1
    return events


def showers_of(condition: str, number: int = 200):
    return calorimeter.dataset(*toy_showers(number)) if condition == "full" else _fewer(condition, number)


def _fewer(condition: str, number: int):
    batch = toy_showers(number)
    columns = {"none": 0, "energy": 1, "impact": 3}[condition]
    return calorimeter.dataset(batch.data, batch.condition[:, :columns])


def sampled_shape(system: System, data, *arguments: str) -> tuple[int, ...]:
    """The shape of an event of the learner of these flags, which takes a step first; nothing is computed."""
    model = model_of(system.name, *arguments)
    recipe = system.learner(model, data, **settings(system.name, *arguments))
    learner = recipe.build(Length(recipe.settings.steps, 10))
    batch = jax.tree.map(lambda x: x[:64], data.train)
    key = jax.random.key(0)
    state = jax.eval_shape(learner.init, key, batch)
    stepped, _ = jax.eval_shape(learner.step, key, state, batch)
    assert jax.tree.map(lambda x: x.shape, stepped) == jax.tree.map(lambda x: x.shape, state)
    params = jax.eval_shape(learner.publish, state)
    drawn = jax.eval_shape(lambda *given: learner.sample(*given, 0), key, params, batch.condition[:7])
    assert len(drawn) == 7
    return drawn.shape[1:]


@pytest.mark.parametrize("preset", SHOWERS)
def test_preset_of_showers_builds_its_learner(preset):
    condition = parse("calorimeter", f"--preset={preset}").values["condition"]
    data = showers_of(condition)
    assert sampled_shape(calorimeter.SYSTEM, data, f"--preset={preset}") == (30, 30)


@pytest.mark.parametrize("condition", ["none", "energy", "full"])
@pytest.mark.parametrize("model", SHOWER_MODELS)
def test_every_model_of_showers_takes_every_condition(model, condition):
    arguments = (f"--model={model}", *SHOWER_MODELS[model])
    assert sampled_shape(calorimeter.SYSTEM, showers_of(condition), *arguments) == (30, 30)


@pytest.mark.parametrize("preset", LEPTONS)
def test_preset_of_leptons_builds_its_learner(preset):
    data = four_leptons.dataset(toy_events(400))
    assert sampled_shape(four_leptons.SYSTEM, data, f"--preset={preset}") == (8, 4)


@pytest.mark.parametrize(
    ("representation", "condition"),
    [
        ("sparse", "channel_mass"),
        ("standardized", "channel"),
        ("physical", "none"),
        ("cascade", "channel_mass"),
    ],
)
@pytest.mark.parametrize("model", LEPTON_MODELS)
def test_every_model_of_leptons_takes_every_representation_and_condition(model, representation, condition):
    data = four_leptons.dataset(toy_events(200), condition)
    arguments = (f"--model={model}", f"--representation={representation}", *LEPTON_MODELS[model])
    assert sampled_shape(four_leptons.SYSTEM, data, *arguments) == (8, 4)


def briefly(system: System, suite: str) -> System:
    """The system with one suite and no figures; those have tests of their own."""
    judging = system.judging()
    few = Judging({suite: judging.suites[suite]}, judging.quick, judging.meanings)
    return replace(system, judging=lambda: few, draw=lambda samples: [], failures=lambda key, samples: [])


def test_a_model_of_showers_trains_resumes_and_samples(tmp_path):
    folder, data = tmp_path / "run", tmp_path / "showers.npz"
    shower_files.write_showers(data, toy_showers(64))
    model = ("--model=vae", *SHOWER_MODELS["vae"])
    common = (*model, *SMALL, "--batch_size=8", f"--data={data}", f"--workdir={folder}")
    with in_place_of(briefly(calorimeter.SYSTEM, "rings")):
        first = showers(*common, "--steps=2")
        assert first.code == 0, first.err
        longer = showers(*common, "--steps=4")
        assert "Resuming from step 2." in longer.out, longer.err
        sampled = showers("--mode=sample", "--num=9", f"--workdir={folder}")
        assert sampled.code == 0, sampled.err
    found = shower_files.read_showers(folder / "samples" / "generated.npz")
    assert found.data.shape == (9, 30, 30)
    assert found.condition.shape == (9, 6)
    assert (found.data >= 0).all()
    again = calochallenge.read_showers(folder / "samples" / "generated.hdf5")
    np.testing.assert_array_equal(again.data, found.data)
    assert json.loads((folder / "evaluation.json").read_text())["step"] == 4


LEPTON_DATA = ("--data_events=600", "--batch_size=40", "--representation=cascade")


def test_a_model_of_leptons_trains_resumes_and_samples(tmp_path):
    folder, model = tmp_path / "run", "spline_flow"
    common = (f"--model={model}", *LEPTON_MODELS[model], *LEPTON_DATA, *SMALL, f"--workdir={folder}")
    with in_place_of(briefly(four_leptons.SYSTEM, "mass")):
        first = leptons(*common, "--steps=2")
        assert first.code == 0, first.err
        longer = leptons(*common, "--steps=4")
        assert "Resuming from step 2." in longer.out, longer.err
        sampled = leptons("--mode=sample", "--num=25", f"--workdir={folder}")
        assert sampled.code == 0, sampled.err
    events = event_files.read_events(folder / "samples" / "generated.csv")
    assert events.shape == (25, 8, 4)
    judged = json.loads((folder / "evaluation.json").read_text())
    assert judged["step"] == 4
    assert judged["metrics"]["nan_fraction"]["value"] == 0


@pytest.mark.parametrize(("detector", "model"), [("calorimeter", "vae"), ("four_leptons", "gmm")])
def test_flags_of_another_model_are_refused(detector, model, tmp_path):
    arguments = (f"--model={model}", "--critic_steps=3", "--data_events=80", "--batch_size=8")
    found = call_script("script", detector, *arguments, f"--workdir={tmp_path}/run")
    assert found.code == 1
    assert found.err.startswith(f"script: Expected flags of --model={model}; got --critic_steps, of ")
    assert not (tmp_path / "run").exists()
