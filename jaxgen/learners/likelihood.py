"""Training of models with a tractable density by maximum likelihood, as a Learner."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxgen import checks, collectives, numerics
from jaxgen.base import Array, Batch, EventLoss, Key, Learner, Length, Metrics, PyTree, Scaler
from jaxgen.learners import optimizers
from jaxgen.learners.settings import LikelihoodSettings
from jaxgen.models.density import DensityModel, density_sampler, label_logits
from jaxgen.ops.pieces import map_pieces
from jaxgen.transforms.exponential_average import average_of, exponential_average


class LikelihoodModel(NamedTuple):
    """A density and the transformations between physical units and its columns.

    With labels, p(x, label | features) is the product of p(label | features), whose logits are linear in the
    features, and p(x | features, label), the density of the continuous columns.

    Attributes:
      density: density of the continuous columns; its context is the features and the one-hot label.
      features: conditions to input features, [B, C] -> [B, F].
      scaler: physical units to scaled units, [B, ...] -> [B, size], and back.
      size: number of columns of an event.
      labels: number of one-hot label columns, which come last; 0 for none.
      event_loss: additional loss of generated and real events; None for no loss.
      event_weight: weight of the event loss.
      augment: `augment(seeds, batch) -> batch`, applies a symmetry of the distribution, chosen by uint32
        seeds [B].
    """

    density: DensityModel
    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    labels: int = 0
    event_loss: EventLoss | None = None
    event_weight: float = 1.0
    augment: Callable[[Array, Batch], Batch] | None = None


class LikelihoodState(NamedTuple):
    """State of the training.

    Attributes:
      step: number of batches used so far.
      params: {"density": parameters of the density, "labels": kernel [F, labels] and bias of the logits}.
      optimizer: state of the optimizer.
      average: state of the running average of the parameters.
    """

    step: Array
    params: dict[str, PyTree]
    optimizer: PyTree
    average: PyTree


class Inputs(NamedTuple):
    """This device's rows of a batch in scaled units, with the noise of this update."""

    batch: Batch
    x: Array
    label: Array
    features: Array
    latent: Array


