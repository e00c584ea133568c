"""Calibrates the built-in calorimeter simulator to showers of Geant4, and judges it on the test split.

    python experiments/studies/calibrate_calorimeter_simulator.py --data=calo30_geant4.npz

prints the constants found and a table of scores. The fit sees the training split only. It first descends
along the gradient of an energy score (T. Gneiting and A. Raftery, J. Am. Stat. Assoc. 102, 359, 2007) of sums
of cells, then fits spots and clusters, which have no useful gradient, to frequencies and correlations of
single cells. `--steps=0 --evaluations=0` judges the constants that come with the simulator.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from absl import app, flags
from scipy.optimize import minimize

from jaxgen.base import Array, Batch, Key
from jaxgen.data.dataset import Dataset, as_batch
from jaxgen.metrics.table import Table
from jaxgen.systems import calorimeter
from jaxgen.systems.calorimeter.cells import CENTRES, RINGS
from jaxgen.systems.calorimeter.observables import observe
from jaxgen.systems.calorimeter.simulator import simulate
from jaxgen.systems.calorimeter.simulator.constants import DEFAULT, Constants
from jaxgen.systems.calorimeter.simulator.profile import DEPTHS, FluctuationDraws, fluctuate, mean_cells
from jaxgen.systems.calorimeter.suites import SUITES

DATA = flags.DEFINE_string("data", None, "File of showers with 6 parameters each.", required=True)
STEPS = flags.DEFINE_integer("steps", 300, "Steps of descent; 0 keeps the constants.")
SHOWERS = flags.DEFINE_integer("showers", 100, "Real showers in a step; two are simulated for each.")
RATE = flags.DEFINE_float("rate", 0.02, "Largest rate of the descent.")
EVALUATIONS = flags.DEFINE_integer("evaluations", 150, "Samples to try for spots and clusters; 0 for none.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Independent simulated samples to judge.", lower_bound=2)

CELL_LEVEL = ("spot", "spot_shape", "clustered", "cluster", "cluster_growth", "cluster_power", "cluster_size")
"""Constants of spots and clusters."""

SIGNED = ("fraction_slope", "depth_slope", "shape_slope", "spread_slope", "correlation", "photon_energy")
"""Constants that may change sign; the lateral table may as well."""

ALONG = (-300.0, -60.0, -30.0, -12.0, 0.0, 12.0, 25.0, 40.0, 60.0, 85.0, 120.0, 300.0)
ACROSS = (-300.0, -120.0, -80.0, -50.0, -30.0, -12.0, 0.0, 12.0, 30.0, 50.0, 80.0, 120.0, 300.0)
AROUND = (0.0, 15.0, 30.0, 45.0, 60.0, 80.0, 110.0, 150.0, 200.0, 270.0, 450.0)
NEAR = 30.0
MIDDLE_DEPTH = 140.0
"""Edges in mm of sums of cells along the tilt (no further than 30 mm from it), across it, and around the
point where the axis is at 140 mm depth."""

ENERGIES = (1.0, 5.0, 15.0, 35.0, 65.0, 100.0)
LEAST = 0.5
"""MeV; what is added to sums of cells before the logarithm."""


def coordinates(condition: Array) -> tuple[Array, Array]:
    """Places of cells along and across the tilt, from the impact point, [N, 30, 30]."""
    _, x, y, _, phi, _ = (column[:, None, None] for column in condition.T)
    right, up = CENTRES[:, None] - x, CENTRES - y
    return right * jnp.cos(phi) + up * jnp.sin(phi), up * jnp.cos(phi) - right * jnp.sin(phi)


def sums(images: Array, condition: Array) -> Array:
    """Energies in bins along, across and around the axis, in the rings, and in all cells, [N, 37]."""
    along, across = coordinates(condition)
    around = jnp.hypot(along - MIDDLE_DEPTH * jnp.tan(condition[:, 3])[:, None, None], across)
    along = jnp.where(jnp.abs(across) < NEAR, along, 1e3)
    parts = [
        jnp.sum(images[:, None] * ((low <= place) & (place < high))[:, None], axis=(2, 3))
        for place, edges in ((along, ALONG), (across, ACROSS), (around, AROUND))
        for low, high in pairwise(edges)
    ]
    rings = [jnp.sum(images * ring, axis=(1, 2))[:, None] for ring in RINGS]
    return jnp.concatenate([*parts, *rings, jnp.sum(images, axis=(1, 2))[:, None]], axis=1)


GROUPS = np.cumsum([0, len(ALONG) - 1, len(ACROSS) - 1, len(AROUND) - 1, 4, 2])


def features(images: Array, condition: Array) -> Array:
    """Logarithms of sums of cells, and the barycentre along and across the tilt, [N, 39]."""
    places = [jnp.sum(images * place, axis=(1, 2)) for place in coordinates(condition)]
    total = jnp.sum(images, axis=(1, 2)) + LEAST
    barycentre = jnp.stack(places, axis=1) / total[:, None]
    return jnp.concatenate([jnp.log(sums(images, condition) + LEAST), barycentre], axis=1)


def energy_score(real: Array, first: Array, second: Array) -> Array:
    """Mean energy score of every feature [N, F], and of groups of them, from two samples for each event."""

    def score(axis_norm: Callable[[Array], Array]) -> Array:
        return (axis_norm(first - real) + axis_norm(second - real) - axis_norm(first - second)).mean()

    groups = [slice(a, b) for a, b in pairwise(GROUPS)]
    norms = [lambda d, g=group: jnp.sqrt((d[:, g] ** 2).sum(-1) + 1e-12) for group in groups]
    return score(lambda d: jnp.sqrt(d**2 + 1e-12)) + sum(map(score, norms)) / len(norms)


def typical_difference(real: Array, fake: Array, energy: Array) -> Array:
    """Standard deviation of features between real and simulated showers of about the same energy, [N, F]."""
    kind = jnp.digitize(energy, jnp.array(ENERGIES[1:-1]))
    sizes = jnp.stack([jnp.abs(real - fake)[kind == k].mean(axis=0) for k in range(len(ENERGIES) - 1)])
    return jnp.maximum(sizes, 1e-3)[kind]


def to_free(constants: Constants) -> dict[str, Any]:
    """Numbers to descend along: logarithms of what is positive, in units of a reasonable step."""
    free: dict[str, Any] = {}
    for field in dataclasses.fields(constants):
        value = jnp.asarray(getattr(constants, field.name), jnp.float32)
        if field.name not in CELL_LEVEL:
            free[field.name] = (
                value / unit(field.name) if is_signed(field.name) else jnp.log(value) / unit(field.name)
            )
    return free


def from_free(free: dict[str, Any], constants: Constants) -> Constants:
    values = {
        name: value * unit(name) if is_signed(name) else jnp.exp(value * unit(name))
        for name, value in free.items()
    }
    return dataclasses.replace(constants, **values)


def is_signed(name: str) -> bool:
    return name in SIGNED or name == "lateral"


def unit(name: str) -> float:
    return {"fraction": 0.05, "fraction_slope": 0.01, "depth_slope": 10.0, "depth": 0.3}.get(name, 1.0)


def plain(constants: Constants) -> Constants:
    """The same with Python numbers."""
    values = {
        f.name: np.asarray(getattr(constants, f.name), np.float64) for f in dataclasses.fields(constants)
    }
    rounded = {name: value.tolist() for name, value in values.items()}
    rounded["lateral"] = tuple(tuple(row) for row in rounded["lateral"])
    return Constants(**rounded)


compiled = jax.jit(simulate)


def simulated(seed: int, condition: np.ndarray, constants: Constants, *, chunk: int = 500) -> np.ndarray:
    key, number = jax.random.key(seed), len(condition)
    padded = np.resize(condition, (-(-number // chunk) * chunk, 6))
    parts = [
        np.asarray(compiled(jax.random.fold_in(key, i), part, constants=constants))
        for i, part in enumerate(np.split(padded, len(padded) // chunk))
    ]
    return np.concatenate(parts)[:number]


class Cells(NamedTuple):
    """Statistics of cells in classes, and their errors."""

    values: np.ndarray
    errors: np.ndarray


LEVELS = (1e-9, 0.1, 0.5, 2.0, 8.0)
SHIFTS = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
SHARES = 10 ** np.arange(-5.5, -0.9, 0.5)
STRAIGHT = np.radians(6.0)
"""Showers at smaller angles to the normal fit spots and clusters: their axes are known best."""

ENOUGH = 300
"""Cells on each side of a level, below which the share above it is left out of the fit."""

CLASSES = 2 * (len(SHARES) + 1)


def mean_images(condition: np.ndarray, constants: Constants, *, draws: int = 8) -> np.ndarray:
    """Mean energies of cells, over a few showers of the same condition each, [N, 30, 30]."""

    @jax.jit
    @jax.vmap
    def mean(key: Key, condition: Array) -> Array:
        one = partial(mean_cells, condition, constants=constants)
        normal, exponential = (jax.random.uniform(key, (draws, n), minval=1e-7) for n in (4, 3))
        uniform = FluctuationDraws(normal, exponential, jnp.full((draws, 2, len(DEPTHS)), 0.5))
        return jax.vmap(one)(
            jax.vmap(partial(fluctuate, condition=condition, constants=constants))(uniform)
        ).mean(0)

    keys = jax.random.split(jax.random.key(0), len(condition))
    return np.asarray(mean(keys, jnp.asarray(condition)), np.float64)


def classes_of(mean: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Class of each cell, by its share of the mean energy of the shower and by the energy of that."""
    share = np.digitize(mean / mean.sum(axis=(1, 2), keepdims=True), SHARES)
    return share + (energy > 30.0)[:, None, None] * (len(SHARES) + 1)


