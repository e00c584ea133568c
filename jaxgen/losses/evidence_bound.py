"""What a variational autoencoder minimizes: its reconstruction error and what its code says of an event.

Two forms of the sum are published. A paper on four-lepton events adds them, MSE + KL. There the divergence
has the wrong sign, undone by a minus in the sum, and exp(sigma^2) where sigma^2 belongs; here both stand as
in arXiv:1312.6114, appendix B. The other form is mean[(1 - B) MSE + B KL] (arXiv:1901.00875, whose code
averages the squared error over the columns and sums the divergence over the latent numbers; so do both here).
"""

import math

import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array

OBJECTIVES = ("published", "beta")


def squared_error(real: Array, fake: Array) -> Array:
    """Squared error averaged over the columns, [B, D] and [B, D] to [B].

    Raises:
      ValueError: for two shapes.

    >>> squared_error(jnp.array([[1.0, 2.0]]), jnp.array([[1.0, 4.0]])).tolist()
    [2.0]
    """
    checks.same_shape(real=real, fake=fake)
    return jnp.mean(jnp.square(real - fake), axis=-1)


def divergence(mean: Array, log_variance: Array) -> Array:
    """Kullback-Leibler divergence of a diagonal Gaussian from the standard one, in nats.

    -1/2 sum(1 + log sigma^2 - mu^2 - sigma^2), which is never below zero.

    Args:
      mean: mu, [B, Z].
      log_variance: log sigma^2, [B, Z].

    Returns:
      [B].

    Raises:
      ValueError: for two shapes.

    >>> divergence(jnp.array([[3.0, 0.0]]), jnp.zeros((1, 2))).tolist()
    [4.5]
    """
    checks.same_shape(mean=mean, log_variance=log_variance)
    return 0.5 * jnp.sum(jnp.square(mean) + jnp.expm1(log_variance) - log_variance, axis=-1)


def total(objective: str, reconstruction: Array, divergence: Array, *, kl_weight: float = 1.0) -> Array:
    """The sum called `objective`, for each event.

    - published: MSE + w KL, with w = 1 as published;
    - beta: (1 - w) MSE + w KL, with w the B of arXiv:1901.00875.

    Args:
      objective: one of `OBJECTIVES`.
      reconstruction: MSE, [B].
      divergence: KL, [B].
      kl_weight: w, not below zero, and at most 1 for beta.

    Returns:
      [B].

    Raises:
      ValueError: for an unknown objective or a weight out of range.

    >>> float(total("beta", jnp.float32(4.0), jnp.float32(8.0), kl_weight=0.25))
    5.0
    """
    return _error_weight(objective, kl_weight) * reconstruction + kl_weight * divergence


def implied_noise(objective: str, *, kl_weight: float, size: int) -> float:
    """Standard deviation of the noise that a reconstruction is thought to have under an objective.

    A squared error is minus the log-likelihood of Gaussian noise around the reconstruction. The objective is
    a bound on the likelihood for one standard deviation s only: with a weight a of the mean squared error
    over D columns, a MSE / w = sum (x - x')^2 / 2 s^2 gives s = sqrt(D w / 2 a). Published samples are
    reconstructions without this noise, and so narrower than the model that was fitted.

    Args:
      objective: one of `OBJECTIVES`.
      kl_weight: w, above zero; below 1 for beta.
      size: D.

    Returns:
      s on the scale of the reconstruction.

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
