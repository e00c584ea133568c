"""How a block of cells shares its energy out between its two halves, no cell having less than the threshold.

Energies are in units of the threshold. The logarithm of the ratio of the halves follows a mixture of logistic
laws. Where a ratio would leave one half less than the threshold, the other half has all.
"""

import jax
import jax.numpy as jnp

from jaxgen.base import Array
from jaxgen.models import logistic_mixture
from jaxgen.models.logistic_mixture import LogisticMixture


def log_likelihood(law: LogisticMixture, first: Array, second: Array) -> Array:
    """Logarithm of the density of the ratio's logarithm, or of the probability that one half has all.

    Args:
      law: of log(first / second), [..., K].
      first: energy of one half, [...]; zero, or not below one.
      second: of the other.

    Returns:
      [...]; zero where both halves are empty, since there is nothing to be split.

    >>> law = logistic_mixture.from_numbers(jnp.zeros(3))
    >>> round(float(jnp.exp(log_likelihood(law, jnp.array(1.5), jnp.array(0.0)))), 6)
    0.5
    """
    limit = _limit(first + second)
    both = (first > 0) & (second > 0)
    ratio = jnp.log(jnp.where(both, first, 1.0)) - jnp.log(jnp.where(both, second, 1.0))
    place = jnp.where(both, ratio, jnp.where(first > 0, limit, -limit))
    # one sum over components for all three outcomes: their logarithms are what takes the time
    y = (place[..., None] - law.means) * jnp.exp(-law.log_scales)
    below = -jax.nn.softplus(-y)
    alone = jnp.where(first[..., None] > 0, below - y, below)
    inside = 2 * below - y - law.log_scales
    split = jax.nn.logsumexp(law.log_weights + jnp.where(both[..., None], inside, alone), axis=-1)
    return jnp.where(first + second > 0, split, 0.0)


def draw(law: LogisticMixture, energy: Array, uniform: Array) -> tuple[Array, Array]:
    """Splits energies [...] by one uniform number each.

    Returns:
      The energies of both halves, [...] each; zero, or not below one but for rounding.

    >>> law = logistic_mixture.from_numbers(jnp.zeros(3))
    >>> [float(half) for half in draw(law, jnp.array(1.5), jnp.array(0.6))]
    [1.5, 0.0]
    """
    ratio = logistic_mixture.quantile_draw(law, uniform)
    share = jnp.where(jnp.abs(ratio) < _limit(energy), jax.nn.sigmoid(ratio), ratio > 0)
    return energy * share, energy * (1.0 - share)


def _limit(energy: Array) -> Array:
    """Logarithm of the largest ratio of two halves above the threshold; zero where only one can be."""
    return jnp.log(jnp.maximum(energy - 1.0, 1.0))
