"""Gaussian mixtures as a Learner: each step is an iteration of expectation maximization on its batch."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen import checks, collectives, numerics
from jaxgen.base import Array, Batch, Key, Learner, Length, Metrics, PyTree, Scaler
from jaxgen.learners.settings import MixtureSettings
from jaxgen.models.mixture import gaussian_mixture, initialization
from jaxgen.models.mixture.gaussian_mixture import Mixture, Moments
from jaxgen.models.mixture.sampling import given_row, largest, mixture_sampler

METRICS = ("loss", "change")
RAREST = 1e-6  # probability of a label without events so far


class MixtureModel(NamedTuple):
    """A mixture and the transformations between physical units and its columns.

    The class of an event is its kind and its label; classes share the components and differ in their weights.
    Features other than the kind are modelled as columns of the mixture, and are given when it is sampled.

    Attributes:
      features: conditions to input features, [B, C] -> [B, F].
      scaler: physical units to scaled units, [B, ...] -> [B, size], and back.
      size: number of columns of an event.
      labels: number of one-hot label columns, which come last; 0 for none.
      kinds: number of one-hot features, which come first; 0 for none.
    """

    features: Callable[[Array], Array]
    scaler: Scaler
    size: int
    labels: int = 0
    kinds: int = 0


class MixtureState(NamedTuple):
    """State of the fit.

    Attributes:
      step: number of batches used so far.
      moments: moments of the events used so far, which determine the mixture.
      loss: loss of the previous step.
    """

    step: Array
    moments: Moments
    loss: Array


class Rows(NamedTuple):
    """Events in scaled units.

    Attributes:
      x: features other than the kind, then data without labels, [B, D].
      classes: kind times labels plus label, int32 [B].
    """

    x: Array
    classes: Array


def make(
    model: MixtureModel,
    settings: MixtureSettings,
    length: Length | None = None,
    *,
    axis_name: str | None = None,
) -> Learner:
    """Builds the learner.

    The first step initializes the mixture from its batch. The loss is minus the mean logarithm of the density
    of label and columns given the kind, under the mixture before the step; the metric for its change is the
    decrease of the loss since the previous step.

    Args:
      model: the mixture.
      settings: settings of the fit.
      length: length of the run; with one batch per epoch, or without a length, every batch is the whole data
        set and replaces the earlier result.
      axis_name: device axis over which batches are split, or None.

    Returns:
      The learner. Its metrics are `METRICS`.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    _check(model)
    length = length or Length()
    number_of_classes = max(model.kinds, 1) * max(model.labels, 1)

    def init(key: Key, batch: Batch) -> MixtureState:
        del key
        columns = rows_of(model, Batch(batch.data[:1], batch.condition[:1])).x.shape[1]
        empty = gaussian_mixture.empty_moments(
            settings.components, columns, covariance=settings.covariance, classes=number_of_classes
        )
        return MixtureState(jnp.zeros((), jnp.int32), empty, jnp.zeros(()))

    def begin(key: Key, rows: Rows) -> Moments:
        whole = Rows(*(collectives.gather(x, axis_name) for x in rows))
        return initialization.start(
            key,
            *whole,
            components=settings.components,
            method=settings.start,
            covariance=settings.covariance,
            number_of_classes=number_of_classes,
            iterations=settings.start_iterations,
        )

    def step(key: Key, state: MixtureState, batch: Batch) -> tuple[MixtureState, Metrics]:
        rows = rows_of(model, batch)
        start_key = jax.random.fold_in(key, state.step)
        found = lax.cond(
            state.step == 0,
            lambda: numerics.typed_as(begin(start_key, rows), state.moments),
            lambda: state.moments,
        )
        moments, log_densities = gaussian_mixture.improved(
            found,
            *rows,
            rate=_rate(settings, length, state.step),
            covariance=settings.covariance,
            regularization=settings.regularization,
            axis_name=axis_name,
        )
        log_labels = numerics.safe_log(_label_probabilities(model, found), floor=RAREST)
        loss = -collectives.mean(jnp.mean(log_densities + log_labels[rows.classes]), axis_name)
        change = jnp.where(state.step == 0, 0.0, state.loss - loss)
        return MixtureState(state.step + 1, moments, loss), {"loss": loss, "change": change}

    def publish(state: MixtureState) -> PyTree:
        found = mixture_of(state, settings)
        odds = given_row(state.moments.shares.reshape(max(model.kinds, 1), -1))
        return {**found._asdict(), "odds": odds}

    sample = mixture_sampler(
        features=model.features,
        scaler=model.scaler,
        labels=model.labels,
        kinds=model.kinds,
        covariance=settings.covariance,
    )
    return Learner(init, step, publish, sample)


def rows_of(model: MixtureModel, batch: Batch) -> Rows:
    """Events in scaled units.

    Raises:
      ValueError: if the data have a different number of columns than the model.
    """
    data, features = model.scaler.forward(batch.data), model.features(batch.condition)
    checks.shape("data as the mixture sees them", data, (None, model.size))
    columns = model.size - model.labels
    x = jnp.concatenate([features[:, model.kinds :], data[:, :columns]], axis=1)
    label = largest(data[:, columns:])
    return Rows(x, largest(features[:, : model.kinds]) * max(model.labels, 1) + label)


def mixture_of(state: MixtureState, settings: MixtureSettings) -> Mixture:
    """The mixture determined by a state."""
    return gaussian_mixture.maximization(
        state.moments, covariance=settings.covariance, regularization=settings.regularization
    )


def _check(model: MixtureModel) -> None:
    checks.positive(size=model.size - model.labels)


def _rate(settings: MixtureSettings, length: Length, step: Array) -> Array:
    """Weight of a batch relative to all earlier ones (Cappé and Moulines, arXiv:0712.4273, section 3)."""
    if length.steps_per_epoch == 1:
        return jnp.ones(())
    return jnp.where(step == 0, 1.0, (step + 2.0) ** -settings.forgetting)


def _label_probabilities(model: MixtureModel, moments: Moments) -> Array:
    """Probability of the label of each class given its kind, [C]."""
    table = jnp.sum(moments.shares, axis=1).reshape(max(model.kinds, 1), -1)
    return given_row(table).reshape(-1)
