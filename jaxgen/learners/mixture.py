"""Gaussian mixtures as a Learner: a step is an iteration of expectation and maximization on its batch."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.special import ndtr

from jaxgen import checks, collectives, numerics
from jaxgen.base import Array, Batch, Key, Learner, Metrics, Scaler
from jaxgen.learners.mixture_config import MixtureConfig
from jaxgen.models.mixture import conditioning as mixture_conditioning
from jaxgen.models.mixture import covariances as mixture_covariances
from jaxgen.models.mixture import gaussian_mixture
from jaxgen.models.mixture import initialization as mixture_initialization
from jaxgen.models.mixture.gaussian_mixture import Mixture, Moments
from jaxgen.ops import pieces as chunks
from jaxgen.ops import random_numbers as noise

METRICS = ("loss", "change")
RAREST = 1e-6  # probability of a label that no event had yet


class MixtureModel(NamedTuple):
    """What lies between the mixture and physical units.

    An event's class is its channel and its label; classes share the components and differ in their weights.
    Features beyond the channel are columns of the mixture like those of the data, given when it is sampled.

    Attributes:
      features: conditions to what the mixture sees, [B, C] -> [B, F].
      scaler: physical units to what the mixture sees, [B, ...] -> [B, size], and back.
      size: columns of an event.
      labels: how many of them, the last ones, are one-hot; 0 for none.
      channels: how many of the features, the first ones, are one-hot; 0 for none.
    """

    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    labels: int = 0
    channels: int = 0


class MixtureState(NamedTuple):
    """What fitting carries.

    Attributes:
      step: batches used so far.
      moments: of the events so far, which stand for the mixture.
      loss: at the step before.
    """

    step: Array
    moments: Moments
    loss: Array


class Rows(NamedTuple):
    """Events as the mixture sees them.

    Attributes:
      x: features beyond the channel, then data without labels, [B, D].
      classes: channel times labels plus label, int32 [B].
    """

    x: Array
    classes: Array


def make(model: MixtureModel, config: MixtureConfig, *, axis_name: str | None = None) -> Learner:
    """Builds the learner.

    The first step makes the start from its batch. The loss is minus the mean logarithm of the density of
    label and columns given the channel, under the mixture before the step; the change is by how much the loss
    fell since the step before.

    Args:
      model: what the mixture sees.
      config: how to fit it.
      axis_name: the device axis over which batches are split, or None.

    Returns:
      The learner. Its metrics are `METRICS`.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    _check(model, config)
    number_of_classes = max(model.channels, 1) * max(model.labels, 1)

    def init(key: Key, batch: Batch) -> MixtureState:
        del key
        columns = rows_of(model, Batch(batch.data[:1], batch.condition[:1])).x.shape[1]
        empty = gaussian_mixture.empty_moments(
            config.components, columns, covariance=config.covariance, classes=number_of_classes
        )
        return MixtureState(jnp.zeros((), jnp.int32), empty, jnp.zeros(()))

    def begin(key: Key, rows: Rows) -> Moments:
        whole = Rows(*(collectives.gather(x, axis_name) for x in rows))
        return mixture_initialization.start(
            key,
            *whole,
            components=config.components,
            method=config.start,
            covariance=config.covariance,
            number_of_classes=number_of_classes,
            iterations=config.start_iterations,
        )

    def step(key: Key, state: MixtureState, batch: Batch) -> tuple[MixtureState, Metrics]:
        rows = rows_of(model, batch)
        start_key = jax.random.fold_in(key, state.step)
        found = lax.cond(state.step == 0, lambda: begin(start_key, rows), lambda: state.moments)
        moments, log_densities = gaussian_mixture.improved(
            found,
            *rows,
            rate=_rate(config, state.step),
            covariance=config.covariance,
            regularization=config.regularization,
            axis_name=axis_name,
        )
        log_labels = numerics.safe_log(_label_probabilities(model, found), floor=RAREST)
        loss = -collectives.mean(jnp.mean(log_densities + log_labels[rows.classes]), axis_name)
        change = jnp.where(state.step == 0, 0.0, state.loss - loss)
        return MixtureState(state.step + 1, moments, loss), {"loss": loss, "change": change}

    return Learner(init, step, _make_sampler(model, config))


def rows_of(model: MixtureModel, batch: Batch) -> Rows:
    """Events as the mixture sees them.

    Raises:
      ValueError: where the data have another number of columns than the model says.
    """
    data, features = model.scaler.forward(batch.data), model.features(batch.condition)
    checks.shape("data as the mixture sees them", data, (None, model.size))
    columns = model.size - model.labels
    x = jnp.concatenate([features[:, model.channels :], data[:, :columns]], axis=1)
    label = _largest(data[:, columns:])
    return Rows(x, _largest(features[:, : model.channels]) * max(model.labels, 1) + label)


