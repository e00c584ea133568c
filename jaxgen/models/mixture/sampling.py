"""Sampling from a mixture whose weights depend on the class, with optional given columns."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr

from jaxgen.base import Array, Key, PyTree, Sampler, Scaler
from jaxgen.models.mixture import covariances, gaussian_mixture
from jaxgen.models.mixture.gaussian_mixture import Mixture
from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces


def mixture_sampler(
    *,
    features: Callable[[Array], Array],
    scaler: Scaler,
    labels: int,
    kinds: int,
    covariance: str,
) -> Sampler:
    """Events drawn from a mixture.

    Args:
      features: conditions to input features.
      scaler: physical units to scaled units, and back.
      labels: number of one-hot label columns of an event, which come last.
      kinds: number of one-hot features, which come first; the other features are given columns.
      covariance: form of the covariances.

    Returns:
      See `base.Sampler`; its parameters are "weights", "means" and "covariances" of the mixture, and "odds",
      probabilities of labels and components for each kind, [kinds, labels * K].
    """
    form = covariances.get(covariance)

    def sample(key: Key, params: PyTree, condition: Array, first: Any = 0) -> Array:
        mixture = Mixture(params["weights"], params["means"], params["covariances"])
        factors = form.factors(mixture.covariances)
        number = len(mixture.means)

        def rows(place: Array, condition: Array) -> Array:
            seen = features(condition)
            kind, given = largest(seen[:, :kinds]), seen[:, kinds:]
            shape = len(condition), mixture.means.shape[1] + 1
            drawn = random_numbers.normal(key, shape, start=random_numbers.times(place, shape[1]))
            picks = _picked(mixture, params["odds"], kind, given, ndtr(drawn[:, 0]), covariance)
            components, unit = picks % number, drawn[:, 1:]
            if given.shape[1]:
                unit = gaussian_mixture.noise_for(mixture, components, given, unit, covariance=covariance)
            x = mixture.means[components] + form.unwhitened(factors, components, unit)
            label = jax.nn.one_hot(picks // number, labels)
            return scaler.inverse(jnp.concatenate([x[:, given.shape[1] :], label], axis=1))

        return map_pieces(rows, condition, first=first)

    return sample


def _picked(
    mixture: Mixture, odds: Array, kinds: Array, given: Array, uniform: Array, covariance: str
) -> Array:
    """Label and component of each event, as label times K plus component, int32 [B].

    Args:
      mixture: mixture of K components.
      odds: probabilities of labels and components for each kind, [kinds, labels * K].
      kinds: kind of each event, int [B].
      given: first columns of the events, [B, c].
      uniform: numbers between 0 and 1, [B].
      covariance: form of the covariances.
    """
    if given.shape[1]:
        of_given = gaussian_mixture.marginal(mixture, given.shape[1], covariance=covariance)
        densities = gaussian_mixture.component_log_densities(of_given, given, covariance=covariance).T
        labels = odds.shape[1] // densities.shape[1]
        weighted = jnp.log(odds)[kinds] + jnp.tile(densities, (1, labels))
        cumulative = jnp.cumsum(jax.nn.softmax(weighted, axis=1), axis=1)
    else:
        cumulative = jnp.cumsum(odds, axis=1)[kinds]
    reached = cumulative < uniform[:, None] * cumulative[:, -1:]
    return jnp.sum(reached, axis=1, dtype=jnp.int32)


def largest(one_hot: Array) -> Array:
    """Index of the largest column of each row, int32 [B]; zero if there are no columns."""
    if not one_hot.shape[1]:
        return jnp.zeros(len(one_hot), jnp.int32)
    return jnp.argmax(one_hot, axis=1).astype(jnp.int32)


def given_row(table: Array) -> Array:
    """Rows divided by their sums; a row of zeros is replaced by the normalized sum of all rows."""
    sums = jnp.sum(table, axis=1, keepdims=True)
    return jnp.where(sums > 0, table / jnp.where(sums > 0, sums, 1.0), jnp.sum(table, axis=0))
