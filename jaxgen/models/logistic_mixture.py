"""Mixtures of logistic distributions of single numbers, with or without censoring at zero."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgen.base import Array

LOG_SCALES = (-8.0, 3.0)
"""Range to which the logarithms of scales are limited."""


class LogisticMixture(NamedTuple):
    """Parameters of mixtures of K logistic distributions, [..., K] each.

    Attributes:
      log_weights: logarithms of weights that sum to one.
      means: means of the components.
      log_scales: logarithms of the scales; the standard deviation is pi / sqrt(3) times the scale.
    """

    log_weights: Array
    means: Array
    log_scales: Array


def from_numbers(numbers: Array) -> LogisticMixture:
    """Parameters from real numbers [..., 3 K]: logits of weights, means, logarithms of scales."""
    scores, means, log_scales = jnp.split(numbers, 3, axis=-1)
    return LogisticMixture(jax.nn.log_softmax(scores), means, jnp.clip(log_scales, *LOG_SCALES))


def log_density(mixture: LogisticMixture, x: Array) -> Array:
    """Logarithm of the density at x [...].

    >>> standard = from_numbers(jnp.zeros(3))
    >>> round(float(jnp.exp(log_density(standard, jnp.array(0.0)))), 6)
    0.25
    """
    y = _standardized(mixture, x)
    return jax.nn.logsumexp(mixture.log_weights - y - 2 * jax.nn.softplus(-y) - mixture.log_scales, axis=-1)


def log_distribution(mixture: LogisticMixture, x: Array) -> Array:
    """Logarithm of the cumulative distribution at x [...].

    >>> standard = from_numbers(jnp.zeros(3))
    >>> round(float(jnp.exp(log_distribution(standard, jnp.array(0.0)))), 6)
    0.5
    """
    return jax.nn.logsumexp(mixture.log_weights - jax.nn.softplus(-_standardized(mixture, x)), axis=-1)


def censored_log_likelihood(mixture: LogisticMixture, x: Array) -> Array:
    """Logarithm of the density at x [...] above zero, and of the probability of zero or below at x = 0.

    This is the distribution of max(0, draw), such as the signal of a cell with a threshold.
    """
    return jnp.where(x > 0, log_density(mixture, x), log_distribution(mixture, jnp.zeros_like(x)))


def quantile_draw(mixture: LogisticMixture, uniform: Array) -> Array:
    """Draws from the mixture with one uniform number each, [...] within (0, 1).

    The number selects the component by the cumulative weights; its relative position within the weight of
    that component is again uniform and selects the quantile of the component.
    """
    share = jnp.exp(mixture.log_weights)
    end = jnp.cumsum(share, axis=-1)
    chosen = jnp.sum(uniform[..., None] > end[..., :-1], axis=-1, keepdims=True)

    def of_chosen(values: Array) -> Array:
        values = jnp.broadcast_to(values, (*uniform.shape, values.shape[-1]))
        return jnp.take_along_axis(values, chosen, axis=-1)[..., 0]

    within = (uniform - of_chosen(end - share)) / of_chosen(share)
    within = jnp.clip(within, 1e-6, 1 - 1e-6)
    logit = jnp.log(within) - jnp.log1p(-within)
    return of_chosen(mixture.means) + jnp.exp(of_chosen(mixture.log_scales)) * logit


def _standardized(mixture: LogisticMixture, x: Array) -> Array:
    return (x[..., None] - mixture.means) * jnp.exp(-mixture.log_scales)
