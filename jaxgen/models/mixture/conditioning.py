"""Mixtures of which some columns are given: the first ones.

A component's factor is lower triangular, so its first columns depend on the first noise numbers alone. Events
with given first columns come from that noise which leads to them, and free noise for the others.
"""

import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.models.mixture import covariances as mixture_covariances
from jaxgen.models.mixture.gaussian_mixture import Mixture


def marginal(mixture: Mixture, columns: int, *, covariance: str = "full") -> Mixture:
    """The mixture of the first columns, whatever the others are."""
    if not 0 < columns <= mixture.means.shape[1]:
        raise ValueError(f"Expected between 1 and {mixture.means.shape[1]} columns; got {columns}.")
    form = mixture_covariances.get(covariance)
    return mixture._replace(
        means=mixture.means[:, :columns], covariances=form.leading(mixture.covariances, columns)
    )


def noise_for(
    mixture: Mixture, components: Array, given: Array, noise: Array, *, covariance: str = "full"
) -> Array:
    """Noise that leads to given first columns.

    Args:
      mixture: of D columns.
      components: of the events, int [N].
      given: their first columns, [N, c].
      noise: unit normal, [N, D].
      covariance: form of the covariances.

    Returns:
      The noise with its first columns replaced; `gaussian_mixture.from_noise` makes events of it that begin
      with the given columns and follow the mixture in the others.
    """
    checks.shape("noise", noise, (len(given), mixture.means.shape[1]))
    of_given = marginal(mixture, given.shape[1], covariance=covariance)
    form = mixture_covariances.get(covariance)
    inverses = form.inverses(form.factors(of_given.covariances))
    first = form.unwhitened(inverses, components, given - of_given.means[components])
    return jnp.concatenate([first, noise[:, given.shape[1] :]], axis=1)
