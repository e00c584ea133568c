"""Generator against critic, as a Learner, under any loss and any regularizer."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import collectives, numerics
from jaxgen.base import Array, Batch, Key, Learner, Metrics, Pair, PyTree, Scaler
from jaxgen.datasets.feature_noise import feature_noise
from jaxgen.learners import chunks, descent, event_statistics, noise, stepping
from jaxgen.learners import regularizers as regularization
from jaxgen.learners.adversarial_config import AdversarialConfig
from jaxgen.learners.descent import Descent
from jaxgen.learners.regularizers import Regularizer, gradients_clipped
from jaxgen.losses import adversarial, gradient_penalty
from jaxgen.losses.adversarial import AdversarialLoss
from jaxgen.models.network import Network
from jaxgen.transforms.exponential_average import average_of, exponential_average
from jaxgen.transforms.linear_maps import ConvolutionGeometry


class AdversarialModel(NamedTuple):
    """The two networks and what lies between them and physical units.

    Attributes:
      generator: `apply(params, features, latent) -> data` on the networks' scale.
      critic: `apply(params, data, features, seeds) -> scores`, with uint32 seeds [B] for dropout, or None.
      latent: number of latent numbers.
      features: conditions to what networks see, [B, C] -> [B, F].
      scaler: physical units to what networks see, and back.
      geometry: of the critic's convolutions by parameter name, for the operator norm.
      augment: `augment(seeds, batch) -> batch`, another form of the same law, chosen by uint32 seeds [B].
      event_loss: `event_loss(fake, real) -> scalar`, what the generator minimizes too, in physical units.
    """

    generator: Network
    critic: Network
    latent: int
    features: Callable[[Array], Array]
    scaler: Scaler
    geometry: dict[str, ConvolutionGeometry] | None = None
    augment: Callable[[Array, Batch], Batch] | None = None
    event_loss: Callable[[Array, Array], Array] | None = None


class AdversarialState(NamedTuple):
    """What adversarial training carries.

    Attributes:
      step: batches used so far.
      params: of generator and critic.
      optimizer: states of the two optimizers.
      forward: state of the transform that the critic is evaluated under.
      project: state of the transform after each critic update.
      average: state of the generator's running average.
      turn: state of the stepping rule.
      last: metrics as last measured; each kind of update renews its own.
    """

    step: Array
    params: Pair[PyTree]
    optimizer: Pair[PyTree]
    forward: PyTree
    project: PyTree
    average: PyTree
    turn: PyTree
    last: Metrics


class Inputs(NamedTuple):
    """A batch as the networks see it, with the noise of this update.

    Attributes:
      real: [B, ...].
      features: [B, F].
      latent: [G * B, Z]; G = 2 where the loss needs a second generated batch.
      seeds: uint32 [B], for dropout.
      mixing: [B], positions between real and generated events.
    """

    real: Array
    features: Array
    latent: Array
    seeds: Array
    mixing: Array


Update = Callable[[AdversarialState, Inputs], tuple[AdversarialState, Metrics]]

CRITIC_METRICS = (
    "critic_loss",
    "critic_gap",
    "critic_real",
    "critic_fake",
    "gradient_norm_critic",
    "penalty",
)
GENERATOR_METRICS = ("generator_loss", "gradient_norm_generator", "slope", "spread_ratio")
COMMON_METRICS = ("likeness",)
"""Renewed by every update: the mean cosine of a generated event with a real one."""
LOG_ODDS_METRICS = ("critic_believes",)
"""Further ones where the critic gives log-odds: the mean probability it gives to generated events."""


def make(model: AdversarialModel, config: AdversarialConfig, *, axis_name: str | None = None) -> Learner:
    """Builds the learner.

    Args:
      model: the networks.
      config: how to train them.
      axis_name: the device axis over which batches are split, or None.

    Returns:
      The learner. Its metrics are `CRITIC_METRICS`, `GENERATOR_METRICS`, `COMMON_METRICS` and, for losses of
      log-odds, `LOG_ODDS_METRICS`.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    loss = adversarial.get(config.loss, axis_name=axis_name)
    regularizer = regularization.make(
        config.regularizer, total_steps=config.total_steps, geometry=model.geometry
    )
    turns = stepping.make(
        config.stepping,
        critic_steps=config.critic_steps,
        generator_steps=config.generator_steps,
        threshold=config.critic_threshold,
    )
    if config.reuse_batch and config.stepping != "fixed":
        raise ValueError(f"Expected fixed stepping where batches are used again; got {config.stepping}.")
    descend = Pair(
        *(
            descent.make(one, steps_per_epoch=config.steps_per_epoch, total_steps=config.total_steps)
            for one in config.optimizer
        )
    )
    averaging = exponential_average(decay=config.average_decay)
    update_critic = _make_critic_update(model, loss, regularizer, descend.critic, axis_name)
    update_generator = _make_generator_update(
        model, loss, regularizer, descend.generator, averaging.apply, axis_name
    )
    prepare = _make_inputs(model, loss, config, axis_name)

    def init(key: Key, batch: Batch) -> AdversarialState:
        keys = jax.random.split(key, 5)
        features = model.features(batch.condition[:1])
        latent = jnp.zeros((1, model.latent))
        params = Pair(
            model.generator.init(keys[0], features, latent),
            regularizer.prepare(
                model.critic.init(keys[1], model.scaler.forward(batch.data[:1]), features, None)
            ),
        )
        return AdversarialState(
            step=jnp.zeros((), jnp.int32),
            params=params,
            optimizer=Pair(*(one.init(tree) for one, tree in zip(descend, params, strict=True))),
            forward=regularizer.forward.init(keys[2], params.critic),
            project=regularizer.project.init(keys[3], params.critic),
            average=averaging.init(keys[4], params.generator),
            turn=turns.init(),
            last={name: jnp.zeros(()) for name in CRITIC_METRICS + GENERATOR_METRICS},
        )

    def step(key: Key, state: AdversarialState, batch: Batch) -> tuple[AdversarialState, Metrics]:
        turn_key, noise_key = jax.random.split(jax.random.fold_in(key, state.step))
        if config.reuse_batch:
            return one_round(noise_key, state, batch)
        generator = turns.generator(turn_key, state.step, state.turn)
        inputs = prepare(noise_key, state.step, batch)
        state, common = lax.cond(generator, update_generator, update_critic, state, inputs)
        turn = turns.observe(state.turn, generator, state.last["critic_loss"])
        state = state._replace(step=state.step + 1, turn=turn)
        return state, {**state.last, **common}

    def updating(update: Update, batch: Batch) -> Callable[..., tuple[AdversarialState, Metrics]]:
        return lambda state, key: update(state, prepare(key, state.step, batch))

    def one_round(key: Key, state: AdversarialState, batch: Batch) -> tuple[AdversarialState, Metrics]:
        keys = jax.random.split(key, config.critic_steps + config.generator_steps)
        state, _ = lax.scan(updating(update_critic, batch), state, keys[: config.critic_steps])
        state, common = lax.scan(updating(update_generator, batch), state, keys[config.critic_steps :])
        common = {name: jnp.mean(values) for name, values in common.items()}
        return state._replace(step=state.step + 1), {**state.last, **common}

    def sample(key: Key, state: AdversarialState, condition: Array, n: int) -> Array:
        params = average_of(state.average)

        def rows(start: Array, condition: Array) -> Array:
            shape = (len(condition), model.latent)
            latent = noise.normal(key, shape, start=start * np.uint32(model.latent))
            return model.scaler.inverse(model.generator.apply(params, model.features(condition), latent))

        return chunks.in_chunks(rows, condition[:n])

    return Learner(init, step, sample)


