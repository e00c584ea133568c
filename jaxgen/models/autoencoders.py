"""Encoders and decoders of variational autoencoders, networks with running statistics, and sampling."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxgen.base import Array, Key, PyTree, Sampler, Scaler
from jaxgen.models import density_buffer
from jaxgen.models.activations import elu
from jaxgen.models.dense import dense
from jaxgen.models.density_buffer import BufferSettings
from jaxgen.ops import random_numbers
from jaxgen.ops.pieces import map_pieces

Code = tuple[Array, Array]
"""Mean and log variance of the latent variables of each event, both [N, Z]."""


class StatefulNetwork(NamedTuple):
    """A network without its weights and running statistics.

    Attributes:
      init: `init(key, *inputs) -> (params, statistics)`.
      apply: `apply(params, statistics, *inputs, training, axis_name) -> (output, statistics)`. In training,
        the batch, over all devices of `axis_name`, is normalized by its own statistics, and the running ones
        are updated; otherwise the running ones are used and unchanged.
    """

    init: Callable[..., tuple[PyTree, PyTree]]
    apply: Callable[..., tuple[Any, PyTree]]


class OutputLaw(NamedTuple):
    """A distribution of events in scaled units whose parameters are the decoder's output.

    Attributes:
      numbers: standard normal numbers needed to draw one event.
      log_likelihood: `log_likelihood(output, data) -> [B]`, for events [B, D].
      draw: `draw(output, normal) -> data`, from standard normal numbers [B, numbers].
    """

    numbers: int
    log_likelihood: Callable[[Array, Array], Array]
    draw: Callable[[Array, Array], Array]


def from_module(module: nn.Module) -> StatefulNetwork:
    """The two functions of a Linen module with parameters and optional running statistics.

    Args:
      module: called as `module(*inputs, training=..., axis_name=...)`.

    >>> import jax
    >>> network = from_module(DenseDecoder(size=3))
    >>> params, statistics = network.init(jax.random.key(0), jnp.ones((1, 2)), jnp.ones((1, 20)))
    >>> network.apply(params, statistics, jnp.ones((5, 2)), jnp.ones((5, 20)))[0].shape
    (5, 3)
    """

    def init(key: Key, *inputs: Array) -> tuple[PyTree, PyTree]:
        variables = module.init(key, *inputs)
        return variables["params"], variables.get("batch_stats", {})

    def apply(
        params: PyTree,
        statistics: PyTree,
        *inputs: Array,
        training: bool = False,
        axis_name: str | None = None,
    ) -> tuple[Any, PyTree]:
        variables = {"params": params, "batch_stats": statistics}
        if not (training and statistics):
            return module.apply(variables, *inputs, training=training, axis_name=axis_name), statistics
        output, renewed = module.apply(
            variables, *inputs, training=True, axis_name=axis_name, mutable=["batch_stats"]
        )
        return output, renewed["batch_stats"]

    return StatefulNetwork(init, apply)


class DenseEncoder(nn.Module):
    """Dense layers from an event and its features to mean and log variance of its latent variables.

    The defaults are the published ones for four leptons, 32-70-35-8 and two heads 8-20, with an ELU after
    each of the first three layers. The position of the single batch normalization is not published; as in the
    decoder it precedes the last ELU.

    Attributes:
      widths: widths of the layers before the code.
      latent: number of latent variables, Z.
    """

    widths: tuple[int, ...] = (70, 35, 8)
    latent: int = 20

    @nn.compact
    def __call__(
        self, data: Array, features: Array, *, training: bool = False, axis_name: str | None = None
    ) -> Code:
        """Maps events [N, ...] with features [N, F] to means and log variances [N, Z]."""
        x = jnp.concatenate([features, data.reshape(len(data), -1)], axis=1)
        x = _normalized_stack(x, self.widths, training=training, axis_name=axis_name)
        return _code(x, self.latent)


class DenseDecoder(nn.Module):
    """Dense layers from features and latent variables to an event.

    The defaults are the published 20-8-35-70-32 for four leptons, with an ELU after every layer except the
    last, which is linear, and batch normalization before the last ELU.

    Attributes:
      size: number of columns of an event.
      widths: widths of the layers before the last.
    """

    size: int = 32
    widths: tuple[int, ...] = (8, 35, 70)

    @nn.compact
    def __call__(
        self, features: Array, latent: Array, *, training: bool = False, axis_name: str | None = None
    ) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to events [N, D]."""
        x = jnp.concatenate([features, latent], axis=1)
        x = _normalized_stack(x, self.widths, training=training, axis_name=axis_name)
        return dense(self.size, name="event")(x)


class SkipEncoder(nn.Module):
    """The encoder of the autoencoder with a density information buffer (arXiv:1901.00875).

    Six layers of width 128 with ELU. From the third on, each layer has a skip connection from the layer two
    before:
    h_k = elu(W_k h_(k-1) + b_k + h_(k-2)), four in total.

    Attributes:
      width: width of each layer.
      depth: number of layers, at least 1.
      latent: number of latent variables, Z.
    """

    width: int = 128
    depth: int = 6
    latent: int = 20

    @nn.compact
    def __call__(
        self, data: Array, features: Array, *, training: bool = False, axis_name: str | None = None
    ) -> Code:
        """Maps events [N, ...] with features [N, F] to means and log variances [N, Z]."""
        del training, axis_name
        x = jnp.concatenate([features, data.reshape(len(data), -1)], axis=1)
        return _code(_skip_stack(x, self.width, self.depth), self.latent)


