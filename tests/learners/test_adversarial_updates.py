"""One update of critic and of generator is the one that the formulas ask for."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.models.network import Network
from tests.learners.small_models import (
    LINEAR_BATCH,
    RATE,
    differ,
    linear_model,
    run,
    settings,
)

REAL, FEATURES = np.asarray(LINEAR_BATCH.data), np.asarray(LINEAR_BATCH.condition)


def test_an_update_is_the_formula(key):
    """The slope of a linear critic is |w| everywhere, so no random number matters."""
    config = settings(regularizer="gradient_penalty", penalty_weight=7.0, data_penalty_weight=0.3)
    (first, second, third), metrics = run(adversarial.make(linear_model(), config), key, batch=LINEAR_BATCH)
    w = np.asarray(first.params.critic["kernel"][:, 0])
    real, fake = np.mean(REAL, 0), 0.5 * np.mean(FEATURES, 0)
    norm = np.linalg.norm(w)
    gradient = fake - real + 7.0 * 2 * (norm - 1) * w / norm + 0.3 * 2 * w
    np.testing.assert_allclose(second.params.critic["kernel"][:, 0], w - RATE * gradient, rtol=1e-5)
    expected = {
        "critic_loss": w @ (fake - real),
        "critic_gap": w @ (real - fake),
        "critic_real": w @ real,
        "critic_fake": w @ fake,
        "penalty": 7.0 * (norm - 1) ** 2 + 0.3 * norm**2,
        "gradient_norm_critic": np.linalg.norm(gradient),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[0][name], value, rtol=1e-5, err_msg=name)
    w = np.asarray(second.params.critic["kernel"][:, 0])
    by_weight = -w @ np.mean(FEATURES, 0)
    np.testing.assert_allclose(third.params.generator["weight"], 0.5 - RATE * by_weight, rtol=1e-5)
    stds = [np.sqrt(np.mean(np.var(x, axis=0))) for x in (FEATURES / 2, REAL)]
    expected = {
        "generator_loss": -w @ fake,
        "slope": np.linalg.norm(w),
        "gradient_norm_generator": abs(by_weight),
        "std_ratio": stds[0] / stds[1],
    }
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[1][name], value, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_a_loss_of_events_adds_its_gradient(weight, key):
    """With w * condition as events and w^2 mean(condition^2) as their loss, all is known in closed form.

    It is given generated and real events and their conditions, in physical units.
    """
    seen = []

    def extra(fake, real, condition):
        seen.append((real, condition))
        return jnp.mean(fake**2) + 0 * jnp.sum(real)

    found = {}
    for name, model in (
        ("without", linear_model()),
        ("with", linear_model(event_loss=extra, event_weight=weight)),
    ):
        states, _ = run(adversarial.make(model, settings()), key, batch=LINEAR_BATCH)
        found[name] = float(states[-1].params.generator["weight"])
    gradient = 2 * 0.5 * float(np.mean(FEATURES**2))
    assert found["without"] - found["with"] == pytest.approx(RATE * weight * gradient, rel=1e-4)
    np.testing.assert_allclose(seen[0][0], REAL, rtol=1e-6)
    np.testing.assert_array_equal(seen[0][1], FEATURES)


def pairing_model(calls: list | None = None) -> AdversarialModel:
    """Scores are (x * condition) . w, so that they see whose condition it is."""

    def critic(params: Any, x: jax.Array, features: jax.Array, seeds: Any) -> jax.Array:
        if calls is not None:
            calls.append(len(x))
        return (x * features) @ params["kernel"]

    return linear_model(critic=Network(linear_model().critic.init, critic))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_mismatched_pairs_count_as_generated_ones_in_their_share(share, key):
    """A mismatched event is a real one with the condition of the event before."""
    learner = adversarial.make(pairing_model(), settings(mismatch_share=share))
    (first, second), metrics = run(learner, key, steps=1, batch=LINEAR_BATCH)
    w = np.asarray(first.params.critic["kernel"][:, 0])
    others = FEATURES[np.arange(-1, len(FEATURES) - 1)]
    real, fake, wrong = (
        np.mean(x * features, axis=0)
        for x, features in ((REAL, FEATURES), (FEATURES / 2, FEATURES), (REAL, others))
    )
    gradient = (1 - share) * fake + share * wrong - real
    assert np.abs(wrong - fake).min() > 0.05
    np.testing.assert_allclose(metrics[0]["critic_loss"], w @ gradient, rtol=1e-4)
    np.testing.assert_allclose(metrics[0]["critic_fake"], w @ fake, rtol=1e-5)
    np.testing.assert_allclose(second.params.critic["kernel"][:, 0], w - RATE * gradient, rtol=1e-4)


def test_no_share_of_mismatched_pairs_costs_nothing(key):
    """The critic is asked once, of real and generated events together, and the bits are those of none."""
    calls: list[int] = []
    (_, none), _ = run(adversarial.make(pairing_model(calls), settings()), key, steps=1, batch=LINEAR_BATCH)
    assert calls == [16]
    calls.clear()
    zero = settings(mismatch_share=0.0)
    (_, again), _ = run(adversarial.make(pairing_model(calls), zero), key, steps=1, batch=LINEAR_BATCH)
    assert calls == [16]
    assert not differ(again, none)
    calls.clear()
    small = settings(mismatch_share=1e-3)
    (_, other), _ = run(adversarial.make(pairing_model(calls), small), key, steps=1, batch=LINEAR_BATCH)
    assert calls == [16, 8]
    assert differ(other.params, none.params)


@pytest.mark.parametrize("names", ["clip", "gradient"])
def test_weights_and_gradients_are_clipped(names, key):
    if names == "clip":
        learner = adversarial.make(linear_model(), settings(regularizer="weight_clipping", clip=0.02))
        (_, second), _ = run(learner, key, steps=1, batch=LINEAR_BATCH)
        assert np.abs(second.params.critic["kernel"]).max() == np.float32(0.02)
        return
    learner = adversarial.make(linear_model(), settings(regularizer="gradient_clipping", gradient_clip=0.25))
    (first, second), metrics = run(learner, key, steps=1, batch=LINEAR_BATCH)
    assert metrics[0]["gradient_norm_critic"] > 0.3
    moved = second.params.critic["kernel"] - first.params.critic["kernel"]
    np.testing.assert_allclose(np.linalg.norm(moved), RATE * 0.25, rtol=1e-5)
