"""A cascade of splits: the visible energy first, then how each block of cells shares its energy out.

A shower's visible energy is drawn, split between the left and the right half of the calorimeter, each half's
energy between its upper and lower part, and so on down to cells: each split by a law of its own, of which a
small network gives the numbers. The network sees the energies of the blocks around, the splits of neighbours
that are already known, and how templates of the lateral spread would split. Large scales are thus exact
beforehand and small ones never have to add up to them. Factorizing an image from coarse to fine, many pixels
at a time, is due to Reed et al. (arXiv:1703.03664); that of its conditional laws at each scale to Marchand et
al. (arXiv:2207.04941).

Cells are either empty or above the threshold, and likelihoods are exact.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks
from jaxgen.base import Array, Key, PyTree
from jaxgen.models import column_layers, logistic_mixture
from jaxgen.models.density import DensityModel
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.models import energy_split
from jaxgen.systems.calorimeter.models import lateral_profile as shower_templates
from jaxgen.systems.calorimeter.models import split_order as split_stages
from jaxgen.systems.calorimeter.models.split_order import BORDER, SIDE, Stage
from jaxgen.systems.calorimeter.models.vae import Axis

NUMBERS = CELLS * CELLS + 1
COMPONENTS = 4
TOTAL_COMPONENTS = 3
NARROW = -4.0
"""Logarithm of the scale of the visible energy at the start, a few per cent of it."""
SUMMARY = (8, 8)
"""Blocks from which on all splits are told of the energies of all blocks of this size."""
PLANES = ((70.0, 5.0), (110.0, 20.0), (150.0, 60.0), (220.0, 20.0))
"""Depth in mm at which the axis is taken, and radius in mm, of each template."""
FOLLOWED = 1
"""Template that splits follow at the start."""
LEAST_SHARE = 1e-9
"""Added to the shares of templates before their logarithm."""
UNIT = 3.0
"""Logarithm of an energy that counts as one."""

STAGES = split_stages.stages()
SHAPES = [(1, 1)] + [split_stages.shape_after(stage) for stage in STAGES if not len(stage.known)]


class Told(NamedTuple):
    """What is known before the first split.

    Attributes:
      features: and the logarithm of the visible energy over the expected one, [F + 1, B].
      templates: shares of each template in all blocks, by the shape of the blocks, [P, blocks, B].
    """

    features: Array
    templates: dict[tuple[int, int], Array]


def make(axis: Callable[[Array], Axis], *, width: int = 64, summary: int = 64) -> DensityModel:
    """Builds the model.

    Args:
      axis: `axis(context) -> Axis`, what is known of a shower beforehand.
      width: of the two hidden layers of every split's network.
      summary: of the layer that sees the whole shower.

    Returns:
      A density of the 901 numbers of `calorimeter_columns.active_logarithms`: for cells in which there is
      energy it is a density per logarithm, for empty ones a probability. It is no bijection.
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
            parents, split = levels[stage.shape], levels[split_stages.shape_after(stage)]
            law = _split_law(layers, stage, told, general, parents, split)
            found = found + jnp.sum(energy_split.log_likelihood(law, *split[stage.halves]), axis=0)
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
            for half, value in zip(
                stage.halves, energy_split.draw(law, energy[stage.blocks], drawn), strict=True
            ):
                split = split.at[half].set(value, unique_indices=True)
        cells = split.reshape(SIDE, SIDE, -1)[BORDER:-BORDER, BORDER:-BORDER].reshape(NUMBERS - 1, -1)
        return jnp.concatenate([jnp.log(jnp.maximum(cells, 1.0)), total[None]]).T

    return DensityModel(init, None, transform, log_prob)


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
    spread = jnp.linspace(-0.5, 0.5, COMPONENTS)
    return {
        "first": column_layers.rectified(keys[0], width, seen),
        "whole": column_layers.rectified(keys[1], width, whole),
        "second": column_layers.rectified(keys[2], width, width),
        "last": column_layers.uniform(keys[3], 3 * COMPONENTS, width, bound=0.01),
        "linear": {
            "kernel": linear["kernel"].at[means, FOLLOWED].set(UNIT),
            "bias": linear["bias"].at[means].set(spread),
        },
    }


def _fine(stage: Stage) -> bool:
    return stage.shape[0] >= SUMMARY[0] and stage.shape[1] >= SUMMARY[1]


def _total_law(params: PyTree, features: Array, known: Axis) -> logistic_mixture.LogisticMixture:
    """Law of the logarithm of the visible energy, [B]."""
    x = jax.nn.silu(column_layers.apply(params["first"], features))
    law = column_layers.apply(params["last"], x) + column_layers.apply(params["linear"], features)
    law = law.at[TOTAL_COMPONENTS : 2 * TOTAL_COMPONENTS].add(known.log_energy)
    return logistic_mixture.from_numbers(law.at[2 * TOTAL_COMPONENTS :].add(NARROW).T)


def _told(known: Axis, context: Array, total: Array) -> Told:
    """Templates are the same for all splits; the energy tells how far a shower is from the expected one."""
    excess = (total - known.log_energy)[:, None]
    depths, radii = np.array(PLANES).T
    shares = [
        shower_templates.shares(
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
    """Blocks after the split, those with one half outside the calorimeter already right, [blocks, B]."""
    x, y = stage.shape
    shape = split_stages.shape_after(stage)
    grid = jnp.repeat(energy.reshape(x, y, -1), 2, axis=stage.axis)
    return (grid * split_stages.inside(shape)[..., None]).reshape(-1, energy.shape[-1])


def _summary(layer: PyTree, told: Told, energy: Array) -> Array:
    return jax.nn.silu(column_layers.apply(layer, jnp.concatenate([told.features, _scaled(energy)])))


def _scaled(energy: Array) -> Array:
    return jnp.log1p(energy) / UNIT


def _split_law(
    layers: PyTree, stage: Stage, told: Told, general: Array | None, parents: Array, split: Array
) -> logistic_mixture.LogisticMixture:
    """Laws of the logarithm of the ratio of the halves, [n, B]."""
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
    """What the network of a split is told, [.., n, B]: templates, blocks around, halves next to it."""
    outside = jnp.zeros((1, parents.shape[-1]))
    after = split_stages.shape_after(stage)
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
