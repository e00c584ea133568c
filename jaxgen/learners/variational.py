"""Variational autoencoders as a Learner, for all their objectives."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from jaxgen import checks, collectives
from jaxgen.base import Array, Batch, EventLoss, Key, Learner, Length, Metrics, PyTree, Scaler
from jaxgen.learners import optimizers
from jaxgen.learners.settings import VariationalSettings
from jaxgen.losses import evidence_bound
from jaxgen.models import density_buffer
from jaxgen.models.autoencoders import OutputLaw, StatefulNetwork, decoder_sampler
from jaxgen.models.density_buffer import BufferSettings, DensityBuffer
from jaxgen.transforms.exponential_average import average_of, exponential_average

T = TypeVar("T")


class Halves(NamedTuple, Generic[T]):
    """A pair of quantities of encoder and decoder."""

    encoder: T
    decoder: T


class VariationalModel(NamedTuple):
    """The two networks and the transformations between physical units and their inputs.

    Attributes:
      encoder: maps data [B, D] and features [B, F] to mean and log variance of the code, both [B, Z].
      decoder: maps features [B, F] and latent variables [B, Z] to the parameters of `law`.
      latent: number of latent variables, Z.
      features: conditions to input features, [B, C] -> [B, F].
      scaler: physical units to scaled units, [B, ...] -> [B, D], and back.
      size: number of columns of an event, D.
      law: distribution of events given the decoder's output, such as `autoencoders.squared_error`.
      objective: one of `losses.evidence_bound.OBJECTIVES`.
      buffer: settings for drawing codes around those of training events; None for the standard normal prior.
      event_loss: additional loss of reconstructed and real events, for decoders whose output is events; None
        for no loss.
      event_weight: weight of the event loss.
      augment: `augment(seeds, batch) -> batch`, applies a symmetry of the distribution, chosen by uint32
        seeds [B].
    """

    encoder: StatefulNetwork
    decoder: StatefulNetwork
    latent: int
    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    law: OutputLaw
    objective: str = "published"
    buffer: BufferSettings | None = None
    event_loss: EventLoss | None = None
    event_weight: float = 1.0
    augment: Callable[[Array, Batch], Batch] | None = None


class VariationalState(NamedTuple):
    """State of the training.

    Attributes:
      step: number of batches used so far.
      params: parameters of encoder and decoder.
      statistics: batch normalization statistics of encoder and decoder.
      optimizer: state of the optimizer.
      average: state of the running average of the decoder's parameters and statistics.
      buffer: codes of the latest events; None if no buffer is used.
    """

    step: Array
    params: Halves[PyTree]
    statistics: Halves[PyTree]
    optimizer: PyTree
    average: PyTree
    buffer: DensityBuffer | None


class Inputs(NamedTuple):
    """This device's rows of a batch in scaled units, with the noise of its codes."""

    batch: Batch
    data: Array
    features: Array
    noise: Array


class Outcome(NamedTuple):
    """Results of evaluating the objective other than its value."""

    metrics: Metrics
    statistics: Halves[PyTree]
    means: Array
    deviations: Array


def make(
    model: VariationalModel,
    settings: VariationalSettings,
    length: Length | None = None,
    *,
    axis_name: str | None = None,
) -> Learner:
    """Builds the learner.

    Args:
      model: the networks.
      settings: settings of the training.
      length: length of the run; one update if no setting depends on it.
      axis_name: device axis over which batches are split, or None.

    Returns:
      The learner. Its metrics are "loss", "reconstruction", "kl" and, if there is one, "event_loss".

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    _check(model, settings)
    objective = _make_objective(model, settings, axis_name)
    descend = optimizers.descent(
        settings,
        length or Length(),
        rate=settings.learning_rate,
        gradient_limit=settings.gradient_limit,
    )
    averaging = exponential_average(decay=settings.average_decay)

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
            buffer=_empty_buffer(model, features),
        )

    def step(key: Key, state: VariationalState, batch: Batch) -> tuple[VariationalState, Metrics]:
        total = len(batch.data) * collectives.size(axis_name)
        key = jax.random.fold_in(key, state.step)
        drawn = jax.random.normal(key, (total, model.latent))
        if model.augment is not None:
            forms = jax.random.bits(jax.random.fold_in(key, 1), (total,), "uint32")
            batch = model.augment(collectives.shard(forms, axis_name), batch)
        inputs = Inputs(
            batch=batch,
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

    sample = decoder_sampler(
        model.decoder,
        latent=model.latent,
        features=model.features,
        scaler=model.scaler,
        law=model.law,
        buffer=model.buffer,
    )
    return Learner(init, step, publish, sample)


def publish(state: VariationalState) -> PyTree:
    """Parameters used for sampling: the running average of the decoder, and the codes in the buffer."""
    params, statistics = average_of(state.average)
    kept = {"params": params, "statistics": statistics}
    return kept if state.buffer is None else {**kept, "buffer": density_buffer.published(state.buffer)}


def _check(model: VariationalModel, settings: VariationalSettings) -> None:
    nothing = jnp.zeros(())
    evidence_bound.total(model.objective, nothing, nothing, kl_weight=settings.kl_weight)
    checks.positive(latent=model.latent, size=model.size)
    if model.buffer is not None:
        checks.positive(buffer_capacity=model.buffer.capacity, buffer_candidates=model.buffer.candidates)
        for name in ("scale", "added"):
            if not getattr(model.buffer, name) >= 0:
                raise ValueError(f"Expected buffer_{name} not below zero; got {getattr(model.buffer, name)}.")


def _make_objective(
    model: VariationalModel, settings: VariationalSettings, axis_name: str | None
) -> Callable[[Any, Any, Inputs], tuple[Array, Outcome]]:
    def of_events(fake: Array, inputs: Inputs, event_loss: EventLoss) -> Array:
        whole = (model.scaler.inverse(fake), *inputs.batch)
        return event_loss(*(collectives.gather(x, axis_name) for x in whole))

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
        reconstruction = -jnp.mean(model.law.log_likelihood(fake, inputs.data))
        divergence = jnp.mean(evidence_bound.divergence(means, log_variances))
        loss = evidence_bound.total(model.objective, reconstruction, divergence, kl_weight=settings.kl_weight)
        metrics = {"reconstruction": reconstruction, "kl": divergence}
        if model.event_loss is not None:
            metrics["event_loss"] = of_events(fake, inputs, model.event_loss)
            loss = loss + model.event_weight * metrics["event_loss"]
        outcome = Outcome({"loss": loss, **metrics}, Halves(of_encoder, of_decoder), means, deviations)
        return loss, outcome

    return objective


def _empty_buffer(model: VariationalModel, features: Array) -> DensityBuffer | None:
    if model.buffer is None:
        return None
    return density_buffer.empty(
        capacity=model.buffer.capacity, latent=model.latent, features=features.shape[1]
    )


def _buffered(
    buffer: DensityBuffer | None, outcome: Outcome, features: Array, axis_name: str | None
) -> DensityBuffer | None:
    """The buffer after adding the codes of the global batch; identical on every device."""
    if buffer is None:
        return None
    rows = (outcome.means, outcome.deviations, features)
    return density_buffer.written(buffer, *(collectives.gather(x, axis_name) for x in rows))