def cell_statistics(images: np.ndarray, mean: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Shares of cells above each level, and covariances of cells with themselves and their neighbours.

    All by class.
    """
    classes = classes_of(mean, energy)

    def by_class(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
        sums = np.bincount(classes.ravel(), values.ravel(), minlength=CLASSES)
        return sums / np.maximum(np.bincount(classes.ravel(), minlength=CLASSES), 1)

    found = [by_class(images > level, classes) for level in LEVELS]
    away = (images - mean) / np.sqrt(np.maximum(mean, 1e-9))
    for dx, dy in SHIFTS:
        one, other = (slice(dx, None), slice(dy, None)), (slice(30 - dx), slice(30 - dy))
        poorer = np.minimum(classes[:, *one], classes[:, *other])
        found.append(by_class(away[:, *one] * away[:, *other], poorer))
    return np.concatenate(found)


def described(images: np.ndarray, mean: np.ndarray, energy: np.ndarray, *, parts: int = 15) -> Cells:
    """Statistics with errors from parts of the sample, infinite where they say nothing."""
    chunks = zip(*(np.array_split(array, parts) for array in (images, mean, energy)), strict=True)
    each = [cell_statistics(*chunk) for chunk in chunks]
    values, errors = cell_statistics(images, mean, energy), np.std(each, axis=0) / np.sqrt(parts)
    share = values[: len(LEVELS) * CLASSES]
    cells = np.bincount(classes_of(mean, energy).ravel(), minlength=CLASSES)
    rare = np.minimum(share, 1 - share) * np.tile(cells, len(LEVELS)) < ENOUGH
    errors[: len(rare)][rare] = np.inf
    return Cells(values, np.where(errors > 0, errors, np.inf))


def fit_cells(train: Batch, constants: Constants, *, evaluations: int, number: int = 1500) -> Constants:
    """Nelder-Mead over spots and clusters, with the same draws at every point."""
    straight = np.flatnonzero(np.asarray(train.condition[:, 3]) < STRAIGHT)[:number]
    condition, images = np.asarray(train.condition[straight]), np.asarray(train.data[straight])
    mean, energy = mean_images(condition, constants), condition[:, 0]
    real = described(images, mean, energy)
    used = np.isfinite(real.errors)

    def with_numbers(numbers: np.ndarray) -> Constants:
        values = dict(zip(CELL_LEVEL, np.exp(numbers).tolist(), strict=True))
        return dataclasses.replace(constants, **values | {"clustered": min(values["clustered"], 1.0)})

    def objective(numbers: np.ndarray) -> float:
        fake = cell_statistics(simulated(0, condition, with_numbers(numbers)), mean, energy)
        return float(np.mean(np.abs(fake - real.values)[used] / real.errors[used]))

    start = np.log([getattr(constants, name) for name in CELL_LEVEL])
    simplex = np.vstack([start, start + 0.25 * np.eye(len(start))])
    options = {"maxfev": evaluations, "initial_simplex": simplex, "adaptive": True}
    best = minimize(objective, start, method="Nelder-Mead", options=options)
    print(f"deviation of cells in errors: {objective(start):.3f} before, {best.fun:.3f} after", flush=True)
    return with_numbers(best.x)


def descend(train: Batch, constants: Constants, *, steps: int) -> Constants:
    """Adam on the energy score, with new showers and new draws in every step."""
    condition = np.asarray(train.condition)
    get_features = jax.jit(features)
    first = slice(0, 1000)
    fake = get_features(simulated(0, condition[first], constants), condition[first])
    real = get_features(np.asarray(train.data[first]), condition[first])
    scale = typical_difference(real, fake, jnp.asarray(condition[first, 0]))
    table = jnp.stack(
        [scale[np.argmin(np.abs(condition[first, 0] - e))] for e in (3.0, 10.0, 25.0, 50.0, 80.0)]
    )

    def loss(free: dict[str, Any], key: Key, images: Array, condition: Array) -> Array:
        twice = jnp.concatenate([condition, condition])
        fake = features(simulate(key, twice, constants=from_free(free, constants)), twice)
        unit = table[jnp.digitize(condition[:, 0], jnp.array(ENERGIES[1:-1]))]
        number = len(condition)
        return energy_score(features(images, condition) / unit, fake[:number] / unit, fake[number:] / unit)

    optimizer = optax.adam(optax.cosine_decay_schedule(RATE.value, steps), b1=0.9, b2=0.99)

    @jax.jit
    def update(free, state, key, images, condition):
        value, gradient = jax.value_and_grad(loss)(free, key, images, condition)
        change, state = optimizer.update(gradient, state)
        return optax.apply_updates(free, change), state, value

    free = to_free(constants)
    state, values = optimizer.init(free), []
    for step in range(steps):
        chosen = np.random.RandomState(step).randint(len(condition), size=SHOWERS.value)
        free, state, value = update(
            free,
            state,
            jax.random.key(1000 + step),
            jnp.asarray(train.data[chosen]),
            jnp.asarray(condition[chosen]),
        )
        values.append(float(value))
        if (step + 1) % 25 == 0:
            print(f"step {step + 1}: energy score {np.mean(values[-25:]):.4f}", flush=True)
    return plain(from_free(free, constants))


SHOWN = (
    *(
        f"wasserstein_{name}"
        for name in ("e0", "e1", "e2", "outside", "response", "x", "width_x", "active_cells")
    ),
    "linearity",
    "resolution",
    "occupancy",
    "auc",
)
"""Beginnings of the names of scores to print."""


def scores(seed: int, real: Table, fake: Table) -> dict[str, float]:
    key = jax.random.key(seed)
    found = {}
    for name in ("rings", "shapes", "response", "occupancy", "classifier"):
        found |= {k: e.value for k, e in SUITES[name](key, real, fake).items() if k.startswith(SHOWN)}
    return found


def judge(data: Dataset, constants: Constants, *, seeds: int) -> None:
    """Prints scores of simulated showers against the test split, and of as many of the training split."""
    condition, number = np.asarray(data.test.condition), len(data.test.data)
    test = observe(data.test, data.spec)
    tables: dict[str, list[dict[str, float]]] = {"simulated": [], "Geant4": []}
    for seed in range(seeds):
        fake = as_batch(simulated(1000 + seed, condition, constants), condition)
        chosen = np.random.RandomState(seed).permutation(len(data.train.data))[:number]
        floor = Batch(data.train.data[chosen], data.train.condition[chosen])
        for name, batch in (("simulated", fake), ("Geant4", floor)):
            tables[name].append(scores(seed, test, observe(batch, data.spec)))
    print(
        f"{number} showers of the test split, {seeds} seeds; against simulated ones, and real ones to train"
    )
    for name in tables["simulated"][0]:
        columns = [np.array([table[name] for table in tables[kind]]) for kind in ("simulated", "Geant4")]
        print(f"{name:36s}" + "".join(f" {c.mean():9.4f} +- {c.std(ddof=1):.4f}" for c in columns))


def main(argv: list[str]) -> None:
    del argv
    data = calorimeter.read(DATA.value, condition="full")
    constants = DEFAULT
    if STEPS.value:
        constants = descend(data.train, constants, steps=STEPS.value)
    if EVALUATIONS.value:
        constants = fit_cells(data.train, constants, evaluations=EVALUATIONS.value)
    print(constants)
    judge(data, constants, seeds=SEEDS.value)


if __name__ == "__main__":
    app.run(main)
