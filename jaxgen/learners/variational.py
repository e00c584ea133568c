"""Variational autoencoders as a Learner, under any of their objectives."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen import checks, collectives
from jaxgen.base import Array, Batch, Key, Learner, Metrics, PyTree, Scaler
from jaxgen.learners import density_buffer, descent
from jaxgen.learners.density_buffer import DensityBuffer
from jaxgen.learners.variational_config import VariationalConfig
from jaxgen.losses import evidence_bound
from jaxgen.models.autoencoders import StatefulNetwork
from jaxgen.models.output_law import Observation
from jaxgen.ops import pieces as chunks
from jaxgen.ops import random_numbers as noise
from jaxgen.systems.four_leptons import losses as invariant_mass
from jaxgen.transforms.exponential_average import average_of, exponential_average

T = TypeVar("T")

METRICS = ("loss", "reconstruction", "kl", "mass_loss")


class Halves(NamedTuple, Generic[T]):
    """What both networks of an autoencoder have one of."""

    encoder: T
    decoder: T


class VariationalModel(NamedTuple):
    """The two networks and what lies between them and physical units.

    Attributes:
      encoder: of inputs (data [B, D], features [B, F]), to mean and log variance of the code, both [B, Z].
      decoder: of inputs (features [B, F], latent [B, Z]), to data [B, D] on the networks' scale, or to what
        `observation` takes.
      latent: Z.
      features: conditions to what networks see, [B, C] -> [B, F].
      scaler: physical units to what networks see, [B, ...] -> [B, D], and back.
      size: D.
      observation: how events scatter around the decoder's numbers; None where those are events, judged by
        their squared error and scattered with the noise of the configuration.
      labels: how many of the last columns are one-hot; samples get no observation noise there.
      event_loss: `event_loss(fake, real) -> scalar`, of reconstructions and events in physical units.
      augment: `augment(seeds, batch) -> batch`, another form of the same law, chosen by uint32 seeds [B].
    """

    encoder: StatefulNetwork
    decoder: StatefulNetwork
    latent: int
    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    observation: Observation | None = None
    labels: int = 0
    event_loss: Callable[[Array, Array], Array] = invariant_mass.paired_event_loss
    augment: Callable[[Array, Batch], Batch] | None = None


class VariationalState(NamedTuple):
    """What training carries.

    Attributes:
      step: batches used so far.
      params: of encoder and decoder.
      statistics: of their batch normalizations.
      optimizer: state of the optimizer.
      average: state of the running average of the decoder's parameters and statistics.
      buffer: codes of the latest events; None without one.
    """

    step: Array
    params: Halves[PyTree]
    statistics: Halves[PyTree]
    optimizer: PyTree
    average: PyTree
    buffer: DensityBuffer | None


class Inputs(NamedTuple):
    """This device's share of a batch as the networks see it, with the noise of its codes."""

    events: Array
    data: Array
    features: Array
    noise: Array


class Outcome(NamedTuple):
    """What an evaluation of the objective leaves besides its value."""

    metrics: Metrics
    statistics: Halves[PyTree]
    means: Array
    deviations: Array


