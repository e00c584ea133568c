"""Command lines of the experiments inside this process, with toys for everything slow.

Flags, files, the run folder, checkpoints, generators and logs are the real ones; the learner follows the mean
response, one metric judges it, and there are no figures.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from jaxgen import collectives, systems
from jaxgen.base import Array, Estimate, Learner
from jaxgen.cli import flags, main, options, presets
from jaxgen.cli.arguments import expand
from jaxgen.cli.flags import Given
from jaxgen.data.dataset import Dataset
from jaxgen.system import Judging, Model, System
from jaxgen.systems import tpc_pads
from jaxgen.systems.tpc_pads import representation
from jaxgen.systems.tpc_pads.models.gan import GanSettings
from jaxgen.systems.tpc_pads.suites import MEANINGS

ROOT = Path(__file__).parents[2]
TINY = ("--data_events=80", "--batch_size=8", "--generator_rate=0.1")
SHORT = (*TINY, "--steps=12", "--log_every=2", "--save_every=4", "--samples_per_condition=1")


OF_FILE = tuple(flag for flag in SHORT if not flag.startswith("--data_events"))


class Result(NamedTuple):
    code: int
    out: str
    err: str


class ToyState(NamedTuple):
    step: Array
    mean: Array


def parse(name: str, *words: object) -> Given:
    """What a command line gives for a detector."""
    system = systems.get(name)
    expanded = expand([*map(str, words)], lambda preset: presets.path(system, preset))
    return flags.parse(options.of_training(system), expanded.arguments, of=name)


def model_of(name: str, *words: object) -> str:
    """The model that a command line trains."""
    return parse(name, *words).values.get("model", options.first_model(systems.get(name)))


def settings(name: str, *words: object) -> dict:
    """The settings that a command line gives its model."""
    model = model_of(name, *words)
    return options.model_settings(systems.get(name), model, parse(name, *words).values)


@contextlib.contextmanager
def in_place_of(system: System) -> Iterator[None]:
    """A system in the registry in place of the one of its name."""
    before = systems.PACKAGES[system.name]
    systems.register(system.name, system)
    try:
        yield
    finally:
        systems.register(system.name, before)


def call(*words: object, use: System | None = None) -> Result:
    """Does what the script of the TPC would with a toy, and returns what a user meets."""
    with in_place_of(use or TOY):
        return call_script("tpc_sn", "tpc_pads", *words)


def call_script(script: str, system: str, *words: object) -> Result:
    """The same for any script."""
    given = ["--nocompilation_cache", *map(str, words)]
    return captured(lambda: main.run_experiment(system, given, program=script))


def command(*words: object, use: System | None = None) -> Result:
    """Does what the command `jaxgen` would with a toy in place of the TPC."""
    with in_place_of(use or TOY):
        return captured(lambda: main.run([*map(str, words), "--nocompilation_cache"]))


def captured(does: Callable[[], int]) -> Result:
    """The exit status and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = does()
    return Result(code, out.getvalue(), err.getvalue())


def digest(folder: Path, step: int) -> str:
    """SHA-256 of all arrays of a checkpoint, with their names."""
    arrays = ocp.StandardCheckpointer().restore(folder.absolute() / "checkpoints" / str(step) / "state")
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(name.encode() + np.asarray(arrays[name]).tobytes())
    return found.hexdigest()


def toy_events(seed: int = 0, number: int = 80, *, validation: float = 0.0) -> Dataset:
    draw = np.random.default_rng(seed)
    condition = draw.uniform([-20, -60, 35, 10], [20, 60, 290, 100], (number, 4))
    images = draw.gamma(2.0, 5.0, (number, 8, 16))
    data = tpc_pads.dataset(images, condition, validation=validation)
    return data.made_by(simulate=seed, number=number, validation=validation)


def toy_sampler(settings, statistics, spec, parts):
    """The mean and noise that depends on the number of the event alone."""

    def sample(key, params, condition, first=0):
        phase = jax.random.key_data(key)[-1] % 1000  # drawn numbers would take long to compile
        number = first[1] + jnp.arange(len(condition), dtype=jnp.uint32)
        place = number[:, None] * params["mean"].size + jnp.arange(params["mean"].size, dtype=jnp.uint32)
        noise = jnp.sin(phase * (1 + place.astype(jnp.float32)))
        features = representation.features(condition)[:, :1, None]
        return params["mean"] + noise.reshape(-1, *params["mean"].shape) + features

    return sample


def toy_learner(settings, statistics, spec, length, axis_name, parts) -> Learner:
    """Follows the mean response noisily, at the generator's rate; needs four parameters a track."""
    rate = settings.generator_rate

    def init(key, batch):
        representation.features(batch.condition)
        return ToyState(jnp.int32(0), jax.random.uniform(key, batch.data.shape[1:]))

    def step(key, state, batch):
        found = collectives.mean(batch.data.mean(axis=0), axis_name)
        noise = 0.1 * jax.random.normal(jax.random.fold_in(key, state.step), found.shape)
        mean = state.mean + rate * (found - state.mean + noise)
        return ToyState(state.step + 1, mean), {"critic_loss": jnp.mean((found - mean) ** 2)}

    sample = toy_sampler(settings, statistics, spec, parts)
    return Learner(init, step, lambda state: {"mean": state.mean}, sample)


def distance(key, real, fake) -> Estimate:
    del key
    return Estimate(
        float(np.abs(np.mean(real.batch.data, axis=0) - np.mean(fake.batch.data, axis=0)).sum()), 0.1
    )


def toy_judging() -> Judging:
    return Judging({"mean": lambda *given: {"trend_chi2": distance(*given)}}, distance, MEANINGS)


TOY = replace(
    tpc_pads.SYSTEM,
    models={"gan": Model("a toy", GanSettings, lambda data, settings: {}, toy_sampler, toy_learner)},
    simulate=toy_events,
    judging=toy_judging,
    draw=lambda samples: [],
    failures=lambda key, samples: [],
)


def refused(result: Result) -> str:
    """The one line of an error."""
    assert result.code == 1, result
    program, _, sentence = result.err.partition(": ")
    assert program in ("tpc_sn", "jaxgen train", "jaxgen sample", "jaxgen evaluate", "jaxgen")
    assert result.err.count("\n") == 1, result.err
    return sentence.strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def metrics(folder: Path) -> dict:
    return json.loads((folder / "evaluation.json").read_text())["metrics"]
