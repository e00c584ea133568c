"""Adversarial models small enough for formulas, and steps without compilation."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Batch, Learner, Scaler
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models.dense import DenseCritic, DenseGenerator
from jaxgen.models.network import Network, from_module

EVENTS = 8
DRAW = np.random.default_rng(0)
BATCH = Batch(
    jnp.asarray(DRAW.normal(4.0, 1.0, (EVENTS, 2)), jnp.float32),
    jnp.asarray(DRAW.normal(1.0, 1.0, (EVENTS, 3)), jnp.float32),
)
LINEAR_BATCH = Batch(jnp.asarray(DRAW.normal(2.0, 1.0, (EVENTS, 3)), jnp.float32), BATCH.condition)
SCALER = Scaler(lambda x: x / 2 - 1, lambda y: 2 * (y + 1))
IDENTITY = Scaler(lambda x: x, lambda y: y)
RATE = 0.1


def settings(**changes: Any) -> AdversarialSettings:
    """Plain descent at a rate of 0.1, one critic update before each one of the generator."""
    plain = {"optimizer": "sgd", "generator_rate": RATE, "critic_rate": RATE, "critic_steps": 1}
    return AdversarialSettings(**{**plain, "regularizer": "none", **changes})


def make_model(*, outputs: int = 1) -> AdversarialModel:
    return AdversarialModel(
        from_module(DenseGenerator(shape=(2,), widths=(8,), output=None)),
        from_module(DenseCritic(widths=(8, 8), outputs=outputs, dropout_rate=0.1)),
        latent=4,
        features=lambda condition: condition / 3,
        scaler=SCALER,
    )


def linear_model(**changes: Any) -> AdversarialModel:
    """Generated events are w * condition, scores are x . w: all gradients are known in closed form."""
    start = {"kernel": jnp.array([[0.6], [-0.8], [1.5]])}
    model = AdversarialModel(
        Network(lambda key, *_: {"weight": jnp.float32(0.5)}, lambda p, features, _: p["weight"] * features),
        Network(lambda key, *_: start, lambda p, x, features, seeds: x @ p["kernel"]),
        latent=1,
        features=lambda condition: condition,
        scaler=IDENTITY,
    )
    return model._replace(**changes)


def run(learner: Learner, key: jax.Array, *, steps: int = 2, batch: Batch = BATCH) -> tuple:
    """States and metrics after each step, without compilation."""
    with jax.disable_jit():
        states, metrics = [learner.init(key, batch)], []
        for _ in range(steps):
            state, measured = learner.step(key, states[-1], batch)
            states.append(state)
            metrics.append(measured)
    return states, metrics


def differ(one: Any, other: Any) -> bool:
    return any(np.any(x != y) for x, y in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


def assert_plain(published: Any) -> None:
    """Dictionaries and lists of arrays, which a file of arrays can hold."""
    if isinstance(published, dict):
        assert all(isinstance(name, str) for name in published)
        published = list(published.values())
    if type(published) is list:
        for part in published:
            assert_plain(part)
    else:
        assert isinstance(published, jax.Array | np.ndarray), type(published)
