"""Decoders that give laws of events: their likelihood is maximized, and samples are drawn from them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Scaler
from jaxgen.learners import variational
from jaxgen.learners.optimizer_config import OptimizerConfig
from jaxgen.learners.variational import VariationalModel
from jaxgen.learners.variational_config import VariationalConfig
from jaxgen.models.autoencoders import StatefulNetwork
from jaxgen.models.output_law import Observation

EVENTS = Batch(
    np.random.default_rng(0).normal(3.0, 2.0, (512, 1)).astype(np.float32), np.zeros((512, 0), np.float32)
)
NORMAL = Observation(
    numbers=1,
    log_likelihood=lambda output, data: jax.scipy.stats.norm.logpdf(
        data[:, 0], output[:, 0], jnp.exp(output[:, 1])
    ),
    draw=lambda output, normal: output[:, :1] + jnp.exp(output[:, 1:]) * normal,
)
CONFIG = VariationalConfig(optimizer=OptimizerConfig(name="adam", rate=0.05, decay="constant"))


def model_of_one_law() -> VariationalModel:
    """A code that says nothing and a decoder with one normal law for all events."""

    def encode(params, statistics, data, features, **mode):
        return (0 * data, 0 * data), statistics

    def decode(params, statistics, features, latent, **mode):
        return jnp.broadcast_to(params["law"], (len(latent), 2)), statistics

    return VariationalModel(
        StatefulNetwork(lambda key, *_: ({}, {}), encode),
        StatefulNetwork(lambda key, *_: ({"law": jnp.zeros(2)}, {}), decode),
        latent=1,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x / 2, lambda y: 2 * y),
        size=1,
        observation=NORMAL,
    )


def test_the_law_becomes_that_of_the_events(key):
    learner = variational.make(model_of_one_law(), CONFIG)
    state = learner.init(key, EVENTS)
    step = jax.jit(learner.step)
    for _ in range(300):
        state, metrics = step(key, state, EVENTS)
    scaled = EVENTS.data / 2
    mean, log_std = state.params.decoder["law"]
    assert float(mean) == pytest.approx(scaled.mean(), abs=1e-2)
    assert float(jnp.exp(log_std)) == pytest.approx(scaled.std(), abs=1e-2)
    assert float(metrics["loss"]) == pytest.approx(0.5 + np.log(scaled.std() * np.sqrt(2 * np.pi)), abs=1e-2)
    samples = np.asarray(learner.sample(key, state, jnp.zeros((4000, 0)), 4000))
    assert samples.mean() == pytest.approx(EVENTS.data.mean(), abs=0.15)
    assert samples.std() == pytest.approx(EVENTS.data.std(), abs=0.15)


@pytest.mark.parametrize("name", ["mass_weight", "observation_noise"])
def test_what_needs_events_of_the_decoder_is_refused(name):
    config = VariationalConfig(**{name: 1.0})
    with pytest.raises(ValueError, match=f"Expected no {name} where the decoder gives laws"):
        variational.make(model_of_one_law(), config)
