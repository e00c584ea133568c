"""A shower as the logarithms of its active cells and of its visible energy."""

import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array, Scaler
from jaxgen.systems.calorimeter.cells import CELLS

LARGEST_LOG = 30.0
"""Logarithm above which a generated energy is cut, so that it stays finite."""


def active_logarithms(*, threshold: float) -> Scaler:
    """The 901 numbers log(E / threshold) of cells above the threshold, 0 of others, and log(sum / threshold).

    Cells below the threshold do not come back; the inverse scales the others so that their sum is the visible
    energy, so what those had is spread over the shower. An empty shower has 901 zeros and comes back empty.

    Args:
      threshold: above zero, in the unit of the images.

    Returns:
      forward from [..., 30, 30] to [..., 901], and inverse.

    >>> scaler = active_logarithms(threshold=0.1)
    >>> image = jnp.zeros((30, 30)).at[15, 15].set(20.0)
    >>> round(float(scaler.inverse(scaler.forward(image))[15, 15]), 3)
    20.0
    """
    checks.positive(threshold=threshold)

    def forward(images: Array) -> Array:
        energy = images.reshape(*images.shape[:-2], CELLS * CELLS) / threshold
        total = jnp.maximum(energy.sum(-1, keepdims=True), 1.0)
        return jnp.log(jnp.concatenate([jnp.maximum(energy, 1.0), total], axis=-1))

    def inverse(numbers: Array) -> Array:
        logarithms = jnp.minimum(numbers, LARGEST_LOG)
        energy = jnp.where(logarithms[..., :-1] > 0, jnp.exp(logarithms[..., :-1]), 0.0)
        drawn = energy.sum(-1, keepdims=True)
        wanted = threshold * jnp.exp(logarithms[..., -1:])
        energy = energy * wanted / jnp.where(drawn > 0, drawn, 1.0)
        return energy.reshape(*numbers.shape[:-1], CELLS, CELLS)

    return Scaler(forward, inverse)