def _make_inputs(
    model: AdversarialModel, loss: AdversarialLoss, config: AdversarialConfig, axis_name: str | None
) -> Callable[[Key, Array, Batch], Inputs]:
    """Builds the function that draws an update's noise for the global batch and takes this device's share."""
    generated = 2 if loss.needs_second_fake else 1

    def prepare(key: Key, step: Array, batch: Batch) -> Inputs:
        total = len(batch.data) * collectives.size(axis_name)
        latent_key, seed_key, mixing_key, feature_key, augment_key = jax.random.split(key, 5)
        if model.augment is not None:
            forms = jax.random.bits(augment_key, (total,), "uint32")
            batch = model.augment(collectives.shard(forms, axis_name), batch)
        latent = jax.random.normal(latent_key, (total, generated, model.latent))
        seeds = jax.random.bits(seed_key, (total,), "uint32")
        mixing = jax.random.uniform(mixing_key, (total,))
        condition = batch.condition
        if config.feature_noise:
            noise = feature_noise(
                feature_key,
                jnp.zeros((total, condition.shape[1])),
                scale=config.feature_noise,
                decay_epochs=config.feature_noise_epochs,
                epoch=step / config.steps_per_epoch,
            )
            condition = condition + collectives.shard(noise, axis_name)
        latent = collectives.shard(latent, axis_name)
        return Inputs(
            real=model.scaler.forward(batch.data),
            features=model.features(condition),
            latent=latent.swapaxes(0, 1).reshape(-1, model.latent),
            seeds=collectives.shard(seeds, axis_name),
            mixing=collectives.shard(mixing, axis_name),
        )

    return prepare


