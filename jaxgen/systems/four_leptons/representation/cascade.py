"""The variables of the decay cascade X -> Z1 Z2 -> 4 leptons as standard normal variables, and the label."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import numerics
from jaxgen.base import Array, Scaler
from jaxgen.data import quantiles
from jaxgen.system import Statistics
from jaxgen.systems.four_leptons.representation import decay_angles
from jaxgen.systems.four_leptons.representation.labels import (
    LABELS,
    REACH,
    label_of,
    lepton_masses,
    place,
    sort,
)

SIZE = len(decay_angles.VARIABLES) + len(LABELS)

FARTHEST_SCORE = 20.0
"""Limit of normal scores, far outside of the range of the data, and finite."""

_ABOVE_THRESHOLD = 1.001
_LOGARITHMIC = slice(0, 4)
_SCORES = ("table", "low", "high", "last")


def statistics(events: np.ndarray) -> dict[str, np.ndarray]:
    """Quantiles of the variables, and limits for generated values.

    Args:
      events: events of the training split, [N, 8, 4] float32 in GeV.

    Returns:
      "reference", medians of masses and pT in GeV, [4] float32; "scores_...", from `quantiles.statistics`;
      "lowest_mass" of four leptons and "largest_light_cone", E + |pz|, in GeV, [].
    """
    variables, _ = jax.jit(_decay)(events)
    reference = jnp.asarray(np.median(variables[:, _LOGARITHMIC], axis=0), jnp.float32)
    scores = quantiles.statistics(np.asarray(jax.jit(_compress)(variables, reference)))
    return {
        "reference": np.asarray(reference),
        **{f"scores_{name}": scores[name] for name in _SCORES},
        "lowest_mass": np.array(0.5 * float(variables[:, 0].min())),
        "largest_light_cone": np.array(_light_cone(variables)),
    }


def scaler(found: Statistics) -> Scaler:
    """The 12 variables of `decay_angles`, each made standard normal by its quantiles, and the label.

    Masses and pT are represented by their logarithms, with linear extrapolation outside of the training
    split. The inverse limits masses and rapidity so that energies stay within `REACH`. If the pair masses sum
    to more than the four-lepton mass, the second is mirrored at this limit, to at least half of the available
    mass.

    Args:
      found: result of `statistics`.
    """
    reference = jnp.asarray(found["reference"])
    scores = quantiles.normal_scores({name: found[f"scores_{name}"] for name in _SCORES})
    low, high = float(found["lowest_mass"]), float(found["largest_light_cone"])

    def forward(events: Array) -> Array:
        variables, label = _decay(events)
        rows = scores.forward(_compress(variables, reference))
        return jnp.concatenate([rows, jax.nn.one_hot(label, len(LABELS))], axis=-1)

    def inverse(rows: Array) -> Array:
        label = label_of(rows)
        mass = lepton_masses(label)
        numbers = jnp.clip(rows[..., : -len(LABELS)], -FARTHEST_SCORE, FARTHEST_SCORE)
        variables = _expand(scores.inverse(numbers), reference)
        variables = _allowed(variables, mass, low=low, high=high)
        return place(label, decay_angles.to_momenta(variables, mass))

    return Scaler(forward, inverse)


def _decay(events: Array) -> tuple[Array, Array]:
    label, momenta = sort(events)
    return decay_angles.from_momenta(momenta, lepton_masses(label)), label


def _compress(variables: Array, reference: Array) -> Array:
    """Masses and pT as logarithms of their ratios to the reference, near which float32 is most precise."""
    return variables.at[..., _LOGARITHMIC].set(numerics.safe_log(variables[..., _LOGARITHMIC] / reference))


def _expand(columns: Array, reference: Array) -> Array:
    return columns.at[..., _LOGARITHMIC].set(jnp.exp(columns[..., _LOGARITHMIC]) * reference)


def _light_cone(variables: Array) -> float:
    """Largest E + |pz| of four generated leptons, in GeV."""
    m4l, pt, rapidity = (np.asarray(variables[:, i], np.float64) for i in (0, 3, 4))
    return REACH * float((np.hypot(m4l, pt) * np.exp(np.abs(rapidity))).max())


def _allowed(variables: Array, mass: Array, *, low: float, high: float) -> Array:
    """Limits masses, pT and rapidity to the allowed range of four leptons."""
    m4l, mz1, mz2, pt, rapidity, *angles = jnp.moveaxis(variables, -1, 0)
    smallest = 2 * _ABOVE_THRESHOLD * jnp.moveaxis(mass[..., ::2], -1, 0)
    m4l = jnp.clip(m4l, jnp.maximum(low, 2 * smallest.sum(0)), high / 2)
    pt = jnp.clip(pt, 0.0, high / 2)
    limit = jnp.log(high / jnp.sqrt(jnp.square(m4l) + jnp.square(pt)))
    mz1 = jnp.clip(mz1, smallest[0], m4l - 2 * smallest[1])
    room = m4l - mz1
    mz2 = jnp.where(mz2 > room, room - jnp.minimum(mz2 - room, room / 2), mz2)
    mz2 = jnp.clip(mz2, smallest[1], room * (1 - 1e-6))
    return jnp.stack([m4l, mz1, mz2, pt, jnp.clip(rapidity, -limit, limit), *angles], axis=-1)
