"""A cascade of splits: the visible energy is drawn first, then divided between ever smaller blocks of cells.

The visible energy of a shower is drawn, split between the left and the right half of the calorimeter, the
energy of each half between its upper and lower part, and so on down to cells. Each split has its own
distribution, whose parameters are computed by a small network. Its inputs are the energies of neighbouring
blocks, the neighbouring splits that are already known, and the splits of templates of the lateral profile.
Energies at large scales are drawn first and small scales add up to them exactly. The factorization of an
image from coarse to fine, many pixels at a time, is due to Reed et al. (arXiv:1703.03664); that of its
conditional distributions at each scale to Marchand et al. (arXiv:2207.04941).

Cells are either empty or above the threshold, and likelihoods are exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks, settings
from jaxgen.base import Array, Key, Learner, Length, PyTree, Sampler
from jaxgen.data.dataset import Dataset, Spec
from jaxgen.learners.settings import DescentSettings, LikelihoodSettings
from jaxgen.models import column_layers, logistic_mixture
from jaxgen.models.density import DensityModel, density_sampler
from jaxgen.models.logistic_mixture import LogisticMixture
from jaxgen.settings import setting
from jaxgen.system import Model, Parts, Statistics
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.models import lateral_profile, split_order
from jaxgen.systems.calorimeter.models.split_order import BORDER, SIDE, Stage
from jaxgen.systems.calorimeter.representation import conditions, scalings
from jaxgen.systems.calorimeter.representation.conditions import Axis

NUMBERS = CELLS * CELLS + 1
COMPONENTS = 4
TOTAL_COMPONENTS = 3
NARROW = -4.0
"""Initial logarithm of the scale of the visible energy, a few per cent of it."""
SUMMARY = (8, 8)
"""Shape of the grid of blocks whose energies are inputs of all later splits."""
PLANES = ((70.0, 5.0), (110.0, 20.0), (150.0, 60.0), (220.0, 20.0))
"""Depth in mm at which the axis is evaluated, and radius in mm, of each template."""
FOLLOWED = 1
"""Template that the splits follow initially."""
LEAST_SHARE = 1e-9
"""Added to the fractions of templates before taking the logarithm."""
UNIT = 3.0
"""Unit of logarithms of energies."""

STAGES = split_order.stages()
SHAPES = [(1, 1)] + [split_order.shape_after(stage) for stage in STAGES if not len(stage.known)]


class Told(NamedTuple):
    """Inputs of all splits.

    Attributes:
      features: input features and the logarithm of visible over expected energy, [F + 1, B].
      templates: fraction of each template in all blocks, by the shape of the blocks, [P, blocks, B].
    """

    features: Array
    templates: dict[tuple[int, int], Array]


def make(axis: Callable[[Array], Axis], *, width: int = 64, summary: int = 64) -> DensityModel:
    """Builds the model.

    Args:
      axis: `axis(context) -> Axis`, the properties of a shower expected from its condition.
      width: width of the two hidden layers of the network of every split.
      summary: width of the layer whose input is the whole shower.

    Returns:
      A density of the 901 numbers of `scalings.active_logarithms`: a density in the logarithm for non-empty
      cells, a probability for empty ones. It is not a bijection.
    """
    checks.positive(width=width, summary=summary)

    def init(key: Key, x: Array, context: Array) -> PyTree:
        checks.shape("data on the network's scale", x, (None, NUMBERS))
        features = context.shape[1] + 1
        keys = jax.random.split(key, len(STAGES) + 2)
        return {
            "total": _init_total(keys[0], features - 1, width),
            "summary": column_layers.rectified(keys[1], summary, features + 64),
            "splits": [
                _init_split(key, stage, features, width=width, summary=summary)
                for key, stage in zip(keys[2:], STAGES, strict=True)
            ],
        }

    def log_prob(params: PyTree, x: Array, context: Array) -> Array:
        known, total = axis(context), x[:, -1]
        law = _total_law(params["total"], context.T, known)
        found = logistic_mixture.log_density(law, total)
        told = _told(known, context, total)
        levels = _levels(x)
        general = None
        for stage, layers in zip(STAGES, params["splits"], strict=True):
            if stage.shape == SUMMARY and general is None:
                general = _summary(params["summary"], told, levels[SUMMARY])
            parents, split = levels[stage.shape], levels[split_order.shape_after(stage)]
            law = _split_law(layers, stage, told, general, parents, split)
            found = found + jnp.sum(split_log_likelihood(law, *split[stage.halves]), axis=0)
        return found

    def transform(params: PyTree, latent: Array, context: Array) -> Array:
        known = axis(context)
        uniform = jax.scipy.stats.norm.cdf(latent).T
        total = logistic_mixture.quantile_draw(_total_law(params["total"], context.T, known), uniform[0])
        told = _told(known, context, total)
        energy = split = jnp.exp(total)[None]
        used, general = 1, None
        for stage, layers in zip(STAGES, params["splits"], strict=True):
            if not len(stage.known):
                energy, split = split, _unsplit(stage, split)
            if stage.shape == SUMMARY and general is None:
                general = _summary(params["summary"], told, energy)
            law = _split_law(layers, stage, told, general, energy, split)
            drawn = uniform[used : used + len(stage.blocks)]
            used += len(stage.blocks)
            parts = draw_split(law, energy[stage.blocks], drawn)
            for half, value in zip(stage.halves, parts, strict=True):
                split = split.at[half].set(value, unique_indices=True)
        cells = split.reshape(SIDE, SIDE, -1)[BORDER:-BORDER, BORDER:-BORDER].reshape(NUMBERS - 1, -1)
        return jnp.concatenate([jnp.log(jnp.maximum(cells, 1.0)), total[None]]).T

    return DensityModel(init, None, transform, log_prob)


def split_log_likelihood(law: LogisticMixture, first: Array, second: Array) -> Array:
    """Log density of the logarithm of the ratio, or log probability that one half has all the energy.

    Energies are in units of the threshold, and none is below it: if a ratio would give one half less than
    that, the other half has all the energy.

    Args:
      law: distribution of log(first / second), [..., K].
      first: energy of one half, [...]; zero, or at least one.
      second: energy of the other half.

    Returns:
      [...]; zero if both halves are empty.

    >>> law = logistic_mixture.from_numbers(jnp.zeros(3))
    >>> round(float(jnp.exp(split_log_likelihood(law, jnp.array(1.5), jnp.array(0.0)))), 6)
    0.5
    """
    limit = _limit(first + second)
    both = (first > 0) & (second > 0)
    ratio = jnp.log(jnp.where(both, first, 1.0)) - jnp.log(jnp.where(both, second, 1.0))
    place = jnp.where(both, ratio, jnp.where(first > 0, limit, -limit))
    # one sum over components for all three outcomes, as their logarithms dominate the time
    y = (place[..., None] - law.means) * jnp.exp(-law.log_scales)
    below = -jax.nn.softplus(-y)
    alone = jnp.where(first[..., None] > 0, below - y, below)
    inside = 2 * below - y - law.log_scales
    split = jax.nn.logsumexp(law.log_weights + jnp.where(both[..., None], inside, alone), axis=-1)
    return jnp.where(first + second > 0, split, 0.0)


def draw_split(law: LogisticMixture, energy: Array, uniform: Array) -> tuple[Array, Array]:
    """Splits energies [...] with one uniform number each.

    Returns:
      The energies of both halves, [...] each; zero, or at least one up to rounding.

    >>> law = logistic_mixture.from_numbers(jnp.zeros(3))
    >>> [float(half) for half in draw_split(law, jnp.array(1.5), jnp.array(0.6))]
    [1.5, 0.0]
    """
    ratio = logistic_mixture.quantile_draw(law, uniform)
    share = jnp.where(jnp.abs(ratio) < _limit(energy), jax.nn.sigmoid(ratio), ratio > 0)
    return energy * share, energy * (1.0 - share)


def _limit(energy: Array) -> Array:
    """Logarithm of the largest ratio of two halves above the threshold; zero if only one half can be."""
    return jnp.log(jnp.maximum(energy - 1.0, 1.0))


def _init_total(key: Key, features: int, width: int) -> PyTree:
    first, last = jax.random.split(key)
    return {
        "first": column_layers.rectified(first, width, features),
        "last": column_layers.uniform(last, 3 * TOTAL_COMPONENTS, width, bound=0.01),
        "linear": column_layers.zeros(3 * TOTAL_COMPONENTS, features),
    }


def _init_split(key: Key, stage: Stage, features: int, *, width: int, summary: int) -> PyTree:
    keys = jax.random.split(key, 4)
    seen = len(stage.window) + len(stage.known) + 2 * len(PLANES)
    whole = summary if _fine(stage) else features
    linear = column_layers.zeros(3 * COMPONENTS, seen)
    means = slice(COMPONENTS, 2 * COMPONENTS)
    apart = jnp.linspace(-0.5, 0.5, COMPONENTS)
    return {
        "first": column_layers.rectified(keys[0], width, seen),
        "whole": column_layers.rectified(keys[1], width, whole),
        "second": column_layers.rectified(keys[2], width, width),
        "last": column_layers.uniform(keys[3], 3 * COMPONENTS, width, bound=0.01),
        "linear": {
            "kernel": linear["kernel"].at[means, FOLLOWED].set(UNIT),
            "bias": linear["bias"].at[means].set(apart),
        },
    }


def _fine(stage: Stage) -> bool:
    return stage.shape[0] >= SUMMARY[0] and stage.shape[1] >= SUMMARY[1]


def _total_law(params: PyTree, features: Array, known: Axis) -> LogisticMixture:
    """Distribution of the logarithm of the visible energy, [B]."""
    x = jax.nn.silu(column_layers.apply(params["first"], features))
    law = column_layers.apply(params["last"], x) + column_layers.apply(params["linear"], features)
    law = law.at[TOTAL_COMPONENTS : 2 * TOTAL_COMPONENTS].add(known.log_energy)
    return logistic_mixture.from_numbers(law.at[2 * TOTAL_COMPONENTS :].add(NARROW).T)


def _told(known: Axis, context: Array, total: Array) -> Told:
    """Inputs of all splits; the energy relative to the expected one is a feature."""
    excess = (total - known.log_energy)[:, None]
    depths, radii = np.array(PLANES).T
    shares = [
        lateral_profile.shares(
            known.impact,
            known.slope,
            depth=jnp.full(len(total), depth),
            radius=jnp.full(len(total), radius),
        )
        for depth, radius in zip(depths, radii, strict=True)
    ]
    cells = jnp.moveaxis(jnp.stack(shares), 1, -1)
    square = jnp.pad(cells, ((0, 0), (BORDER, BORDER), (BORDER, BORDER), (0, 0)))
    templates = {shape: _blocks(square, shape) for shape in SHAPES}
    return Told(jnp.concatenate([context, 10 * excess], axis=1).T, templates)


def _blocks(square: Array, shape: tuple[int, int]) -> Array:
    """Sums over blocks: [..., 32, 32, B] to [..., blocks, B]."""
    *leading, batch = square.shape[:-3] + square.shape[-1:]
    x, y = shape
    parts = square.reshape(*leading, x, SIDE // x, y, SIDE // y, batch)
    return parts.sum(axis=(-4, -2)).reshape(*leading, x * y, batch)


def _levels(x: Array) -> dict[tuple[int, int], Array]:
    """Energies of the blocks of all sizes, [blocks, B], that sum to the visible energy."""
    logarithms = x[:, :-1].T
    cells = jnp.where(logarithms > 0, jnp.exp(logarithms), 0.0)
    cells = cells * (jnp.exp(x[:, -1]) / jnp.maximum(cells.sum(axis=0), 1.0))
    square = jnp.pad(cells.reshape(CELLS, CELLS, -1), ((BORDER, BORDER), (BORDER, BORDER), (0, 0)))
    return {shape: _blocks(square, shape) for shape in SHAPES}


def _unsplit(stage: Stage, energy: Array) -> Array:
    """Blocks after the split; those with one half outside the calorimeter are already final, [blocks, B]."""
    x, y = stage.shape
    shape = split_order.shape_after(stage)
    grid = jnp.repeat(energy.reshape(x, y, -1), 2, axis=stage.axis)
    return (grid * split_order.inside(shape)[..., None]).reshape(-1, energy.shape[-1])


def _summary(layer: PyTree, told: Told, energy: Array) -> Array:
    return jax.nn.silu(column_layers.apply(layer, jnp.concatenate([told.features, _scaled(energy)])))


def _scaled(energy: Array) -> Array:
    return jnp.log1p(energy) / UNIT


def _split_law(
    layers: PyTree, stage: Stage, told: Told, general: Array | None, parents: Array, split: Array
) -> LogisticMixture:
    """Distributions of the logarithm of the ratio of the halves, [n, B]."""
    seen = _seen(stage, told, parents, split)
    rows = seen.reshape(len(seen), -1)
    whole = told.features if general is None else general
    of_shower = column_layers.apply(layers["whole"], whole)
    x = column_layers.apply(layers["first"], rows).reshape(len(of_shower), *seen.shape[1:])
    x = jax.nn.silu(x + of_shower[:, None]).reshape(len(of_shower), -1)
    x = x + jax.nn.silu(column_layers.apply(layers["second"], x))
    law = column_layers.apply(layers["last"], x) + column_layers.apply(layers["linear"], rows)
    return logistic_mixture.from_numbers(jnp.moveaxis(law.reshape(-1, *seen.shape[1:]), 0, -1))


def _seen(stage: Stage, told: Told, parents: Array, split: Array) -> Array:
    """Inputs of the network of a split, [.., n, B]: templates, neighbouring blocks, neighbouring halves."""
    outside = jnp.zeros((1, parents.shape[-1]))
    after = split_order.shape_after(stage)
    template = told.templates[stage.shape][:, stage.blocks]
    left, right = (told.templates[after][:, half] + LEAST_SHARE for half in stage.halves)
    parts = [
        (jnp.log(left) - jnp.log(right)) / UNIT,
        jnp.log(template + LEAST_SHARE) / UNIT,
        jnp.concatenate([_scaled(parents), outside])[stage.window],
    ]
    if len(stage.known):
        parts.append(jnp.concatenate([_scaled(split), outside])[stage.known])
    return jnp.concatenate(parts)


@dataclass(frozen=True)
class CascadeSettings(DescentSettings):
    """Recommended settings."""

    steps: int = 12_000
    learning_rate: float = 2e-3
    decay: str = "cosine"
    average_decay: float = 0.998
    gradient_limit: float = 200.0
    split_width: int = setting(48, "units of each hidden layer of a split", low=1)
    whole_width: int = setting(64, "units of the layer whose input is the whole shower", low=1)
    symmetries: bool = setting(True, "whether to train on rotated and reflected showers too")


def statistics(data: Dataset, settings: CascadeSettings) -> dict[str, np.ndarray]:
    """Statistics of the logarithm of the incident energy, and of the visible energy."""
    del settings
    return conditions.statistics(data)


def _shared(chosen: CascadeSettings, found: Statistics) -> dict[str, Any]:
    """Common arguments of learner and sampler."""
    return {
        "density": make(conditions.axis_by(found), width=chosen.split_width, summary=chosen.whole_width),
        "features": conditions.features_by(found),
        "scaler": scalings.active_logarithms(),
        "size": NUMBERS,
    }


def sampler(settings: CascadeSettings, statistics: Statistics, spec: Spec, parts: Parts) -> Sampler:
    """Generates showers from normal numbers, one per split."""
    del parts
    conditions.check(spec)
    return density_sampler(**_shared(settings, statistics))


def learner(
    chosen: CascadeSettings,
    statistics: Statistics,
    spec: Spec,
    length: Length,
    axis_name: str | None,
    parts: Parts,
) -> Learner:
    """The cascade, trained by maximum likelihood, without noise, as that would fill empty cells."""
    from jaxgen.learners import likelihood
    from jaxgen.systems.calorimeter.symmetries import turn_and_mirror

    del parts
    conditions.check(spec)
    augment = turn_and_mirror if chosen.symmetries else None
    model = likelihood.LikelihoodModel(augment=augment, **_shared(chosen, statistics))
    names = [one.name for one in settings.describe(DescentSettings)]
    plain = LikelihoodSettings(**{name: getattr(chosen, name) for name in names})
    return likelihood.make(model, plain, length, axis_name=axis_name)


MODEL = Model(
    title="a cascade of splits of the visible energy down to cells",
    settings=CascadeSettings,
    statistics=statistics,
    sampler=sampler,
    learner=learner,
)
