"""Generators and critics of four-lepton events, by name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.models.dense import DenseCritic, DenseGenerator

leaky_relu = partial(nn.leaky_relu, negative_slope=0.2)


class LeptonNetworks(NamedTuple):
    """A generator, a critic, and the number of latent numbers between them.

    Attributes:
      generator: of features [B, F] and latent numbers [B, Z], to rows [B, size].
      critic: of rows, features and seeds, to scores.
      latent: Z.
    """

    generator: nn.Module
    critic: nn.Module
    latent: int = 20


class LabelledGenerator(nn.Module):
    """Dense layers to rows whose last columns are labels: there a softmax takes the place of numbers.

    Attributes:
      size: of a row.
      labels: how many of the last columns are one-hot in real rows.
      widths: of the layers before the last.
      activation: after every layer but the last.
    """

    size: int
    labels: int
    widths: tuple[int, ...]
    activation: Callable[[Array], Array]

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent numbers [N, Z] to rows [N, size]."""
        rows = DenseGenerator(
            shape=(self.size,), widths=self.widths, activation=self.activation, output=None
        )(features, latent)
        if not self.labels:
            return rows
        numbers, scores = rows[:, : -self.labels], rows[:, -self.labels :]
        return jnp.concatenate([numbers, jax.nn.softmax(scores)], axis=1)


def _networks(
    size: int,
    labels: int,
    outputs: int,
    *,
    widths: tuple[int, ...],
    critic_widths: tuple[int, ...],
    latent: int = 20,
) -> LeptonNetworks:
    generator = LabelledGenerator(size, labels, widths, leaky_relu)
    return LeptonNetworks(generator, DenseCritic(critic_widths, outputs, leaky_relu), latent)


ARCHITECTURES: Mapping[str, Callable[[int, int, int], LeptonNetworks]] = {
    "published": partial(_networks, widths=(40,), critic_widths=(64, 128, 256, 512, 1024, 2048)),
    "published_204": partial(_networks, widths=(40,), critic_widths=(204,)),
    "wide": partial(_networks, widths=(128, 128, 128), critic_widths=(128, 128, 128), latent=32),
}
"""`ARCHITECTURES[name](size, labels, outputs)`: rows of `size` numbers, critics of `outputs` scores.

"published" is a generator 20-40-size and a critic that doubles its width from 64 to 2,048; the source also
speaks of a width of 204, which doubling does not give and "published_204" takes for its only layer.
"""


def get(name: str, *, size: int, labels: int = 0, outputs: int = 1) -> LeptonNetworks:
    """The networks of this name, one of `ARCHITECTURES`.

    Raises:
      ValueError: for a name that is not known.

    >>> get("published", size=32).critic.widths[-1]
    2048
    """
    checks.one_of("the architecture", name, ARCHITECTURES)
    return ARCHITECTURES[name](size, labels, outputs)
