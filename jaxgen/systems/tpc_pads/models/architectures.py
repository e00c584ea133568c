"""Pairs of networks for pad responses, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import flax.linen as nn

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.models.activations import TrainableKink, elu
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.systems.tpc_pads.models.critics import (
    FASTER_STAGES,
    PUBLISHED_STAGES,
    RESIDUAL_STAGES,
    ConvolutionalCritic,
    Geometry,
    Stage,
    geometry,
)
from jaxgen.systems.tpc_pads.models.generators import ConvolutionalGenerator

SHAPE = (8, 16)
LATENT = 32
DROPOUT = 0.02


@dataclass(frozen=True)
class Architecture:
    """Two networks and what they must be given.

    Attributes:
      generator: `(features [N, F], latent [N, Z]) -> data`.
      critic: `(data, features [N, F], seeds [N] or None) -> scores [N, outputs]`.
      number_features: F, the length of the feature vector.
      representation: name of the scaler from amplitudes to what the networks see.
      latent: Z, the number of latent numbers.
      geometry: of the critic's convolutions by the name of their kernel; None where it has none.
    """

    generator: nn.Module
    critic: nn.Module
    number_features: int = 5
    representation: str = "logarithmic"
    latent: int = LATENT
    geometry: Mapping[str, Geometry] | None = None


def _of_images(
    *,
    outputs: int,
    dropout_rate: float | None,
    generator: nn.Module | None = None,
    stages: tuple[Stage, ...] = PUBLISHED_STAGES,
    widths: tuple[int, ...] = (128,),
    activation: Callable[[Array], Array] = elu,
    residual: bool = False,
    number_features: int = 5,
) -> Architecture:
    critic = ConvolutionalCritic(
        stages=stages,
        widths=widths,
        outputs=outputs,
        activation=activation,
        dropout_rate=DROPOUT if dropout_rate is None else dropout_rate,
        residual=residual,
    )
    return Architecture(
        DenseGenerator(shape=SHAPE) if generator is None else generator,
        critic,
        number_features=number_features,
        geometry=geometry(stages, SHAPE),
    )


def _of_moments(*, outputs: int, dropout_rate: float | None) -> Architecture:
    return Architecture(
        DenseGenerator(shape=(6,), activation=nn.relu, output=None),
        DenseCritic(outputs=outputs, dropout_rate=dropout_rate or 0.0),
        representation="gaussian",
    )


ARCHITECTURES: Mapping[str, Callable[..., Architecture]] = {
    "published": _of_images,
    "relu": partial(
        _of_images, generator=DenseGenerator(activation=nn.relu, output=nn.relu), activation=nn.relu
    ),
    "elu": partial(_of_images, generator=DenseGenerator(output=elu)),
    "residual": partial(
        _of_images,
        generator=DenseGenerator(output=elu),
        stages=RESIDUAL_STAGES,
        widths=(128,) * 4,
        residual=True,
    ),
    "residual_kinked": partial(_of_images, stages=RESIDUAL_STAGES, widths=(128,) * 4, residual=True),
    "moments": _of_moments,
    "faster": partial(_of_images, generator=DenseGenerator(widths=(32, 64, 64)), stages=FASTER_STAGES),
    "convolutional_generator": partial(_of_images, generator=ConvolutionalGenerator()),
    "seven_features": partial(_of_images, number_features=7),
    "trainable_kink": partial(_of_images, generator=DenseGenerator(output=TrainableKink())),
    "wide_generator": partial(_of_images, generator=DenseGenerator(widths=(64, 128, 128, 128))),
}
"""Architectures by name; `get` describes them."""


def get(name: str, *, outputs: int = 1, dropout_rate: float | None = None) -> Architecture:
    """The architecture called `name`, for responses of 8 pads and 16 time bins.

    - published: the published pair, ELU inside, the kink at the generator's end (Eur. Phys. J. C 81, 599);
    - relu, elu: the same with ReLU, or ELU, everywhere, the generator's last layer included;
    - residual: a critic of valid convolutions and four dense layers with skips, the generator as in elu;
    - residual_kinked: that critic with the published generator;
    - moments: dense networks on the six numbers of a Gaussian in place of images;
    - faster: one convolution and one dense layer less, meant for batches of 128;
    - convolutional_generator: the convolutional generator of an earlier version, the published critic;
    - seven_features: the published pair with the pad row and the momentum among the features;
    - trainable_kink: the published pair, the steepness of the kink trained too;
    - wide_generator: the published critic and a generator of twice the width.

    Args:
      name: one of `ARCHITECTURES`.
      outputs: of the critic; more than one for the Cramer loss.
      dropout_rate: of the critic's layers; None for the architecture's own, 0.02, or 0 for moments.

    Raises:
      ValueError: for an unknown name or numbers out of range.

    >>> get("moments").representation
    'gaussian'
    """
    checks.one_of("architecture", name, ARCHITECTURES)
    checks.positive(outputs=outputs)
    if dropout_rate is not None and not 0 <= dropout_rate < 1:
        raise ValueError(f"Expected a dropout rate within [0, 1); got {dropout_rate}.")
    return ARCHITECTURES[name](outputs=outputs, dropout_rate=dropout_rate)
