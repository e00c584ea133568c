"""Every model of showers is built by its flagfile, trains, resumes and samples by command line."""

import json

import jax
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.cli import runner
from jaxgen.cli.experiment import Experiment
from jaxgen.systems.calorimeter import data as calorimeter_showers
from jaxgen.systems.calorimeter.data import calochallenge
from jaxgen.training import loop
from tests.cli.experiments import experiment, settings_of
from tests.cli.toys import ROOT, call_experiment

FLAGFILES = sorted((ROOT / "experiments" / "flags").glob("calo_*.flags"))
PROMISED = {f"calo_{name}" for name in ("quick", "gan1", "gan2", "wgan", "vae", "flow", "cascade")}
SMALL = ("--batch_size=8", "--nocompilation_cache", "--samples_per_condition=1", "--log_every=2")
MODELS = {
    "gan1": (),
    "gan2": ("--transform=softplus", "--norelative"),
    "wgan": ("--symmetries", "--output=softplus"),
    "vae": ("--latent=3", "--summary_width=8", "--cell_width=4", "--symmetries"),
    "cascade": ("--split_width=4", "--whole_width=4", "--symmetries"),
    "flow": ("--layers=2", "--width=8", "--bins=3"),
}


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


def test_those_promised_are_there():
    assert {path.stem for path in FLAGFILES} >= PROMISED


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.stem)
def test_flagfile_builds_its_learner(path):
    with experiment("calorimeter") as module:
        chosen = settings_of(module, f"--flagfile={path}")
        dataset = calorimeter_showers.as_dataset(toy_showers(200), condition=chosen["condition"])
        learner, config = runner.build(module.EXPERIMENT, chosen, dataset)
        states = loop.example_states(learner, dataset.train, config)
        assert {x.shape[0] for x in jax.tree.leaves(states)} == {1}


@pytest.mark.parametrize("condition", ["none", "energy", "full"])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_takes_every_condition(model, condition):
    with experiment("calorimeter") as module:
        chosen = settings_of(module, f"--model={model}", f"--condition={condition}", *MODELS[model])
        dataset = calorimeter_showers.as_dataset(toy_showers(200), condition=condition)
        learner, config = runner.build(module.EXPERIMENT, chosen, dataset)
    states = loop.example_states(learner, dataset.train, config)
    one = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), states)
    batch = jax.tree.map(lambda x: x[:32], dataset.train)
    stepped, _ = jax.eval_shape(learner.step, jax.random.key(0), one, batch)
    assert jax.tree.map(lambda x: x.shape, stepped) == jax.tree.map(lambda x: x.shape, one)
    drawn = jax.eval_shape(
        lambda key, state, c: learner.sample(key, state, c, 7), jax.random.key(0), one, batch.condition[:7]
    )
    assert drawn.shape == (7, 30, 30)


def judged_by_rings(found: Experiment) -> Experiment:
    """The experiment with one suite and no figures; those have tests of their own."""
    return found._replace(
        suites={"rings": found.suites["rings"]},
        illustrate=lambda test, generated, train, spec: [],
        failures=lambda key, test, generated, train: [],
    )


def test_a_model_trains_resumes_and_samples(tmp_path):
    folder, data = tmp_path / "run", tmp_path / "showers.npz"
    calorimeter_showers.write(data, toy_showers(64))
    common = (f"--data={data}", "--model=vae", *MODELS["vae"], *SMALL)
    with experiment("calorimeter") as module:
        use = judged_by_rings(module.EXPERIMENT)
        first = call_experiment(use, *common, "--steps=2", f"--workdir={folder}")
        assert first.code == 0, first.err
        longer = call_experiment(use, *common, "--steps=4", f"--workdir={folder}")
        assert "Resuming from step 2." in longer.out, longer.err
        sampled = call_experiment(use, "--mode=sample", "--num_samples=9", f"--workdir={folder}")
        assert sampled.code == 0, sampled.err
    showers = calorimeter_showers.read_showers(folder / "samples" / "generated.npz")
    assert showers.data.shape == (9, 30, 30)
    assert showers.condition.shape == (9, 6)
    assert (showers.data >= 0).all()
    again = calochallenge.read_showers(folder / "samples" / "generated.hdf5")
    np.testing.assert_array_equal(again.data, showers.data)
    judged = json.loads((folder / "evaluation.json").read_text())
    assert judged["step"] == 4


def test_flags_of_another_model_are_refused(tmp_path):
    folder, data = tmp_path / "run", tmp_path / "showers.npz"
    calorimeter_showers.write(data, toy_showers(64))
    with experiment("calorimeter") as module:
        found = call_experiment(
            module.EXPERIMENT,
            "--model=vae",
            "--critic_steps=3",
            f"--data={data}",
            *SMALL,
            f"--workdir={folder}",
        )
    assert found.code == 1
    assert (
        found.err
        == "calorimeter: Expected flags of --model=vae; got --critic_steps, which it does not use.\n"
    )
    assert not folder.exists()