def mixture_of(state: MixtureState, config: MixtureConfig) -> Mixture:
    """The mixture that a state stands for."""
    return gaussian_mixture.maximization(
        state.moments, covariance=config.covariance, regularization=config.regularization
    )


def _largest(one_hot: Array) -> Array:
    """Index of the largest column of each row, int32 [B]; zero where there are no columns."""
    if not one_hot.shape[1]:
        return jnp.zeros(len(one_hot), jnp.int32)
    return jnp.argmax(one_hot, axis=1).astype(jnp.int32)


def _check(model: MixtureModel, config: MixtureConfig) -> None:
    mixture_covariances.get(config.covariance)
    checks.one_of("start", config.start, mixture_initialization.STARTS)
    checks.positive(
        components=config.components,
        start_iterations=config.start_iterations,
        steps_per_epoch=config.steps_per_epoch,
        size=model.size - model.labels,
    )
    if not config.regularization >= 0:
        raise ValueError(f"Expected regularization not below zero; got {config.regularization}.")
    if not 0.5 < config.decay <= 1:
        raise ValueError(f"Expected decay above 0.5 and at most 1; got {config.decay}.")


def _rate(config: MixtureConfig, step: Array) -> Array:
    """Weight of a batch against all before (Cappé and Moulines, arXiv:0712.4273, section 3)."""
    if config.steps_per_epoch == 1:
        return jnp.ones(())
    return jnp.where(step == 0, 1.0, (step + 2.0) ** -config.decay)


def _label_probabilities(model: MixtureModel, moments: Moments) -> Array:
    """Of each class's label given its channel, [C]."""
    table = jnp.sum(moments.shares, axis=1).reshape(max(model.channels, 1), -1)
    return _given_row(table).reshape(-1)


def _given_row(table: Array) -> Array:
    """Rows divided by their sums; a row of zeros becomes that of all together."""
    sums = jnp.sum(table, axis=1, keepdims=True)
    return jnp.where(sums > 0, table / jnp.where(sums > 0, sums, 1.0), jnp.sum(table, axis=0))


def _make_sampler(
    model: MixtureModel, config: MixtureConfig
) -> Callable[[Key, MixtureState, Array, int], Array]:
    form = mixture_covariances.get(config.covariance)

    def sample(key: Key, state: MixtureState, condition: Array, n: int) -> Array:
        mixture = mixture_of(state, config)
        factors = form.factors(mixture.covariances)
        odds = _given_row(state.moments.shares.reshape(max(model.channels, 1), -1))

        def rows(start: Array, condition: Array) -> Array:
            features = model.features(condition)
            channels, given = _largest(features[:, : model.channels]), features[:, model.channels :]
            shape = len(condition), mixture.means.shape[1] + 1
            drawn = noise.normal(key, shape, start=start * np.uint32(shape[1]))
            picks = _picked(mixture, odds, channels, given, ndtr(drawn[:, 0]), config.covariance)
            components, unit = picks % config.components, drawn[:, 1:]
            if given.shape[1]:
                unit = mixture_conditioning.noise_for(
                    mixture, components, given, unit, covariance=config.covariance
                )
            x = mixture.means[components] + form.unwhitened(factors, components, unit)
            labels = jax.nn.one_hot(picks // config.components, model.labels)
            return model.scaler.inverse(jnp.concatenate([x[:, given.shape[1] :], labels], axis=1))

        return chunks.in_chunks(rows, condition[:n])

    return sample


def _picked(
    mixture: Mixture, odds: Array, channels: Array, given: Array, uniform: Array, covariance: str
) -> Array:
    """Label and component of each event, as label times K plus component, int32 [B].

    Args:
      mixture: of K components.
      odds: probabilities of labels and components for each channel, [channels, labels * K].
      channels: int [B].
      given: first columns of the mixture, [B, c].
      uniform: numbers between 0 and 1, [B].
      covariance: form of the covariances.
    """
    if given.shape[1]:
        of_given = mixture_conditioning.marginal(mixture, given.shape[1], covariance=covariance)
        densities = gaussian_mixture.component_log_densities(of_given, given, covariance=covariance).T
        labels = odds.shape[1] // densities.shape[1]
        weighted = jnp.log(odds)[channels] + jnp.tile(densities, (1, labels))
        cumulative = jnp.cumsum(jax.nn.softmax(weighted, axis=1), axis=1)
    else:
        cumulative = jnp.cumsum(odds, axis=1)[channels]
    reached = cumulative < uniform[:, None] * cumulative[:, -1:]
    return jnp.sum(reached, axis=1, dtype=jnp.int32)