def make(model: VariationalModel, config: VariationalConfig, *, axis_name: str | None = None) -> Learner:
    """Builds the learner.

    Args:
      model: the networks.
      config: how to train them and to sample.
      axis_name: the device axis over which batches are split, or None.

    Returns:
      The learner. Its metrics are `METRICS`; without a weight of it the mass loss is not worked out and 0.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    _check(model, config)
    observation = model.observation or _squared_error(model, config)
    objective = _make_objective(model, config, observation, axis_name)
    descend = descent.make(
        config.optimizer,
        steps_per_epoch=config.steps_per_epoch,
        total_steps=config.total_steps,
        gradient_clip=config.gradient_clip,
    )
    averaging = exponential_average(decay=config.average_decay)

    def init(key: Key, batch: Batch) -> VariationalState:
        encoder_key, decoder_key, average_key = jax.random.split(key, 3)
        features = model.features(batch.condition[:1])
        data = model.scaler.forward(batch.data[:1])
        checks.shape("data on the networks' scale", data, (None, model.size))
        encoder = model.encoder.init(encoder_key, data, features)
        decoder = model.decoder.init(decoder_key, features, jnp.zeros((1, model.latent)))
        params, statistics = (Halves(*both) for both in zip(encoder, decoder, strict=True))
        return VariationalState(
            step=jnp.zeros((), jnp.int32),
            params=params,
            statistics=statistics,
            optimizer=descend.init(params),
            average=averaging.init(average_key, (params.decoder, statistics.decoder)),
            buffer=_empty_buffer(model, config, features),
        )

    def step(key: Key, state: VariationalState, batch: Batch) -> tuple[VariationalState, Metrics]:
        total = len(batch.data) * collectives.size(axis_name)
        key = jax.random.fold_in(key, state.step)
        drawn = jax.random.normal(key, (total, model.latent))
        if model.augment is not None:
            forms = jax.random.bits(jax.random.fold_in(key, 1), (total,), "uint32")
            batch = model.augment(collectives.shard(forms, axis_name), batch)
        inputs = Inputs(
            events=batch.data,
            data=model.scaler.forward(batch.data),
            features=model.features(batch.condition),
            noise=collectives.shard(drawn, axis_name),
        )
        gradients, outcome = jax.grad(objective, has_aux=True)(state.params, state.statistics, inputs)
        gradients, metrics = collectives.mean((gradients, outcome.metrics), axis_name)
        params, optimizer = descend.apply(state.step, gradients, state.optimizer, state.params)
        average = averaging.apply((params.decoder, outcome.statistics.decoder), state.average)[1]
        buffer = _buffered(state.buffer, outcome, inputs.features, axis_name)
        state = VariationalState(state.step + 1, params, outcome.statistics, optimizer, average, buffer)
        return state, metrics

    return Learner(init, step, _make_sampler(model, config, observation))


def _check(model: VariationalModel, config: VariationalConfig) -> None:
    nothing = jnp.zeros(())
    evidence_bound.total(config.objective, nothing, nothing, kl_weight=config.kl_weight)
    checks.positive(buffer_candidates=config.buffer_candidates, latent=model.latent, size=model.size)
    for name in ("mass_weight", "buffer_capacity", "buffer_scale", "buffer_spread", "observation_noise"):
        if not getattr(config, name) >= 0:
            raise ValueError(f"Expected {name} not below zero; got {getattr(config, name)}.")
    for name in ("mass_weight", "observation_noise"):
        if model.observation is not None and getattr(config, name):
            raise ValueError(
                f"Expected no {name} where the decoder gives laws of events; got {getattr(config, name)}."
            )


def _make_objective(
    model: VariationalModel, config: VariationalConfig, observation: Observation, axis_name: str | None
) -> Callable[[Any, Any, Inputs], tuple[Array, Outcome]]:
    def objective(params: Any, statistics: Any, inputs: Inputs) -> tuple[Array, Outcome]:
        mode = {"training": True, "axis_name": axis_name}
        (means, log_variances), of_encoder = model.encoder.apply(
            params.encoder, statistics.encoder, inputs.data, inputs.features, **mode
        )
        deviations = jnp.exp(0.5 * log_variances)
        latent = means + deviations * inputs.noise
        fake, of_decoder = model.decoder.apply(
            params.decoder, statistics.decoder, inputs.features, latent, **mode
        )
        reconstruction = -jnp.mean(observation.log_likelihood(fake, inputs.data))
        divergence = jnp.mean(evidence_bound.divergence(means, log_variances))
        mass_loss = jnp.zeros(())
        if config.mass_weight:
            both = model.scaler.inverse(fake), inputs.events
            mass_loss = model.event_loss(*(collectives.gather(x, axis_name) for x in both))
        loss = evidence_bound.total(config.objective, reconstruction, divergence, kl_weight=config.kl_weight)
        loss = loss + config.mass_weight * mass_loss
        metrics = dict(zip(METRICS, (loss, reconstruction, divergence, mass_loss), strict=True))
        return loss, Outcome(metrics, Halves(of_encoder, of_decoder), means, deviations)

    return objective


def _squared_error(model: VariationalModel, config: VariationalConfig) -> Observation:
    """Decoders that give events: minus their squared error, and normal noise on all columns but labels."""
    observed = model.size - model.labels

    def draw(data: Array, normal: Array) -> Array:
        if not config.observation_noise:
            return data
        return data.at[:, :observed].add(config.observation_noise * normal)

    return Observation(
        numbers=observed if config.observation_noise else 0,
        log_likelihood=lambda fake, real: -evidence_bound.squared_error(real, fake),
        draw=draw,
    )


def _empty_buffer(
    model: VariationalModel, config: VariationalConfig, features: Array
) -> DensityBuffer | None:
    if not config.buffer_capacity:
        return None
    return density_buffer.empty(
        capacity=config.buffer_capacity, latent=model.latent, features=features.shape[1]
    )


def _buffered(
    buffer: DensityBuffer | None, outcome: Outcome, features: Array, axis_name: str | None
) -> DensityBuffer | None:
    """The buffer with the codes of the global batch, the same on every device."""
    if buffer is None:
        return None
    rows = (outcome.means, outcome.deviations, features)
    return density_buffer.written(buffer, *(collectives.gather(x, axis_name) for x in rows))


def _make_sampler(
    model: VariationalModel, config: VariationalConfig, observation: Observation
) -> Callable[[Key, VariationalState, Array, int], Array]:
    def normal(key: Key, shape: tuple[int, int], start: Array) -> Array:
        return noise.normal(key, shape, start=start * np.uint32(shape[1]))

    def latent_of(key: Key, state: VariationalState, features: Array, start: Array) -> Array:
        normal_key, choice_key = jax.random.split(key)
        latent = normal(normal_key, (len(features), model.latent), start)
        buffer = state.buffer
        if buffer is None:
            return latent
        chosen = density_buffer.choose(
            choice_key, buffer, features, start=start, candidates=config.buffer_candidates
        )
        spread = config.buffer_scale * buffer.deviations[chosen] + config.buffer_spread
        return buffer.means[chosen] + spread * latent

    def sample(key: Key, state: VariationalState, condition: Array, n: int) -> Array:
        latent_key, noise_key = jax.random.split(key)
        params, statistics = average_of(state.average)

        def rows(start: Array, condition: Array) -> Array:
            features = model.features(condition)
            latent = latent_of(latent_key, state, features, start)
            data, _ = model.decoder.apply(params, statistics, features, latent)
            drawn = normal(noise_key, (len(data), observation.numbers), start)
            return model.scaler.inverse(observation.draw(data, drawn))

        return chunks.in_chunks(rows, condition[:n])

    return sample