def _generate(model: AdversarialModel, params: PyTree, inputs: Inputs) -> Array:
    """One or two generated events for each row of the features, [G * B, ...]."""
    return model.generator.apply(params, _repeated(inputs.features, inputs), inputs.latent)


def _repeated(x: Array, inputs: Inputs, *, extra: int = 0) -> Array:
    copies = len(inputs.latent) // len(inputs.features) + extra
    return x if copies == 1 else jnp.concatenate([x] * copies)


def _make_critic_update(
    model: AdversarialModel,
    loss: AdversarialLoss,
    regularizer: Regularizer,
    descend: Descent,
    axis_name: str | None,
) -> Update:
    def objective(
        params: PyTree, forward: PyTree, fake: Array, inputs: Inputs
    ) -> tuple[Array, tuple[PyTree, Metrics]]:
        used, forward = regularizer.forward.apply(params, forward)
        size = len(inputs.real)
        seeds = _repeated(inputs.seeds, inputs, extra=1)
        seeds = seeds + jnp.arange(len(seeds), dtype=jnp.uint32) // size  # another mask for each copy
        scores = model.critic.apply(
            used, jnp.concatenate([inputs.real, fake]), _repeated(inputs.features, inputs, extra=1), seeds
        )
        real_scores, fake_scores = scores[:size], scores[size : 2 * size]
        second = scores[2 * size :] if loss.needs_second_fake else None
        total = jnp.mean(loss.critic(real_scores, fake_scores, second))
        penalty = jnp.zeros(())
        if regularizer.slopes:
            centre = fake_scores if second is not None else None
            points = gradient_penalty.mix(inputs.real, fake[-size:], inputs.mixing)
            witness = _witness(model, loss, used, inputs, centre)
            penalty += jnp.mean(regularizer.penalty(gradient_penalty.slopes(witness, points)))
        if regularizer.data_weight:
            witness = _witness(model, loss, used, inputs, fake_scores if second is not None else None)
            squared = gradient_penalty.data_gradient_penalty(witness, inputs.real)
            penalty += regularizer.data_weight * jnp.mean(squared)
        metrics = {
            "critic_loss": total,
            "critic_real": jnp.mean(real_scores),
            "critic_fake": jnp.mean(fake_scores),
            "critic_gap": jnp.mean(real_scores) - jnp.mean(fake_scores),
            "penalty": penalty,
            **_common(loss, inputs.real, fake[:size], fake_scores, axis_name),
        }
        return total + penalty + regularizer.of_params(params), (forward, metrics)

    def update(state: AdversarialState, inputs: Inputs) -> tuple[AdversarialState, Metrics]:
        fake = _generate(model, state.params.generator, inputs)
        gradients, (forward, metrics) = jax.grad(objective, has_aux=True)(
            state.params.critic, state.forward, fake, inputs
        )
        gradients, metrics = collectives.mean((gradients, metrics), axis_name)
        norm = numerics.global_norm(gradients)
        gradients = gradients_clipped(gradients, regularizer.gradient_clip, norm)
        params, optimizer = descend.apply(state.step, gradients, state.optimizer.critic, state.params.critic)
        params, project = regularizer.project.apply(params, state.project)
        common = _taken(metrics)
        state = state._replace(
            params=state.params._replace(critic=params),
            optimizer=state.optimizer._replace(critic=optimizer),
            forward=forward,
            project=project,
            last={**state.last, **metrics, "gradient_norm_critic": norm},
        )
        return state, common

    return update


