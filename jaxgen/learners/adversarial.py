"""Generator against critic, as a Learner, under any loss and any regularizer."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import collectives
from jaxgen.base import Array, Batch, Judge, Key, Learner, Metrics, Pair
from jaxgen.learners import descent, stepping
from jaxgen.learners import regularizers as regularization
from jaxgen.learners.adversarial_config import AdversarialConfig
from jaxgen.learners.adversarial_model import AdversarialModel, AdversarialState, Inputs
from jaxgen.learners.adversarial_updates import (
    CRITIC_METRICS,
    GENERATOR_METRICS,
    Update,
    make_critic_update,
    make_generator_update,
)
from jaxgen.learners.descent import Descent
from jaxgen.learners.feature_noise import feature_noise
from jaxgen.learners.regularizers import Regularizer
from jaxgen.losses import adversarial
from jaxgen.losses.adversarial import AdversarialLoss
from jaxgen.ops import pieces as chunks
from jaxgen.ops import random_numbers as noise
from jaxgen.transforms.exponential_average import average_of, exponential_average


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
    descend = _make_descents(config)
    averaging = exponential_average(decay=config.average_decay)
    update_critic = make_critic_update(model, loss, regularizer, descend.critic, axis_name)
    update_generator = make_generator_update(
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

    return Learner(init, step, _make_sampler(model), _make_judge(model, loss, regularizer))


def _make_descents(config: AdversarialConfig) -> Pair[Descent]:
    return Pair(
        *(
            descent.make(one, steps_per_epoch=config.steps_per_epoch, total_steps=config.total_steps)
            for one in config.optimizer
        )
    )


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


def _make_sampler(model: AdversarialModel) -> Callable[[Key, AdversarialState, Array, int], Array]:
    def sample(key: Key, state: AdversarialState, condition: Array, n: int) -> Array:
        params = average_of(state.average)

        def rows(start: Array, condition: Array) -> Array:
            shape = (len(condition), model.latent)
            latent = noise.normal(key, shape, start=start * np.uint32(model.latent))
            return model.scaler.inverse(model.generator.apply(params, model.features(condition), latent))

        return chunks.in_chunks(rows, condition[:n])

    return sample


def _make_judge(model: AdversarialModel, loss: AdversarialLoss, regularizer: Regularizer) -> Judge:
    def score(state: AdversarialState, batch: Batch) -> Array:
        used, _ = regularizer.forward.apply(state.params.critic, state.forward)
        features = model.features(batch.condition)
        scores = model.critic.apply(used, model.scaler.forward(batch.data), features, None)
        scores = jnp.mean(scores.reshape(len(scores), -1), axis=1)
        return jax.nn.sigmoid(scores) if loss.log_odds else scores

    return Judge(score, probability=loss.log_odds)
