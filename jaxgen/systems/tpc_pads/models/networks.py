"""Generators and critics for pad responses, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxgen import checks
from jaxgen.base import Array
from jaxgen.models.activations import elu
from jaxgen.models.convolutional import ConvolutionalCritic, Filters, Geometry, Stage, geometry, upsample
from jaxgen.models.dense import DenseCritic, DenseGenerator, dense
from jaxgen.ops import convolution

AMPLITUDE_ONE = 0.3010299956639812  # log10(1 + 1): one ADC count on the logarithmic scale
KINK_WIDTH = 0.01

PUBLISHED_STAGES: tuple[Stage, ...] = (
    (((16, (3, 3), "SAME"), (16, (3, 3), "SAME")), (1, 2)),
    (((32, (3, 3), "SAME"), (32, (3, 3), "SAME")), (2, 2)),
    (((64, (3, 3), "VALID"), (64, (2, 2), "VALID")), None),
)

RESIDUAL_STAGES: tuple[Stage, ...] = (
    (((8, (2, 3), "VALID"), (16, (2, 3), "VALID"), (32, (1, 1), "VALID")), (2, 2)),
    (((64, (2, 3), "VALID"), (128, (2, 3), "VALID")), None),
)
FASTER_STAGES: tuple[Stage, ...] = (
    (((16, (3, 3), "SAME"),), (1, 2)),
    (((32, (3, 3), "SAME"), (64, (3, 3), "SAME")), (2, 2)),
    (((64, (3, 3), "VALID"), (128, (2, 2), "VALID")), None),
)

GENERATOR_STAGES: tuple[tuple[Filters, ...], ...] = (
    ((32, (2, 2), "SAME"), (32, (2, 2), "SAME")),
    ((16, (2, 3), "VALID"), (16, (1, 2), "VALID")),
    ((8, (3, 3), "SAME"), (8, (2, 2), "VALID")),
    ((8, (3, 3), "VALID"),),
)
"""Convolutions of the convolutional generator; between the groups, image sizes double in both directions."""

SHAPE = (8, 16)
LATENT = 32
DROPOUT = 0.02


def kinked(x: Array) -> Array:
    """An activation that is steep between 0 and 0.01, so that an amplitude of one ADC count is a sharp edge.

    With T = log10(2), d = 0.01 and v = T / 10: v e^x below 0, v + (T - v) x / d up to d, T + x - d above.
    The activation of the published generator (Eur. Phys. J. C 81, 599).

    >>> [round(float(kinked(jnp.array(x))), 4) for x in (0.0, 0.01, 1.01)]
    [0.0301, 0.301, 1.301]
    """
    low = AMPLITUDE_ONE / 10
    below = low * jnp.exp(jnp.minimum(x, 0.0))
    middle = low + (AMPLITUDE_ONE - low) * x / KINK_WIDTH
    above = AMPLITUDE_ONE + x - KINK_WIDTH
    return jnp.where(x < 0, below, jnp.where(x <= KINK_WIDTH, middle, above))


def trainable_kink(x: Array, sharpness: Array) -> Array:
    """The kink with a trainable steepness: T + x above 0, T exp(-|x| s) below, s = elu(50 u + 50) + 1.

    Args:
      x: any shape.
      sharpness: the scalar u, 0 at the start.

    >>> round(float(trainable_kink(jnp.array(0.0), jnp.array(0.0))), 4)
    0.301
    """
    steepness = elu(50.0 * sharpness + 50.0) + 1.0
    below = AMPLITUDE_ONE * jnp.exp(jnp.minimum(x, 0.0) * (steepness + 1e-10))
    return jnp.where(x >= 0, AMPLITUDE_ONE + x, below)


class TrainableKink(nn.Module):
    """`trainable_kink` with its own trainable sharpness, initially 0."""

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps an array of any shape to one of the same shape."""
        return trainable_kink(x, self.param("sharpness", nn.initializers.zeros_init(), ()))


class ConvolutionalGenerator(nn.Module):
    """A dense layer to 8 images of 2x4, then convolutions and three upsamplings to a response of 8x16.

    The generator of an earlier version of the published system.

    Attributes:
      activation: activation after every layer except the last, which has a ReLU.
    """

    activation: Callable[[Array], Array] = nn.relu

    @nn.compact
    def __call__(self, features: Array, latent: Array) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to responses [N, 8, 16]."""
        x = jnp.concatenate([features, latent], axis=1)
        x = self.activation(dense(64, name="dense_0")(x)).T.reshape(8, 2, 4, -1).transpose(1, 2, 0, 3)
        number = 0
        for convolutions in GENERATOR_STAGES:
            x = x if number == 0 else upsample(x)
            for filters, size, padding in convolutions:
                layer = convolution.Convolution(filters, size, padding, name=f"convolution_{number}")
                x = self.activation(layer(x))
                number += 1
        return nn.relu(FeatureSum(name="response")(x)).transpose(2, 0, 1)


class FeatureSum(nn.Module):
    """A convolution of size one to a single feature, with positive initial weights.

    A single ReLU of this sum gives the whole image: with weights of both signs, 2 of 40 seeds started with
    images of zeros only, which have no gradient, and others were close to that.
    """

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps [H, W, F, N] to [H, W, N]."""
        glorot = nn.initializers.glorot_uniform()
        kernel = self.param("kernel", lambda *args: jnp.abs(glorot(*args)), (x.shape[2], 1))
        bias = self.param("bias", nn.initializers.zeros_init(), (1,))
        return jnp.sum(x * kernel, axis=2) + bias