class SkipDecoder(nn.Module):
    """The decoder for `SkipEncoder`, with the same layers.

    Attributes:
      size: number of columns of an event.
      width: width of each layer except the last.
      depth: number of layers before the last, at least 1.
      bounded: whether the output has a tanh, as published for columns scaled to [-1, 1].
    """

    size: int = 32
    width: int = 128
    depth: int = 6
    bounded: bool = True

    @nn.compact
    def __call__(
        self, features: Array, latent: Array, *, training: bool = False, axis_name: str | None = None
    ) -> Array:
        """Maps features [N, F] and latent variables [N, Z] to events [N, D]."""
        del training, axis_name
        x = jnp.concatenate([features, latent], axis=1)
        x = dense(self.size, name="event")(_skip_stack(x, self.width, self.depth))
        return jnp.tanh(x) if self.bounded else x


def _code(x: Array, latent: int) -> Code:
    return dense(latent, name="mean")(x), dense(latent, name="log_variance")(x)


def _normalized_stack(x: Array, widths: tuple[int, ...], *, training: bool, axis_name: str | None) -> Array:
    """Dense layers with an ELU each, and batch normalization before the last ELU.

    As in PyTorch, running statistics decay by 0.9 and epsilon is 1e-5; variances are computed in two passes.
    """
    for index, width in enumerate(widths):
        x = dense(width, name=f"dense_{index}")(x)
        if index == len(widths) - 1:
            normalize = nn.BatchNorm(
                use_running_average=not training,
                momentum=0.9,
                axis_name=axis_name,
                use_fast_variance=False,
                name="normalization",
            )
            x = normalize(x)
        x = elu(x)
    return x


def _skip_stack(x: Array, width: int, depth: int) -> Array:
    """Initial weights with the published variance 1.55 / width, which keeps the variance in ELU layers."""
    kernels = nn.initializers.normal((1.55 / width) ** 0.5)
    outputs: list[Array] = []
    for index in range(depth):
        x = nn.Dense(width, kernel_init=kernels, name=f"dense_{index}")(x)
        x = elu(x if index < 2 else x + outputs[index - 2])
        outputs.append(x)
    return x


def squared_error(size: int, *, labels: int = 0, noise: float = 0.0) -> OutputLaw:
    """For decoders that return events: minus the squared error; normal noise on all columns but labels.

    Args:
      size: number of columns of an event.
      labels: number of one-hot label columns, which come last; samples get no noise there.
      noise: standard deviation of the noise added to samples, in scaled units; 0 as published,
        `losses.evidence_bound.implied_noise` for the value that the objective implies.

    Raises:
      ValueError: for a negative noise.
    """
    if not noise >= 0:
        raise ValueError(f"Expected noise not below zero; got {noise}.")
    observed = size - labels

    def draw(data: Array, normal: Array) -> Array:
        return data.at[:, :observed].add(noise * normal) if noise else data

    return OutputLaw(
        numbers=observed if noise else 0,
        log_likelihood=lambda fake, real: -jnp.mean(jnp.square(real - fake), axis=-1),
        draw=draw,
    )


def decoder_sampler(
    decoder: StatefulNetwork,
    *,
    latent: int,
    features: Callable[[Array], Array],
    scaler: Scaler,
    law: OutputLaw,
    buffer: BufferSettings | None = None,
) -> Sampler:
    """Events decoded from codes of the prior, drawn from the output distribution.

    Args:
      decoder: decoder of features and codes.
      latent: number of latent variables.
      features: conditions to input features.
      scaler: physical units to scaled units, and back.
      law: distribution of events given the decoder's output.
      buffer: settings for drawing codes around those of training events; None for the standard normal prior.

    Returns:
      See `base.Sampler`; its parameters are {"params", "statistics"} of the decoder and, with a buffer,
      {"buffer": `density_buffer.published`}.
    """

    def normal(key: Key, number: int, width: int, place: Array) -> Array:
        return random_numbers.normal(key, (number, width), start=random_numbers.times(place, width))

    def sample(key: Key, params: PyTree, condition: Array, first: Any = 0) -> Array:
        latent_key, noise_key = jax.random.split(key)
        normal_key, choice_key = jax.random.split(latent_key)

        def rows(place: Array, condition: Array) -> Array:
            seen = features(condition)
            code = normal(normal_key, len(seen), latent, place)
            if buffer is not None:
                code = density_buffer.code(
                    choice_key, params["buffer"], seen, code, settings=buffer, place=place
                )
            output, _ = decoder.apply(params["params"], params["statistics"], seen, code)
            drawn = normal(noise_key, len(seen), law.numbers, place)
            return scaler.inverse(law.draw(output, drawn))

        return map_pieces(rows, condition, first=first)

    return sample
