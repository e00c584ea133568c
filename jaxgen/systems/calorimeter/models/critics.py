"""Critics of showers on 30 x 30 cells."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import flax.linen as nn
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array
from jaxgen.models.convolutional import Stage
from jaxgen.models.dense import dense
from jaxgen.ops import convolution
from jaxgen.ops.pooling import POOLS, fold
from jaxgen.systems.calorimeter.cells import CELLS, RINGS

Summaries = Callable[[Array], Array]
leaky_relu = partial(nn.leaky_relu, negative_slope=0.3)


def _stages(padding: str, *stages: tuple[tuple[tuple[int, int], ...], int | None]) -> tuple[Stage, ...]:
    """Stages of square kernels and blocks: ((filters, side), ...), side of the block."""
    return tuple(
        (tuple((filters, (side, side), padding) for filters, side in layers), (pool, pool) if pool else None)
        for layers, pool in stages
    )


GAN1_STAGES = _stages("VALID", (((32, 3),), 2), (((32, 3), (64, 3), (64, 3)), 2), (((128, 3),), None))
GAN2_STAGES = _stages("VALID", (((32, 4), (32, 4)), 2), (((32, 4), (64, 3), (64, 3)), 2), (((128, 1),), None))

CONDITIONAL_STAGES = (
    *_stages("VALID", (((32, 3),), None)),
    *_stages("SAME", (((32, 3),), 2), (((64, 3), (64, 3)), None)),
)
"""Two convolutions from 10 x 10 pixels to 8 x 8, and two on 4 x 4; Winograd's tiles divide these sizes."""


class ShowerCritic(nn.Module):
    """Convolutions over the cells and the features, then dense layers, to which the features are given again.

    With the defaults and no features, it is the published critic of GAN1 with two outputs, whose log-odds are
    the score.

    Attributes:
      stages: convolutions and poolings.
      fold: side of the blocks of cells that become the features of one pixel of the first convolution.
      pool: one of `POOLS`.
      widths: widths of the dense layers before the last.
      outputs: number of scores.
      of_two: whether a score is the difference of two outputs, as in a softmax over two classes.
      activation: activation after every convolution.
      dense_activation: activation after every dense layer except the last.
      summaries: `summaries(images [N, 30, 30]) -> [N, S]`, further inputs of the dense layers.
    """

    stages: tuple[Stage, ...] = GAN1_STAGES
    fold: int = 1
    pool: str = "maximum"
    widths: tuple[int, ...] = (256,)
    outputs: int = 1
    of_two: bool = True
    activation: Callable[[Array], Array] = nn.relu
    dense_activation: Callable[[Array], Array] = jnp.tanh
    summaries: Summaries | None = None

    @nn.compact
    def __call__(self, images: Array, features: Array, seeds: Array | None = None) -> Array:
        """Maps images [N, 30, 30] with features [N, F] to scores [N, outputs]; seeds have no effect."""
        del seeds
        x = self._convolved(images, features)
        flat = x.transpose(2, 0, 1, 3).reshape(-1, x.shape[-1]).T
        known = [features] if self.summaries is None else [features, self.summaries(images)]
        x = jnp.concatenate([*known, flat], axis=1)
        for index, width in enumerate(self.widths):
            x = self.dense_activation(dense(width, name=f"dense_{index}")(x))
        if not self.of_two:
            return dense(self.outputs, name="scores")(x)
        x = dense(2 * self.outputs, name="scores")(x)
        return x[:, : self.outputs] - x[:, self.outputs :]

    def _convolved(self, images: Array, features: Array) -> Array:
        x = fold(images.transpose(1, 2, 0)[:, :, None], self.fold)
        number = 0
        for convolutions, pool in self.stages:
            for index, (filters, size, padding) in enumerate(convolutions):
                name = f"convolution_{number}"
                if number == 0 and features.shape[1]:
                    x = convolution.ConditionedConvolution(filters, size, padding, name=name)(x, features)
                else:
                    x = convolution.Convolution(filters, size, padding, name=name)(x)
                pooled = None if index + 1 < len(convolutions) else pool
                x = self._activated_and_pooled(x, pooled)
                number += 1
        return x

    def _activated_and_pooled(self, x: Array, pool: tuple[int, int] | None) -> Array:
        """Activations are monotone, so they can be applied after the maximum, to a quarter of the values."""
        if pool is None:
            return self.activation(x)
        if self.pool == "maximum":
            return self.activation(POOLS[self.pool](x, pool))
        return POOLS[self.pool](self.activation(x), pool)


@dataclass(frozen=True)
class Energies:
    """Further inputs of the conditional critic: sums of cells, and the central cells.

    The logarithms of the total and of the sums over the three rings, each with `floor` added, and the 36
    individual cells of the rings.

    Attributes:
      linear: `linear(images) -> energies`, from scaled units to additive energies; None if these are already
        additive.
      floor: value added before taking the logarithm.

    >>> Energies()(jnp.ones((2, 30, 30))).shape
    (2, 40)
    """

    linear: Callable[[Array], Array] | None = None
    floor: float = 0.1

    def __call__(self, images: Array) -> Array:
        """Maps images [N, 30, 30] to [N, 40]."""
        energies = images if self.linear is None else self.linear(images)
        masks = np.stack([np.ones((CELLS, CELLS), bool), *RINGS]).reshape(1 + len(RINGS), -1)
        sums = energies.reshape(len(images), -1) @ masks.T.astype(np.float32)
        middle = images[:, 12:18, 12:18].reshape(len(images), -1)
        return jnp.concatenate([jnp.log(self.floor + jnp.maximum(sums, 0.0)), middle], axis=1)
