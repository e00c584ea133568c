"""Models that know the density of what they generate, and events drawn from one."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree, Sampler, Scaler
from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces


class DensityModel(NamedTuple):
    """A density, and events made of standard normal numbers, as pure functions.

    Rows do not see each other: event i depends on row i of the latent numbers and of the context alone.

    Attributes:
      init: `init(key, x, context) -> params`; x [B, D] and context [B, F] give shapes only.
      normalize: `normalize(params, x, context) -> (latent, log_determinant)`, [B, D] and [B]; the
        logarithm of the volume that a unit of volume around x becomes. None where events are not a bijection
        of normal numbers, such as those with empty cells.
      transform: `transform(params, latent, context) -> x`, [B, D]. Of standard normal numbers it makes
        events; it undoes `normalize`.
      log_prob: `log_prob(params, x, context) -> [B]`, in nats; the density is per unit of each column.
    """

    init: Callable[[Key, Array, Array], PyTree]
    normalize: Callable[[PyTree, Array, Array], tuple[Array, Array]] | None
    transform: Callable[[PyTree, Array, Array], Array]
    log_prob: Callable[[PyTree, Array, Array], Array]


def from_bijection(
    init: Callable[[Key, Array, Array], PyTree],
    normalize: Callable[[PyTree, Array, Array], tuple[Array, Array]],
    transform: Callable[[PyTree, Array, Array], Array],
) -> DensityModel:
    """The density that a bijection gives to the images of standard normal numbers.

    >>> double = from_bijection(
    ...     lambda key, x, context: {},
    ...     lambda params, x, context: (x / 2, jnp.full(len(x), -math.log(2))),
    ...     lambda params, latent, context: 2 * latent,
    ... )
    >>> float(double.log_prob({}, jnp.zeros((1, 1)), jnp.zeros((1, 0)))[0])
    -1.612085...
    """

    def log_prob(params: PyTree, x: Array, context: Array) -> Array:
        latent, log_determinant = normalize(params, x, context)
        return standard_normal_log_prob(latent) + log_determinant

    return DensityModel(init, normalize, transform, log_prob)


def standard_normal_log_prob(x: Array) -> Array:
    """Logarithm of the density of independent standard normal numbers, [B, D] to [B].

    >>> round(float(standard_normal_log_prob(jnp.zeros((1, 2)))[0]), 4)
    -1.8379
    """
    return -0.5 * jnp.sum(jnp.square(x), axis=-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi)


def density_sampler(
    density: DensityModel,
    *,
    features: Callable[[Array], Array],
    scaler: Scaler,
    size: int,
    labels: int = 0,
) -> Sampler:
    """Events drawn from a density, whose labels, if any, are drawn first.

    Args:
      density: of the columns that are not labels; its context is the features and the one-hot label.
      features: conditions to what the density sees.
      scaler: physical units to what the density sees, and back.
      size: columns of an event.
      labels: how many of them, the last ones, are one-hot.

    Returns:
      See `base.Sampler`; its parameters are {"density": of the density, "labels": kernel and bias of the
      logits}.
    """
    continuous = size - labels
    numbers = continuous + bool(labels)

    def sample(key: Key, params: PyTree, condition: Array, first: Any = 0) -> Array:
        def rows(place: Array, condition: Array) -> Array:
            seen = features(condition)
            start = random_numbers.times(place, numbers)
            drawn = random_numbers.normal(key, (len(seen), numbers), start=start)
            label = jnp.zeros((len(seen), 0))
            if labels:
                label = draw_label(label_logits(params["labels"], seen), drawn[:, -1])
            context = jnp.concatenate([seen, label], axis=1)
            x = density.transform(params["density"], drawn[:, :continuous], context)
            return scaler.inverse(jnp.concatenate([x, label], axis=1))

        return map_pieces(rows, condition, first=first)

    return sample


def label_logits(params: PyTree, features: Array) -> Array:
    """Logits of labels [B, L], linear in the features [B, F]."""
    return features @ params["kernel"] + params["bias"]


def draw_label(logits: Array, drawn: Array) -> Array:
    """One-hot labels [B, L] of logits [B, L], by the quantile that the normal number of each row is."""
    reached = jnp.cumsum(jax.nn.softmax(logits), axis=1)[:, :-1]
    chosen = jnp.sum(jax.scipy.stats.norm.cdf(drawn)[:, None] > reached, axis=1)
    return jax.nn.one_hot(chosen, logits.shape[1])
