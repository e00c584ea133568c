"""Generative models with a tractable density, and sampling from them."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree, Sampler, Scaler
from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces


class DensityModel(NamedTuple):
    """A density, and a transformation of standard normal numbers to events, as pure functions.

    Rows are independent: event i depends only on row i of the latent variables and of the context.

    Attributes:
      init: `init(key, x, context) -> params`; only the shapes of x [B, D] and context [B, F] are used.
      normalize: `normalize(params, x, context) -> (latent, log_determinant)`, [B, D] and [B]; log_determinant
        is the log of the Jacobian determinant of the map from x to latent. None if the events are not a
        bijection of normal numbers, such as events with empty cells.
      transform: `transform(params, latent, context) -> x`, [B, D]. It maps standard normal numbers to events;
        the inverse of `normalize`.
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
    """The density of the images of standard normal numbers under a bijection.

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
    """Events drawn from a density; labels, if any, are drawn first.

    Args:
      density: density of the continuous columns; its context is the features and the one-hot label.
      features: conditions to input features.
      scaler: physical units to scaled units, and back.
      size: number of columns of an event.
      labels: number of one-hot label columns, which come last.

    Returns:
      See `base.Sampler`; its parameters are {"density": parameters of the density, "labels": kernel and bias
      of the logits}.
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
    """One-hot labels [B, L] with logits [B, L], chosen by the quantile of the normal number of each row."""
    reached = jnp.cumsum(jax.nn.softmax(logits), axis=1)[:, :-1]
    chosen = jnp.sum(jax.scipy.stats.norm.cdf(drawn)[:, None] > reached, axis=1)
    return jax.nn.one_hot(chosen, logits.shape[1])
