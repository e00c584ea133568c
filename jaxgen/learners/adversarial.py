"""Adversarial training of a generator and a critic, as a Learner, for any loss and any regularizer."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen import checks, collectives
from jaxgen.base import Array, Batch, Judge, Key, Learner, Length, Metrics, Pair, PyTree
from jaxgen.learners import optimizers, stepping
from jaxgen.learners import regularizers as regularization
from jaxgen.learners.adversarial_model import AdversarialModel, AdversarialState, Inputs
from jaxgen.learners.adversarial_updates import (
    CRITIC_METRICS,
    GENERATOR_METRICS,
    Update,
    make_critic_update,
    make_generator_update,
)
from jaxgen.learners.regularizers import Regularizer
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.losses import adversarial
from jaxgen.losses.adversarial import AdversarialLoss
from jaxgen.models.network import latent_sampler
from jaxgen.transforms.exponential_average import average_of, exponential_average
from jaxgen.transforms.linear_maps import ConvolutionGeometry


def make(
    model: AdversarialModel,
    settings: AdversarialSettings,
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
      The learner; it publishes the running average of the generator. Its metrics are `CRITIC_METRICS`,
      `GENERATOR_METRICS`, `COMMON_METRICS` and, for losses of log-odds, `LOG_ODDS_METRICS`.

    Raises:
      ValueError: for settings that are unknown or out of range.
    """
    length = length or Length()
    loss = model.loss or adversarial.get(settings.loss, axis_name=axis_name)
    regularizer = regularization.make(
        settings,
        total_steps=length.steps,
        geometry={
            name: ConvolutionGeometry(found.input_shape, found.padding)
            for name, found in (model.geometry or {}).items()
        },
    )
    turns = stepping.make(
        settings.stepping,
        critic_steps=settings.critic_steps,
        generator_steps=settings.generator_steps,
        threshold=settings.critic_threshold,
    )
    _check(settings, loss)
    descend = Pair(
        *(
            optimizers.descent(settings, length, rate=rate)
            for rate in (settings.generator_rate, settings.critic_rate)
        )
    )
    averaging = exponential_average(decay=settings.average_decay)
    update_critic = make_critic_update(
        model, loss, regularizer, descend.critic, axis_name, mismatch_share=settings.mismatch_share
    )
    update_generator = make_generator_update(
        model, loss, regularizer, descend.generator, averaging.apply, axis_name
    )
    prepare = _make_inputs(model, loss, settings, length, axis_name)

    def init(key: Key, batch: Batch) -> AdversarialState:
        keys = jax.random.split(key, 5)
        features = model.features(batch.condition[:1])
        latent = jnp.zeros((1, model.latent))
        real = model.scaler.forward(batch.data[:1])
        of_generator = model.generator.init(keys[0], features, latent)
        made = jax.eval_shape(model.generator.apply, of_generator, features, latent)
        checks.shape("what the generator gives", made, real.shape)
        of_critic = model.critic.init(keys[1], real, features, None)
        params = Pair(of_generator, regularizer.prepare(of_critic))
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
        if settings.reuse_batch:
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
        keys = jax.random.split(key, settings.critic_steps + settings.generator_steps)
        state, _ = lax.scan(updating(update_critic, batch), state, keys[: settings.critic_steps])
        state, common = lax.scan(updating(update_generator, batch), state, keys[settings.critic_steps :])
        common = {name: jnp.mean(values) for name, values in common.items()}
        return state._replace(step=state.step + 1), {**state.last, **common}

    sample = latent_sampler(
        model.generator, latent=model.latent, features=model.features, scaler=model.scaler
    )
    return Learner(init, step, publish, sample, _make_judge(model, loss, regularizer))


def publish(state: AdversarialState) -> PyTree:
    """Parameters used for sampling: the running average of the generator's parameters."""
    return average_of(state.average)


def _check(settings: AdversarialSettings, loss: AdversarialLoss) -> None:
    if settings.reuse_batch and settings.stepping != "fixed":
        raise ValueError(f"Expected fixed stepping where batches are used again; got {settings.stepping}.")
    if settings.mismatch_share and loss.needs_second_fake:
        raise ValueError(
            f"Expected no mismatch_share under the loss {loss.name}; got {settings.mismatch_share}."
        )


def _make_inputs(
    model: AdversarialModel,
    loss: AdversarialLoss,
    settings: AdversarialSettings,
    length: Length,
    axis_name: str | None,
) -> Callable[[Key, Array, Batch], Inputs]:
    """Builds the function that draws an update's noise globally and selects this device's rows."""
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
        if settings.feature_noise:
            noise = feature_noise(
                feature_key,
                jnp.zeros((total, condition.shape[1])),
                scale=settings.feature_noise,
                decay_epochs=settings.feature_noise_epochs,
                epoch=step / length.steps_per_epoch,
            )
            condition = condition + collectives.shard(noise, axis_name)
        latent = collectives.shard(latent, axis_name)
        return Inputs(
            real=model.scaler.forward(batch.data),
            features=model.features(condition),
            condition=batch.condition,
            latent=latent.swapaxes(0, 1).reshape(-1, model.latent),
            seeds=collectives.shard(seeds, axis_name),
            mixing=collectives.shard(mixing, axis_name),
        )

    return prepare


def _make_judge(model: AdversarialModel, loss: AdversarialLoss, regularizer: Regularizer) -> Judge:
    def seen(state: AdversarialState, batch: Batch) -> tuple[PyTree, Array, Array, None]:
        used, _ = regularizer.forward.apply(state.params.critic, state.forward)
        return used, model.scaler.forward(batch.data), model.features(batch.condition), None

    def score(state: AdversarialState, batch: Batch) -> Array:
        scores = model.critic.apply(*seen(state, batch))
        scores = jnp.mean(scores.reshape(len(scores), -1), axis=1)
        return jax.nn.sigmoid(scores) if loss.log_odds else scores

    def features(state: AdversarialState, batch: Batch) -> Array:
        if model.critic.features is None:
            raise ValueError("Expected a critic that says what its last layer sees; got one that does not.")
        return model.critic.features(*seen(state, batch))

    return Judge(score, features, probability=loss.log_odds)


def noise_scale(*, scale: float | Array, decay_epochs: float, epoch: float | Array) -> Array:
    """Standard deviation of the noise, scale / 10^(epoch / decay_epochs).

    >>> round(float(noise_scale(scale=2.0, decay_epochs=50.0, epoch=100)), 6)
    0.02
    """
    checks.positive(decay_epochs=decay_epochs)
    return jnp.asarray(scale, jnp.float32) * 10.0 ** (-jnp.asarray(epoch, jnp.float32) / decay_epochs)


def feature_noise(
    key: Key,
    condition: Array,
    *,
    scale: float | Array,
    decay_epochs: float,
    epoch: float | Array,
) -> Array:
    """Adds Gaussian noise to raw conditions.

    Args:
      key: random key.
      condition: [..., C] in physical units.
      scale: standard deviation at epoch 0, in the unit of each column, [C], or one number for all columns as
        published. Zero leaves a column unchanged, which suits the pad row.
      decay_epochs: number of epochs in which the noise falls to a tenth.
      epoch: epoch; may be traced and may be fractional.

    Returns:
      Noisy conditions, [..., C].
    """
    width = noise_scale(scale=scale, decay_epochs=decay_epochs, epoch=epoch)
    return condition + width * jax.random.normal(key, condition.shape, condition.dtype)
