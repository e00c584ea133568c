"""Updates of a critic and of a generator, for any loss and any regularizer."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgen import collectives, numerics
from jaxgen.base import Array, Metrics, PyTree
from jaxgen.learners.adversarial_model import AdversarialModel, AdversarialState, Inputs
from jaxgen.learners.optimizers import Descent
from jaxgen.learners.regularizers import Regularizer, gradients_clipped
from jaxgen.losses import gradient_penalty
from jaxgen.losses.adversarial import AdversarialLoss

Update = Callable[[AdversarialState, Inputs], tuple[AdversarialState, Metrics]]

CRITIC_METRICS = (
    "critic_loss",
    "critic_gap",
    "critic_real",
    "critic_fake",
    "gradient_norm_critic",
    "penalty",
)
GENERATOR_METRICS = ("generator_loss", "gradient_norm_generator", "slope", "std_ratio")
COMMON_METRICS = ("likeness",)
"""Metrics of every update: the mean cosine between a generated and a real event."""
LOG_ODDS_METRICS = ("critic_believes",)
"""Further metrics if the critic returns log-odds: the mean probability assigned to generated events."""


def _generate(model: AdversarialModel, params: PyTree, inputs: Inputs) -> Array:
    """One or two generated events for each row of the features, [G * B, ...]."""
    return model.generator.apply(params, _repeated(inputs.features, inputs), inputs.latent)


def _repeated(x: Array, inputs: Inputs, *, extra: int = 0) -> Array:
    copies = len(inputs.latent) // len(inputs.features) + extra
    return x if copies == 1 else jnp.concatenate([x] * copies)


def make_critic_update(
    model: AdversarialModel,
    loss: AdversarialLoss,
    regularizer: Regularizer,
    descend: Descent,
    axis_name: str | None,
    *,
    mismatch_share: float = 0.0,
) -> Update:
    """Builds the critic's update: a step on its loss and penalties, then the projection of its weights.

    With a fraction of mismatched pairs, real events with the condition of the previous event count as
    generated events in that fraction of the loss (arXiv:1605.05396, section 4.1), so that the critic uses the
    condition.
    """

    def objective(
        params: PyTree, forward: PyTree, fake: Array, inputs: Inputs
    ) -> tuple[Array, tuple[PyTree, Metrics]]:
        used, forward = regularizer.forward.apply(params, forward)
        size = len(inputs.real)
        seeds = _repeated(inputs.seeds, inputs, extra=1)
        seeds = seeds + jnp.arange(len(seeds), dtype=jnp.uint32) // size  # a different mask for each copy
        scores = model.critic.apply(
            used, jnp.concatenate([inputs.real, fake]), _repeated(inputs.features, inputs, extra=1), seeds
        )
        real_scores, fake_scores = scores[:size], scores[size : 2 * size]
        second = scores[2 * size :] if loss.needs_second_fake else None
        total = jnp.mean(loss.critic(real_scores, fake_scores, second))
        if mismatch_share:
            wrong = model.critic.apply(
                used, inputs.real, _of_others(inputs.features, axis_name), inputs.seeds
            )
            mismatched = jnp.mean(loss.critic(real_scores, wrong, second))
            total = (1 - mismatch_share) * total + mismatch_share * mismatched
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


def _of_others(features: Array, axis_name: str | None) -> Array:
    """Features of the previous event, over the global batch."""
    whole = jnp.roll(collectives.gather(features, axis_name), 1, axis=0)
    return collectives.shard(whole, axis_name)


def _witness(
    model: AdversarialModel, loss: AdversarialLoss, used: PyTree, inputs: Inputs, centre: Array | None
) -> Callable[[Array], Array]:
    """The scalar function of events whose gradient is penalized."""
    seeds = inputs.seeds + jnp.uint32(0x9E3779B9)  # masks that differ from those of the scores
    return lambda x: loss.witness(model.critic.apply(used, x, inputs.features, seeds), centre)


def make_generator_update(
    model: AdversarialModel,
    loss: AdversarialLoss,
    regularizer: Regularizer,
    descend: Descent,
    average: Callable[[PyTree, PyTree], tuple[PyTree, PyTree]],
    axis_name: str | None,
) -> Update:
    """Builds the generator's update: a step on its loss with the critic fixed, then the average."""

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
        slope = row_norms(by_event) / jnp.maximum(row_norms(by_score), 1e-20)
        by_event += _event_gradient(model, fake, inputs, axis_name)
        (gradients,) = to_params(by_event)
        metrics = {
            "generator_loss": value,
            "slope": jnp.mean(slope),
            "std_ratio": std_over_batch(fake, axis_name)
            / jnp.maximum(std_over_batch(inputs.real, axis_name), 1e-20),
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
    """Metrics of every update; they are not kept in the state."""
    metrics = {"likeness": likeness(real, fake, axis_name)}
    if loss.log_odds:
        metrics["critic_believes"] = jnp.mean(jax.nn.sigmoid(scores))
    return metrics


def _taken(metrics: Metrics) -> Metrics:
    """Removes the common metrics from all metrics."""
    return {name: metrics.pop(name) for name in (*COMMON_METRICS, *LOG_ODDS_METRICS) if name in metrics}


def _event_gradient(model: AdversarialModel, fake: Array, inputs: Inputs, axis_name: str | None) -> Array:
    """Gradient of the event loss of the global batch with respect to this device's generated events."""
    event_loss = model.event_loss
    if event_loss is None:
        return jnp.zeros_like(fake)
    real = model.scaler.inverse(collectives.gather(inputs.real, axis_name))
    condition = collectives.gather(inputs.condition, axis_name)
    whole = collectives.gather(fake[: len(inputs.real)], axis_name)
    gradient = jax.grad(lambda x: model.event_weight * event_loss(model.scaler.inverse(x), real, condition))(
        whole
    )
    own = collectives.shard(gradient, axis_name) * collectives.size(axis_name)  # devices are averaged later
    return jnp.concatenate([own, jnp.zeros_like(fake[len(own) :])])


def row_norms(x: Array) -> Array:
    """Euclidean norm of each event, [B, ...] to [B]."""
    return jnp.sqrt(jnp.sum(jnp.square(x.reshape(len(x), -1)), axis=1))


def std_over_batch(x: Array, axis_name: str | None) -> Array:
    """Root of the mean variance of the entries of an event [B, ...] over the global batch."""
    mean = collectives.mean(jnp.mean(x, axis=0), axis_name)
    return jnp.sqrt(collectives.mean(jnp.mean(jnp.square(x - mean)), axis_name))


def likeness(real: Array, fake: Array, axis_name: str | None) -> Array:
    """Mean scalar product of a real and a generated event, in units of their root mean squares.

    It is 1 if all events are identical, and 0 if the mean real or mean generated event vanishes.

    Args:
      real: real events, [B, ...].
      fake: generated events, [B, ...].
      axis_name: device axis, or None.

    >>> x = jnp.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(likeness(x, 3 * x, None)), 4)
    0.5
    """
    means = [collectives.mean(jnp.mean(x, axis=0), axis_name) for x in (real, fake)]
    squares = [collectives.mean(jnp.mean(jnp.square(x)), axis_name) * means[0].size for x in (real, fake)]
    size = jnp.sqrt(squares[0]) * jnp.sqrt(squares[1])
    return jnp.sum(means[0] * means[1]) / jnp.maximum(size, 1e-20)
