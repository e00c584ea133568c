"""A detector of five numbers an event, whose models follow the mean and know how to go wrong."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import collectives
from jaxgen.base import Array, Estimate, Learner
from jaxgen.data import conditions
from jaxgen.data.dataset import Column, Dataset, Spec, as_batch, split
from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces
from jaxgen.settings import Settings, setting
from jaxgen.system import Judging, Model, System

SHAPE = (5,)
CONDITION = (
    Column("position", "mm", -10.0, 10.0),
    Column("angle", "deg", -5.0, 5.0, default=1.0),
    Column("particle", kind="label", labels=("pion", "electron"), default=0.0),
)


@dataclass(frozen=True)
class DotSettings(Settings):
    """Of the toy."""

    steps: int = 12
    batch_size: int = 8
    rate: float = setting(0.1, "of learning", above=0)
    dies_at: int = setting(0, "update at which the members above `spared` meet a NaN; 0 for never", low=0)
    spared: float = setting(2.0, "first random number of a member from which on it does not die")


class DotState(NamedTuple):
    step: Array
    mean: Array
    luck: Array


def dataset(dots, condition=None, *, test_fraction=0.25, seed=42, validation=0.0, **columns) -> Dataset:
    dots = np.asarray(dots, np.float32)
    table, used = conditions.of_events(CONDITION, len(dots), condition, columns)
    spec = Spec("dots", ("dot",), SHAPE, (Column("brightness", "lm"),), used)
    return split(as_batch(dots, table), spec, test_fraction=test_fraction, seed=seed, validation=validation)


def simulate(seed: int = 0, number: int = 80, *, known: bool = True, validation: float = 0.0) -> Dataset:
    draw = np.random.default_rng(seed)
    position, angle = draw.uniform(-10, 10, number), draw.uniform(-5, 5, number)
    dots = draw.gamma(3.0, 2.0, (number, *SHAPE)) + position[:, None]
    given = {"position": position, "angle": angle, "particle": draw.integers(0, 2, number)}
    data = dataset(dots, validation=validation, **(given if known else {}))
    return data.made_by(simulate=seed, number=number, known=known, validation=validation)


def statistics(data: Dataset, settings: DotSettings) -> dict[str, np.ndarray]:
    del settings
    return {"scale": np.asarray(data.train.data, np.float64).std(axis=0)}


def sampler(settings, statistics, spec, parts):
    scale = jnp.asarray(statistics["scale"], jnp.float32)

    def sample(key, params, condition, first=0):
        def rows(place, condition):
            start = random_numbers.times(place, scale.size)
            noise = random_numbers.normal(key, (len(condition), scale.size), start=start)
            shift = condition[:, :1] if condition.shape[1] else 0.0
            return params["mean"] + scale * noise + shift

        return map_pieces(rows, condition, first=first)

    return sample


def learner(settings, statistics, spec, length, axis_name, parts) -> Learner:
    """Follows the mean, noisily; a member whose luck is out meets a NaN."""
    sample = sampler(settings, statistics, spec, parts)

    def init(key, batch):
        return DotState(jnp.int32(0), jnp.zeros(batch.data.shape[1:]), jax.random.uniform(key))

    def step(key, state, batch):
        found = collectives.mean(batch.data.mean(axis=0), axis_name)
        noise = 0.1 * jax.random.normal(jax.random.fold_in(key, state.step), found.shape)
        mean = state.mean + settings.rate * (found - state.mean + noise)
        dies = (settings.dies_at > 0) & (state.step + 1 >= settings.dies_at) & (state.luck < settings.spared)
        loss = jnp.where(dies, jnp.nan, jnp.mean((found - mean) ** 2))
        mean = jnp.where(dies, jnp.nan, mean)
        return DotState(state.step + 1, mean, state.luck), {"loss": loss}

    return Learner(init, step, lambda state: {"mean": state.mean}, sample)


def distance(key, real, fake) -> Estimate:
    del key
    apart = np.mean(real.batch.data, axis=0) - np.mean(fake.batch.data, axis=0)
    return Estimate(float(np.abs(apart).sum()), 0.1)


MODEL = Model("follows the mean", DotSettings, statistics, sampler, learner, parts=("generator", "critic"))
SYSTEM = System(
    name="dots",
    title="Dots",
    models={"mean": MODEL},
    dataset=dataset,
    simulate=simulate,
    headline="distance",
    judging=lambda: Judging({"one": lambda *given: {"distance": distance(*given)}}, distance),
    draw=lambda samples: [],
    failures=lambda key, samples: [],
)
