"""Selection of the number of components: fits of many sizes in one program."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key
from jaxgen.models.mixture import gaussian_mixture, initialization
from jaxgen.models.mixture.gaussian_mixture import REGULARIZATION, Mixture


class Fits(NamedTuple):
    """Mixtures of G sizes, padded to the largest size K; surplus components have weight zero.

    Attributes:
      mixtures: mixtures with a leading axis [G].
      log_likelihood: mean log-likelihood of the events, [G].
      bic: Schwarz's criterion, smaller is better, [G].
      trace: mean log-likelihood before each iteration, [G, iterations].
    """

    mixtures: Mixture
    log_likelihood: Array
    bic: Array
    trace: Array


def fit_sizes(
    key: Key,
    x: Array,
    sizes: Array,
    *,
    largest: int,
    covariance: str = "full",
    start: str = "kmeans",
    iterations: int = 100,
    regularization: float = REGULARIZATION,
) -> Fits:
    """Fits a mixture of each size to the same events.

    Every fit has the shape of the largest one, so that one compilation serves all. The fits run in parallel
    on accelerators, and one after the other on CPU.

    Args:
      key: random key of the initializations; all sizes use the same draws, so the fit of a size does not
        depend on the other sizes.
      x: events, [N, D].
      sizes: numbers of components, int [G], each between 1 and `largest`.
      largest: largest number of components.
      covariance: form of the covariances.
      start: one of `initialization.STARTS`.
      iterations: number of iterations of expectation maximization.
      regularization: term added to every variance.

    Returns:
      The fits, in the order of the sizes.
    """
    checks.positive(largest=largest, iterations=iterations)
    numbers = [
        gaussian_mixture.free_parameters(size, x.shape[1], covariance=covariance)
        for size in range(1, largest + 1)
    ]
    parameters = jnp.asarray(numbers)

    def fit(size: Array) -> Fits:
        found = initialization.start(
            key, x, components=largest, method=start, covariance=covariance, present=size
        )

        def iterate(found: gaussian_mixture.Moments, _: None) -> tuple[gaussian_mixture.Moments, Array]:
            found, log_densities = gaussian_mixture.improved(
                found, x, covariance=covariance, regularization=regularization
            )
            return found, jnp.mean(log_densities)

        found, trace = lax.scan(iterate, found, length=iterations)
        mixture = gaussian_mixture.maximization(found, covariance=covariance, regularization=regularization)
        mean = jnp.mean(gaussian_mixture.log_likelihood(mixture, x, covariance=covariance))
        criterion = gaussian_mixture.bayesian_information(mean, len(x), parameters[size - 1])
        return Fits(mixture, mean, criterion, trace)

    return lax.platform_dependent(sizes, cpu=partial(lax.map, fit), default=jax.vmap(fit))
