"""Every model of four-lepton events is built by its flagfile, trains, resumes and samples by command line."""

import json

import jax
import numpy as np
import pytest

from jaxgen.cli import runner
from jaxgen.cli.experiment import Experiment
from jaxgen.systems.four_leptons import data as four_lepton
from jaxgen.training import loop
from tests.cli.experiments import experiment, settings_of
from tests.cli.toys import ROOT, call_experiment, digest

FLAGFILES = sorted((ROOT / "experiments" / "flags").glob("four_lepton_*.flags"))
PROMISED = {
    f"four_lepton_{name}" for name in ("quick", "vae", "beta_vae", "gan", "flow", "spline_flow", "gmm", "all")
}
SMALL = (
    "--data_events=600",
    "--batch_size=40",
    "--log_every=1",
    "--nocompilation_cache",
    "--samples_per_condition=1",
)
MODELS = {
    "vae": (),
    "beta_vae": ("--buffer_capacity=64",),
    "gan": ("--architecture=published_204", "--mass_weight=0.01"),
    "flow": ("--layers=2", "--width=8"),
    "spline_flow": ("--layers=2", "--width=8", "--bins=4"),
    "gmm": ("--components=3", "--start=random"),
}


def test_those_promised_are_there():
    assert {path.stem for path in FLAGFILES} >= PROMISED


@pytest.mark.parametrize(
    "path", [p for p in FLAGFILES if p.stem != "four_lepton_all"], ids=lambda path: path.stem
)
def test_flagfile_builds_its_learner(path):
    with experiment("four_lepton") as module:
        chosen = settings_of(module, f"--flagfile={path}")
        dataset = four_lepton.as_dataset(toy_events(20_000), condition=chosen["condition"])
        learner, config = runner.build(module.EXPERIMENT, chosen, dataset)
        states = loop.example_states(learner, dataset.train, config)
        assert {x.shape[0] for x in jax.tree.leaves(states)} == {1}


def toy_events(number: int) -> np.ndarray:
    """Two electrons and two muons each, at random."""
    momenta = np.random.default_rng(0).normal(0, 40, (number, 4, 3))
    events = np.zeros((number, 8, 4), np.float32)
    events[:, [0, 2, 4, 6], 1:] = momenta
    events[:, [0, 2, 4, 6], 0] = np.linalg.norm(momenta, axis=-1) + 0.1
    return events


@pytest.mark.parametrize(
    ("representation", "condition"),
    [
        ("sparse", "channel_mass"),
        ("standardized", "channel"),
        ("physical", "none"),
        ("cascade", "channel_mass"),
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_every_model_takes_every_representation_and_condition(model, representation, condition):
    with experiment("four_lepton") as module:
        chosen = settings_of(
            module,
            f"--model={model}",
            f"--representation={representation}",
            f"--condition={condition}",
            *MODELS[model],
        )
        dataset = four_lepton.as_dataset(toy_events(200), condition=condition)
        learner, config = runner.build(module.EXPERIMENT, chosen, dataset)
    states = loop.example_states(learner, dataset.train, config)
    one = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), states)
    batch = jax.tree.map(lambda x: x[:32], dataset.train)
    stepped, _ = jax.eval_shape(learner.step, jax.random.key(0), one, batch)
    assert jax.tree.map(lambda x: x.shape, stepped) == jax.tree.map(lambda x: x.shape, one)
    drawn = jax.eval_shape(
        lambda key, state, c: learner.sample(key, state, c, 7), jax.random.key(0), one, batch.condition[:7]
    )
    assert drawn.shape == (7, 8, 4)


def judged_by_masses(found: Experiment) -> Experiment:
    """The experiment with one suite and no figures; those have tests of their own."""
    return found._replace(
        suites={"mass": found.suites["mass"]},
        illustrate=lambda test, generated, train, spec: [],
        failures=lambda key, test, generated, train: [],
    )


@pytest.mark.parametrize("model", ["spline_flow", "gmm"])
def test_a_model_trains_resumes_and_samples(model, tmp_path):
    folder = tmp_path / "run"
    common = (f"--model={model}", "--representation=cascade", *MODELS[model], *SMALL)
    with experiment("four_lepton") as module:
        use = judged_by_masses(module.EXPERIMENT)
        first = call_experiment(use, *common, "--steps=2", f"--workdir={folder}")
        assert first.code == 0, first.err
        longer = call_experiment(use, *common, "--steps=4", f"--workdir={folder}")
        assert "Resuming from step 2." in longer.out, longer.err
        sampled = call_experiment(use, "--mode=sample", "--num_samples=25", f"--workdir={folder}")
        assert sampled.code == 0, sampled.err
    events = four_lepton.read_events(folder / "samples" / "generated.csv")
    assert events.shape == (25, 8, 4)
    judged = json.loads((folder / "evaluation.json").read_text())
    assert judged["step"] == 4
    assert judged["metrics"]["nan_fraction"]["value"] == 0


def test_a_resumed_run_equals_an_unbroken_one(tmp_path):
    common = ("--model=gmm", "--representation=cascade", *MODELS["gmm"], *SMALL)
    with experiment("four_lepton") as module:
        use = judged_by_masses(module.EXPERIMENT)
        for name, steps in [("broken", 2), ("broken", 3), ("whole", 3)]:
            found = call_experiment(use, *common, f"--steps={steps}", f"--workdir={tmp_path / name}")
            assert found.code == 0, found.err
    assert digest(tmp_path / "broken", 3) == digest(tmp_path / "whole", 3)


def test_flags_of_another_model_are_refused(tmp_path):
    with experiment("four_lepton") as module:
        folder = tmp_path / "run"
        found = call_experiment(
            module.EXPERIMENT, "--model=gmm", "--critic_steps=3", *SMALL, f"--workdir={folder}"
        )
    assert found.code == 1
    assert (
        found.err
        == "four_lepton: Expected flags of --model=gmm; got --critic_steps, which it does not use.\n"
    )
    assert not folder.exists()