@dataclass(frozen=True)
class Architecture:
    """Two networks and their inputs.

    Attributes:
      generator: `(features [N, F], latent [N, Z]) -> data`.
      critic: `(data, features [N, F], seeds [N] or None) -> scores [N, outputs]`.
      number_features: F, the length of the feature vector.
      representation: name of the scaler from amplitudes to scaled units.
      latent: number of latent variables, Z.
      geometry: geometry of the critic's convolutions by the name of their kernel; None if it has none.
    """

    generator: nn.Module
    critic: nn.Module
    number_features: int = 5
    representation: str = "logarithmic"
    latent: int = LATENT
    geometry: Mapping[str, Geometry] | None = None


Generator = Callable[[tuple[int, int]], nn.Module]
"""Function that returns a generator for responses of a shape."""


def published_generator(shape: tuple[int, int], **changes: Any) -> nn.Module:
    """The published generator with 19,968 parameters (Eur. Phys. J. C 81, 599), or a variant of it."""
    return DenseGenerator(shape=shape, **{"output": kinked, **changes})


def published_critic(**changes: Any) -> ConvolutionalCritic:
    """The published critic with 61,121 parameters (Eur. Phys. J. C 81, 599), or a variant of it."""
    return ConvolutionalCritic(**{"stages": PUBLISHED_STAGES, "dropout_rate": DROPOUT, **changes})


def _convolutional_generator(shape: tuple[int, int]) -> nn.Module:
    if shape != SHAPE:
        raise ValueError(f"Expected responses of 8 x 16 for the convolutional generator; got {shape}.")
    return ConvolutionalGenerator()


def _of_images(
    shape: tuple[int, int],
    *,
    outputs: int,
    dropout_rate: float | None,
    generator: Generator = published_generator,
    number_features: int = 5,
    **changes: Any,
) -> Architecture:
    dropout = {} if dropout_rate is None else {"dropout_rate": dropout_rate}
    critic = published_critic(outputs=outputs, **dropout, **changes)
    return Architecture(
        generator(shape), critic, number_features=number_features, geometry=geometry(critic.stages, shape)
    )


def _of_moments(shape: tuple[int, int], *, outputs: int, dropout_rate: float | None) -> Architecture:
    del shape
    return Architecture(
        DenseGenerator(shape=(6,), activation=nn.relu),
        DenseCritic(outputs=outputs, dropout_rate=dropout_rate or 0.0),
        representation="gaussian",
    )


_RELU = partial(published_generator, activation=nn.relu, output=nn.relu)
_ELU = partial(published_generator, output=elu)
_RESIDUAL: dict[str, Any] = {"stages": RESIDUAL_STAGES, "widths": (128,) * 4, "residual": True}

ARCHITECTURES: Mapping[str, Callable[..., Architecture]] = {
    "published": _of_images,
    "relu": partial(_of_images, generator=_RELU, activation=nn.relu),
    "elu": partial(_of_images, generator=_ELU),
    "residual": partial(_of_images, generator=_ELU, **_RESIDUAL),
    "residual_kinked": partial(_of_images, **_RESIDUAL),
    "moments": _of_moments,
    "faster": partial(
        _of_images, generator=partial(published_generator, widths=(32, 64, 64)), stages=FASTER_STAGES
    ),
    "convolutional_generator": partial(_of_images, generator=_convolutional_generator),
    "seven_features": partial(_of_images, number_features=7),
    "trainable_kink": partial(_of_images, generator=partial(published_generator, output=TrainableKink())),
    "wide_generator": partial(_of_images, generator=partial(published_generator, widths=(64, 128, 128, 128))),
}
"""Architectures by name; described in `get`."""


def get(
    name: str, *, shape: tuple[int, int] = SHAPE, outputs: int = 1, dropout_rate: float | None = None
) -> Architecture:
    """The architecture with this name.

    - published: the published pair, with ELU and the kink as the generator's last activation (Eur. Phys. J. C
    81, 599);
    - relu, elu: the same with ReLU, or ELU, in all layers including the generator's last;
    - residual: a critic with valid convolutions and four residual dense layers, the generator as in elu;
    - residual_kinked: that critic with the published generator;
    - moments: dense networks for the six parameters of a Gaussian in place of images;
    - faster: one convolution and one dense layer fewer, intended for batches of 128;
    - convolutional_generator: the convolutional generator of an earlier version, with the published critic;
    - seven_features: the published pair, with pad row and momentum as further features;
    - trainable_kink: the published pair, with a trainable steepness of the kink;
    - wide_generator: the published critic and a generator of twice the width.

    Args:
      name: one of `ARCHITECTURES`.
      shape: shape of a response, pads and time bins.
      outputs: number of outputs of the critic; more than one for the Cramer loss.
      dropout_rate: dropout rate of the critic; None for the default of the architecture, 0.02, or 0 for
        moments.

    Raises:
      ValueError: for an unknown name or numbers out of range.

    >>> get("moments").representation
    'gaussian'
    """
    checks.one_of("architecture", name, ARCHITECTURES)
    checks.positive(outputs=outputs)
    if dropout_rate is not None and not 0 <= dropout_rate < 1:
        raise ValueError(f"Expected a dropout rate within [0, 1); got {dropout_rate}.")
    return ARCHITECTURES[name](shape, outputs=outputs, dropout_rate=dropout_rate)