def make(
    model: LikelihoodModel,
    settings: LikelihoodSettings,
    length: Length | None = None,
    *,
    axis_name: str | None = None,
) -> Learner:
    """Builds the learner.

    It minimizes the mean of -log p(event | condition), in nats, of the scaled columns, plus the weighted
    event loss of the same number of generated events with the conditions and labels of the batch.

    Args:
      model: the density.
      settings: settings of the training.
      length: length of the run; one update if no setting depends on it.
      axis_name: device axis over which batches are split, or None.

    Returns:
      The learner. Its metric "loss" includes "label_loss" but not the event loss; the others are
      "gradient_norm" and, if there is one, "event_loss".

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    if not 0 <= model.labels < model.size:
        raise ValueError(f"Expected fewer labels than the {model.size} columns; got {model.labels}.")
    objective = _make_objective(model, axis_name)
    prepare = _make_inputs(model, settings, axis_name)
    descend = optimizers.descent(
        settings,
        length or Length(),
        rate=settings.learning_rate,
        gradient_limit=settings.gradient_limit,
    )
    averaging = exponential_average(decay=settings.average_decay, warm_up=True)

    def init(key: Key, batch: Batch) -> LikelihoodState:
        density_key, average_key = jax.random.split(key)
        rows = model.scaler.forward(batch.data[:1])
        checks.shape("data on the network's scale", rows, (None, model.size))
        features = model.features(batch.condition[:1])
        x, label = _split(model, rows)
        params = {
            "density": model.density.init(density_key, x, jnp.concatenate([features, label], axis=1)),
            "labels": {
                "kernel": jnp.zeros((features.shape[1], model.labels)),
                "bias": jnp.zeros(model.labels),
            },
        }
        average = averaging.init(average_key, params)
        return LikelihoodState(jnp.zeros((), jnp.int32), params, descend.init(params), average)

    def step(key: Key, state: LikelihoodState, batch: Batch) -> tuple[LikelihoodState, Metrics]:
        inputs = prepare(jax.random.fold_in(key, state.step), batch)
        gradients, metrics = jax.grad(objective, has_aux=True)(state.params, inputs)
        gradients, metrics = collectives.mean((gradients, metrics), axis_name)
        params, optimizer = descend.apply(state.step, gradients, state.optimizer, state.params)
        average = averaging.apply(params, state.average)[1]
        metrics["gradient_norm"] = numerics.global_norm(gradients)
        return LikelihoodState(state.step + 1, params, optimizer, average), metrics

    sample = density_sampler(
        model.density, features=model.features, scaler=model.scaler, size=model.size, labels=model.labels
    )
    return Learner(init, step, publish, sample)


def publish(state: LikelihoodState) -> PyTree:
    """Parameters used for sampling: the running average."""
    return average_of(state.average)


def held_out_log_likelihood(model: LikelihoodModel, params: PyTree, data: Array, condition: Array) -> Array:
    """log p(event | condition) for any events, such as test events.

    In nats, for the scaled columns, so it compares models with the same representation. Between
    representations it differs by the log-determinant of the scaler, which is not included.

    Args:
      model: model that the learner was made from.
      params: published parameters.
      data: events in physical units, [N, ...].
      condition: [N, C].

    Returns:
      One number per event, [N].
    """

    def rows(place: Array, columns: Array) -> Array:
        del place
        x, label = _split(model, columns[:, : model.size])
        log_label, log_x = _log_prob(model, params, x, label, columns[:, model.size :])
        return log_label + log_x

    columns = jnp.concatenate([model.scaler.forward(data), model.features(condition)], axis=1)
    return map_pieces(rows, columns)


def _split(model: LikelihoodModel, rows: Array) -> tuple[Array, Array]:
    """Continuous columns and one-hot label of events [B, size]."""
    continuous = model.size - model.labels
    return rows[:, :continuous], rows[:, continuous:]


def _make_inputs(
    model: LikelihoodModel, settings: LikelihoodSettings, axis_name: str | None
) -> Callable[[Key, Batch], Inputs]:
    """Builds the function that draws an update's noise globally and selects this device's rows."""

    def prepare(key: Key, batch: Batch) -> Inputs:
        total = len(batch.data) * collectives.size(axis_name)
        noise_key, latent_key, augment_key = jax.random.split(key, 3)
        if model.augment is not None:
            forms = jax.random.bits(augment_key, (total,), "uint32")
            batch = model.augment(collectives.shard(forms, axis_name), batch)
        x, label = _split(model, model.scaler.forward(batch.data))
        shape = (total, x.shape[1])
        if settings.noise:
            x = x + settings.noise * collectives.shard(jax.random.normal(noise_key, shape), axis_name)
        latent = x
        if model.event_loss is not None:
            latent = collectives.shard(jax.random.normal(latent_key, shape), axis_name)
        return Inputs(batch, x, label, model.features(batch.condition), latent)

    return prepare


def _make_objective(
    model: LikelihoodModel, axis_name: str | None
) -> Callable[[PyTree, Inputs], tuple[Array, Metrics]]:
    def of_events(params: PyTree, inputs: Inputs, event_loss: EventLoss) -> Array:
        context = jnp.concatenate([inputs.features, inputs.label], axis=1)
        x = model.density.transform(params["density"], inputs.latent, context)
        fake = model.scaler.inverse(jnp.concatenate([x, inputs.label], axis=1))
        return event_loss(*(collectives.gather(one, axis_name) for one in (fake, *inputs.batch)))

    def objective(params: PyTree, inputs: Inputs) -> tuple[Array, Metrics]:
        log_label, log_x = _log_prob(model, params, inputs.x, inputs.label, inputs.features)
        label_loss = -jnp.mean(log_label)
        loss = label_loss - jnp.mean(log_x)
        metrics: dict[str, Any] = {"loss": loss, "label_loss": label_loss}
        if model.event_loss is None:
            return loss, metrics
        metrics["event_loss"] = of_events(params, inputs, model.event_loss)
        return loss + model.event_weight * metrics["event_loss"], metrics

    return objective


def _log_prob(
    model: LikelihoodModel, params: PyTree, x: Array, label: Array, features: Array
) -> tuple[Array, Array]:
    """log p(label | features) and log p(x | features, label), [B] each."""
    log_x = model.density.log_prob(params["density"], x, jnp.concatenate([features, label], axis=1))
    if not model.labels:
        return jnp.zeros_like(log_x), log_x
    return jnp.sum(label * jax.nn.log_softmax(label_logits(params["labels"], features)), axis=1), log_x
