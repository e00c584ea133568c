"""Generators and critics for showers on 30 x 30 cells, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import flax.linen as nn

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.models.activations import elu
from jaxgen.models.convolutional import Geometry, geometry
from jaxgen.systems.calorimeter.cells import CELLS
from jaxgen.systems.calorimeter.models.critics import (
    CONDITIONAL_STAGES,
    GAN2_STAGES,
    Energies,
    ShowerCritic,
    leaky_relu,
)
from jaxgen.systems.calorimeter.models.generators import (
    GAN2_LAYERS,
    OUTPUTS,
    TransposedGenerator,
    UpsamplingGenerator,
)


@dataclass(frozen=True)
class ShowerNetworks:
    """A generator, a critic, and their properties.

    Attributes:
      generator: maps features [B, F] and latent variables [B, Z] to showers [B, 30, 30].
      critic: maps showers, features and seeds to scores [B, outputs].
      latent: number of latent variables, Z.
      geometry: geometry of the critic's convolutions by the name of their kernel.
    """

    generator: nn.Module
    critic: nn.Module
    latent: int
    geometry: Mapping[str, Geometry]


def _networks(generator: nn.Module, critic: ShowerCritic, latent: int) -> ShowerNetworks:
    side = CELLS // critic.fold
    return ShowerNetworks(generator, critic, latent, geometry(critic.stages, (side, side)))


Linear = Callable[[Array], Array]
"""Function from scaled units to additive energies."""


def _gan1(outputs: int, output: str | None, linear: Linear | None) -> ShowerNetworks:
    del linear
    return _networks(TransposedGenerator(output=output or "tanh"), ShowerCritic(outputs=outputs), 100)


def _gan2(outputs: int, output: str | None, linear: Linear | None) -> ShowerNetworks:
    del linear
    generator = TransposedGenerator(start=10, layers=GAN2_LAYERS, last="transposed", output=output or "tanh")
    critic = ShowerCritic(GAN2_STAGES, pool="average", outputs=outputs, activation=leaky_relu)
    return _networks(generator, critic, 100)


def _conditional(outputs: int, output: str | None, linear: Linear | None) -> ShowerNetworks:
    critic = ShowerCritic(
        CONDITIONAL_STAGES,
        fold=3,
        pool="average",
        widths=(128, 128),
        outputs=outputs,
        of_two=False,
        activation=elu,
        dense_activation=elu,
        summaries=Energies(linear),
    )
    return _networks(UpsamplingGenerator(output=output or "rectified"), critic, 64)


ARCHITECTURES: Mapping[str, Callable[[int, str | None, Linear | None], ShowerNetworks]] = {
    "gan1": _gan1,
    "gan2": _gan2,
    "conditional": _conditional,
}
"""Architectures by name; described in `get`."""


def get(
    name: str,
    *,
    outputs: int = 1,
    output_activation: str | None = None,
    linear: Linear | None = None,
) -> ShowerNetworks:
    """The networks with this name.

    - gan1: as published, a dense layer of 49, seven transposed convolutions of 128 to 16 filters and one
      plain convolution without padding, which reduces 32 x 32 to 30 x 30; a critic with convolutions without
      padding, max pooling and a dense layer of 256 with tanh;
    - gan2: as published, a dense layer of 100 and seven transposed convolutions up to 28 x 28, so the
      last layer must also be transposed; a critic with average pooling, the second of which omits
      the fifth row and column, and LeakyReLU;
    - conditional: dense layers, then convolutions between two upsamplings, with a factor and an offset for
      each cell; a critic of 4 MFLOP whose convolutions use blocks of nine cells as pixels, as the
      rings consist of whole blocks, and whose inputs include the sums over the rings and the central cells.

    The published critics end in a softmax over two outputs. A score is the difference of the two before the
    softmax, so that its sigmoid is the probability of a real event and the losses of log-odds are the
    published ones. Features are concatenated to the latent variables in the generator; in the critic they are
    constant channels and inputs of the first dense layer. Without features gan1 and gan2 are as published.

    Args:
      name: one of `ARCHITECTURES`.
      outputs: number of scores of the critic; more than one for the Cramer loss.
      output_activation: output activation of the generator, one of `OUTPUTS`; None for the default of the
        architecture, tanh, or rectified for conditional.
      linear: function from scaled units to additive energies, for the sums; None if these are already
        additive.

    Raises:
      ValueError: for unknown names or no outputs.

    >>> get("gan1").latent
    100
    """
    checks.one_of("architecture", name, ARCHITECTURES)
    checks.positive(outputs=outputs)
    if output_activation is not None:
        checks.one_of("the output activation", output_activation, OUTPUTS)
    return ARCHITECTURES[name](outputs, output_activation, linear)
