"""Objectives of variational autoencoders: reconstruction error and Kullback-Leibler divergence of the code.

Two forms of the sum are published. A paper on four-lepton events uses MSE + KL. Its formula for the
divergence has the wrong sign, compensated by a minus in the sum, and exp(sigma^2) in place of sigma^2; both
are corrected here as in arXiv:1312.6114, appendix B. The other form is mean[(1 - B) MSE + B KL]
(arXiv:1901.00875, whose code averages the squared error over the columns and sums the divergence over the
latent variables, as here).
"""

import math

import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array

OBJECTIVES = ("published", "beta")


def squared_error(real: Array, fake: Array) -> Array:
    """Squared error averaged over the columns, [B, D] and [B, D] to [B].

    Raises:
      ValueError: if the shapes differ.

    >>> squared_error(jnp.array([[1.0, 2.0]]), jnp.array([[1.0, 4.0]])).tolist()
    [2.0]
    """
    checks.same_shape(real=real, fake=fake)
    return jnp.mean(jnp.square(real - fake), axis=-1)


def divergence(mean: Array, log_variance: Array) -> Array:
    """Kullback-Leibler divergence of a diagonal Gaussian from the standard one, in nats.

    -1/2 sum(1 + log sigma^2 - mu^2 - sigma^2), which is never negative.

    Args:
      mean: mu, [B, Z].
      log_variance: log sigma^2, [B, Z].

    Returns:
      [B].

    Raises:
      ValueError: if the shapes differ.

    >>> divergence(jnp.array([[3.0, 0.0]]), jnp.zeros((1, 2))).tolist()
    [4.5]
    """
    checks.same_shape(mean=mean, log_variance=log_variance)
    return 0.5 * jnp.sum(jnp.square(mean) + jnp.expm1(log_variance) - log_variance, axis=-1)


def total(objective: str, reconstruction: Array, divergence: Array, *, kl_weight: float = 1.0) -> Array:
    """The objective with this name for each event.

    - published: MSE + w KL, with w = 1 in the publication;
    - beta: (1 - w) MSE + w KL, where w is B of arXiv:1901.00875.

    Args:
      objective: one of `OBJECTIVES`.
      reconstruction: MSE, [B].
      divergence: KL, [B].
      kl_weight: weight w, not negative, and at most 1 for beta.

    Returns:
      [B].

    Raises:
      ValueError: for an unknown objective or a weight out of range.

    >>> float(total("beta", jnp.float32(4.0), jnp.float32(8.0), kl_weight=0.25))
    5.0
    """
    return _error_weight(objective, kl_weight) * reconstruction + kl_weight * divergence


def implied_noise(objective: str, *, kl_weight: float, size: int) -> float:
    """Standard deviation of the Gaussian noise around a reconstruction that an objective implies.

    A squared error is minus the log-likelihood of Gaussian noise around the reconstruction. The objective is
    a bound on the likelihood only for one standard deviation s: with a weight a of the mean squared error
    over D columns, a MSE / w = sum (x - x')^2 / 2 s^2 gives s = sqrt(D w / 2 a). Published samples are
    reconstructions without this noise, and therefore narrower than the fitted model.

    Args:
      objective: one of `OBJECTIVES`.
      kl_weight: weight w, above zero; below 1 for beta.
      size: number of columns, D.

    Returns:
      Standard deviation s in scaled units.

    Raises:
      ValueError: for an unknown objective or numbers out of range.

    >>> implied_noise("published", kl_weight=1.0, size=32)
    4.0
    """
    checks.positive(kl_weight=kl_weight, size=size)
    weight = _error_weight(objective, kl_weight)
    checks.positive(weight_of_the_error=weight)
    return math.sqrt(size * kl_weight / (2 * weight))


def _error_weight(objective: str, kl_weight: float) -> float:
    checks.one_of("objective", objective, OBJECTIVES)
    if not 0 <= kl_weight <= (1 if objective == "beta" else math.inf):
        limit = "within [0, 1]" if objective == "beta" else "not below zero"
        raise ValueError(f"Expected kl_weight {limit} for {objective}; got {kl_weight}.")
    return 1 - kl_weight if objective == "beta" else 1.0
