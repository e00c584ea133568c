"""Whose turn it is, and rounds of critic and generator updates on one batch."""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Learner, PyTree
from jaxgen.learners import adversarial, stepping
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models.network import Network
from tests.learners.small_models import IDENTITY, settings

CONFIG = settings(generator_rate=0.01, critic_rate=0.02, critic_steps=2, generator_steps=3, reuse_batch=True)
DRAW = np.random.default_rng(0)
BATCH = Batch(jnp.asarray(DRAW.normal(2.0, 1.0, (8, 3)), jnp.float32), jnp.zeros((8, 0)))


def model() -> AdversarialModel:
    """Generated events are w + z, scores are v . x: every update is known in closed form."""
    return AdversarialModel(
        Network(lambda key, *_: {"shift": jnp.ones(3)}, lambda p, features, z: p["shift"] + z),
        Network(
            lambda key, *_: {"kernel": jnp.array([[0.5], [-1.0], [2.0]])},
            lambda p, x, features, seeds: x @ p["kernel"],
        ),
        latent=3,
        features=lambda condition: condition,
        scaler=IDENTITY,
    )


def run(
    config: AdversarialSettings, key: jax.Array, steps: int, *, start: PyTree = None
) -> tuple[list, list]:
    learner: Learner = adversarial.make(model(), config)
    step: Callable = jax.jit(learner.step)
    states, metrics = [learner.init(key, BATCH) if start is None else start], []
    for _ in range(steps):
        state, measured = step(key, states[-1], BATCH)
        states.append(state)
        metrics.append(measured)
    return states, metrics


def kernel(state: PyTree) -> np.ndarray:
    return np.asarray(state.params.critic["kernel"][:, 0])


def test_a_round_is_so_many_updates_of_each_on_one_batch(key):
    """The critic moves by its rate times the gap of the means, whose noise is that of the latent numbers."""
    (first, second, third), metrics = run(CONFIG, key, 2)
    assert int(third.step) == 2
    gap = np.mean(BATCH.data, 0) - np.asarray(first.params.generator["shift"])
    noise = 4 / np.sqrt(8 * 2)  # of a mean over eight events in each of two updates
    np.testing.assert_allclose((kernel(second) - kernel(first)) / 0.02 / 2, gap, atol=noise)
    moved = second.params.generator["shift"] - first.params.generator["shift"]
    np.testing.assert_allclose(moved, 3 * 0.01 * kernel(second), rtol=1e-5)
    assert set(metrics[0]) >= {"critic_loss", "generator_loss", "likeness"}
    assert all(np.shape(value) == () for value in metrics[0].values())


def test_every_update_of_a_round_has_noise_of_its_own(key):
    """A critic that met the same noise twice would move twice as far as in one update."""
    one = run(replace(CONFIG, critic_steps=1), key, 1)[0]
    two = run(CONFIG, key, 1)[0]
    single, double = (kernel(states[1]) - kernel(states[0]) for states in (one, two))
    assert np.abs(double - 2 * single).max() > 1e-3


def test_rounds_depend_on_key_and_step_only(key):
    states, _ = run(CONFIG, key, 3)
    again = run(CONFIG, key, 1, start=states[2])[0][1]
    jax.tree.map(np.testing.assert_array_equal, again, states[3])
    other = run(CONFIG, jax.random.key(1), 1, start=states[2])[0][1]
    assert np.abs(kernel(other) - kernel(states[3])).max() > 0


def test_fixed_stepping_gives_the_generator_several_batches(key):
    states, _ = run(replace(CONFIG, reuse_batch=False), key, 10)
    updates = np.array([int(state.average.step) for state in states])
    np.testing.assert_array_equal(np.diff(updates), [0, 0, 1, 1, 1] * 2)


@pytest.mark.parametrize("critic_steps", [1, 2, 8, 2**30])
def test_the_generator_s_turn_ends_each_round(critic_steps):
    rule = stepping.make("fixed", critic_steps=critic_steps)
    steps = jnp.arange(50)
    np.testing.assert_array_equal(rule.generator(None, steps, ()), steps % (critic_steps + 1) == critic_steps)


def test_stochastic_turns_have_their_share(key):
    rule = stepping.make("stochastic", critic_steps=1, generator_steps=3)
    keys = jax.random.split(key, 2000)
    share = jnp.mean(jax.vmap(lambda key: rule.generator(key, 0, ()))(keys))
    assert abs(float(share) - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 2000)


def test_misuse_is_named():
    with pytest.raises(ValueError, match="Expected stepping to be one of fixed, stochastic, dynamic"):
        stepping.make("random")
    with pytest.raises(ValueError, match="Expected one generator step under dynamic stepping; got 3"):
        stepping.make("dynamic", generator_steps=3)
    with pytest.raises(ValueError, match="generator_steps"):
        stepping.make("fixed", generator_steps=0)