def _witness(
    model: AdversarialModel, loss: AdversarialLoss, used: PyTree, inputs: Inputs, centre: Array | None
) -> Callable[[Array], Array]:
    """The scalar function of events whose slope is penalized."""
    seeds = inputs.seeds + jnp.uint32(0x9E3779B9)  # other masks than those of the scores
    return lambda x: loss.witness(model.critic.apply(used, x, inputs.features, seeds), centre)


def _make_generator_update(
    model: AdversarialModel,
    loss: AdversarialLoss,
    regularizer: Regularizer,
    descend: Descent,
    average: Callable[[PyTree, PyTree], tuple[PyTree, PyTree]],
    axis_name: str | None,
) -> Update:
    def update(state: AdversarialState, inputs: Inputs) -> tuple[AdversarialState, Metrics]:
        used, forward = regularizer.forward.apply(state.params.critic, state.forward)
        size = len(inputs.real)

        def of_scores(scores: Array) -> Array:
            second = scores[size:] if loss.needs_second_fake else None
            real = None
            if loss.generator_needs_real:
                real = model.critic.apply(used, inputs.real, inputs.features, inputs.seeds)
            return jnp.mean(loss.generator(real, scores[:size], second))

        fake, to_params = jax.vjp(lambda params: _generate(model, params, inputs), state.params.generator)
        seeds = _repeated(inputs.seeds, inputs) + jnp.arange(len(fake), dtype=jnp.uint32) // size
        scores, to_events = jax.vjp(
            lambda x: model.critic.apply(used, x, _repeated(inputs.features, inputs), seeds), fake
        )
        value, by_score = jax.value_and_grad(of_scores)(scores)
        (by_event,) = to_events(by_score)
        slope = event_statistics.row_norms(by_event) / jnp.maximum(
            event_statistics.row_norms(by_score), 1e-20
        )
        by_event += _event_gradient(model, fake, inputs, axis_name)
        (gradients,) = to_params(by_event)
        metrics = {
            "generator_loss": value,
            "slope": jnp.mean(slope),
            "spread_ratio": event_statistics.spread(fake, axis_name)
            / jnp.maximum(event_statistics.spread(inputs.real, axis_name), 1e-20),
            **_common(loss, inputs.real, fake[:size], scores[:size], axis_name),
        }
        gradients, metrics = collectives.mean((gradients, metrics), axis_name)
        params, optimizer = descend.apply(
            state.step, gradients, state.optimizer.generator, state.params.generator
        )
        metrics["gradient_norm_generator"] = numerics.global_norm(gradients)
        common = _taken(metrics)
        state = state._replace(
            params=state.params._replace(generator=params),
            optimizer=state.optimizer._replace(generator=optimizer),
            forward=regularizer.follow(forward, metrics["slope"]),
            average=average(params, state.average)[1],
            last={**state.last, **metrics},
        )
        return state, common

    return update


def _common(loss: AdversarialLoss, real: Array, fake: Array, scores: Array, axis_name: str | None) -> Metrics:
    """What every update measures; it has no place in the state."""
    metrics = {"likeness": event_statistics.likeness(real, fake, axis_name)}
    if loss.log_odds:
        metrics["critic_believes"] = jnp.mean(jax.nn.sigmoid(scores))
    return metrics


def _taken(metrics: Metrics) -> Metrics:
    """Takes the common metrics out of all."""
    return {name: metrics.pop(name) for name in (*COMMON_METRICS, *LOG_ODDS_METRICS) if name in metrics}


def _event_gradient(model: AdversarialModel, fake: Array, inputs: Inputs, axis_name: str | None) -> Array:
    """Gradient of the event loss of the global batch with respect to this device's generated events."""
    event_loss = model.event_loss
    if event_loss is None:
        return jnp.zeros_like(fake)
    real = model.scaler.inverse(collectives.gather(inputs.real, axis_name))
    whole = collectives.gather(fake[: len(inputs.real)], axis_name)
    gradient = jax.grad(lambda x: event_loss(model.scaler.inverse(x), real))(whole)
    own = collectives.shard(gradient, axis_name) * collectives.size(axis_name)  # devices are averaged later
    return jnp.concatenate([own, jnp.zeros_like(fake[len(own) :])])
