"""Command lines of the TPC experiment inside this process, with toys for everything slow.

Flags, files, the run folder, checkpoints and logs are the real ones; the learner follows the mean response,
one metric judges it, and there are no figures.
"""

import contextlib
import functools
import hashlib
import importlib.util
import io
import json
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from absl import app, flags
from absl.testing import flagsaver

from jaxgen import collectives
from jaxgen.base import Array, Batch, Estimate, Learner
from jaxgen.cli import runner
from jaxgen.cli.experiment import Experiment
from jaxgen.data.dataset import Dataset, split
from jaxgen.systems.tpc_pads import data as tpc_pads

ROOT = Path(__file__).parents[2]
TINY = ("--nocompilation_cache", "--data_events=80", "--batch_size=8", "--generator_rate=0.1")
SHORT = (*TINY, "--steps=12", "--log_every=2", "--save_every=4", "--samples_per_condition=1")


class Result(NamedTuple):
    code: int
    out: str
    err: str


class ToyState(NamedTuple):
    step: Array
    mean: Array


@functools.cache
def tpc_sn() -> ModuleType:
    """The experiment's file as a module; its flags are defined once."""
    spec = importlib.util.spec_from_file_location("tpc_sn", ROOT / "experiments" / "tpc_sn.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(*arguments: object, use: Experiment | None = None) -> Result:
    """Does what the command line would, and returns what a user meets."""
    return call_experiment(use or toy(tpc_sn().EXPERIMENT), *arguments)


def call_experiment(use: Experiment, *arguments: object) -> Result:
    """The same for an experiment whose flags are defined."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with flagsaver.flagsaver(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            rest = app.parse_flags_with_usage([f"{use.name}.py", *map(str, arguments)])
            runner.run(use, rest)
        except SystemExit as stop:
            code = stop.code
        finally:
            flags.FLAGS.unparse_flags()
    return Result(code, out.getvalue(), err.getvalue())


def digest(folder: Path, step: int) -> str:
    """SHA-256 of all arrays of a checkpoint, with their names."""
    arrays = ocp.StandardCheckpointer().restore(folder.absolute() / "checkpoints" / str(step) / "state")
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(name.encode() + np.asarray(arrays[name]).tobytes())
    return found.hexdigest()


def toy(experiment: Experiment) -> Experiment:
    """The experiment with everything slow replaced."""
    return experiment._replace(
        read=lambda settings: (toy_events if settings["data"] == "simulated" else experiment.read)(settings),
        learner=toy_learner,
        suites={"mean": lambda key, real, fake: {"trend_chi2": distance(key, real, fake)}},
        quick=distance,
        illustrate=lambda test, generated, train, spec: [],
        failures=lambda key, test, generated, train: [],
    )


def toy_events(settings) -> Dataset:
    draw = np.random.default_rng(settings["data_seed"])
    number = settings["data_events"]
    condition = draw.uniform([-20, -60, 35, 10], [20, 60, 290, 100], (number, 4))
    data = draw.gamma(2.0, 5.0, (number, 8, 16))
    batch = Batch(*(jnp.asarray(x, jnp.float32) for x in (data, condition)))
    return split(batch, tpc_pads.make_spec(number=4))


def toy_learner(settings, dataset, length, axis_name) -> Learner:
    """Follows the mean response noisily, at the generator's rate; needs four parameters a track."""
    rate = settings["generator_rate"]

    def init(key, batch):
        tpc_pads.features(batch.condition)
        return ToyState(jnp.int32(0), jax.random.uniform(key, batch.data.shape[1:]))

    def step(key, state, batch):
        found = collectives.mean(batch.data.mean(axis=0), axis_name)
        noise = 0.1 * jax.random.normal(jax.random.fold_in(key, state.step), found.shape)
        mean = state.mean + rate * (found - state.mean + noise)
        return ToyState(state.step + 1, mean), {"critic_loss": jnp.mean((found - mean) ** 2)}

    def sample(key, state, condition, n):
        phase = jax.random.key_data(key)[-1] % 1000  # drawn numbers would take long to compile
        noise = jnp.sin(phase * (1 + jnp.arange(n * state.mean.size, dtype=jnp.float32)))
        return state.mean + noise.reshape(n, *state.mean.shape) + tpc_pads.features(condition)[:, :1, None]

    return Learner(init, step, sample)


def distance(key, real, fake) -> Estimate:
    del key
    return Estimate(float(np.abs(np.mean(real.data, axis=0) - np.mean(fake.data, axis=0)).sum()), 0.1)


def refused(result: Result) -> str:
    """The one line of an error."""
    assert result.code == 1, result
    assert result.err.startswith("tpc_sn: ")
    assert result.err.count("\n") == 1, result.err
    return result.err.removeprefix("tpc_sn: ").strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def metrics(folder: Path) -> dict:
    return json.loads((folder / "evaluation.json").read_text())["metrics"]
