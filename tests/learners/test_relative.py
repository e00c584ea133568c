"""Units that depend on the condition come off before training and on again in samples."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Batch, Judge, Learner
from jaxgen.learners.relative import relative

ENERGY = jnp.array([[1.0], [10.0], [100.0]])
BATCH = Batch(jnp.ones((3, 2, 2)) * ENERGY[:, :, None], ENERGY)


def mean_of_batches() -> Learner:
    """Remembers the mean event, and repeats it."""
    return Learner(
        init=lambda key, batch: jnp.zeros(batch.data.shape[1:]),
        step=lambda key, state, batch: (batch.data.mean(axis=0), {"loss": batch.data.std()}),
        publish=lambda state: {"event": state},
        sample=lambda key, params, condition, first: jnp.tile(params["event"], (len(condition), 1, 1)),
    )


def test_the_learner_inside_sees_shares():
    learner = relative(mean_of_batches(), unit=lambda condition: 2 * condition[:, 0])
    state = learner.init(jax.random.key(0), BATCH)
    state, metrics = learner.step(jax.random.key(0), state, BATCH)
    np.testing.assert_allclose(state, 0.5)
    assert metrics["loss"] == 0


def test_samples_have_the_unit_of_their_own_condition():
    learner = relative(mean_of_batches(), unit=lambda condition: 2 * condition[:, 0])
    state, _ = learner.step(jax.random.key(0), learner.init(jax.random.key(0), BATCH), BATCH)
    samples = learner.sample(jax.random.key(1), learner.publish(state), ENERGY[:2], 0)
    np.testing.assert_allclose(samples, BATCH.data[:2])


def test_the_judge_inside_sees_shares():
    inside = mean_of_batches()
    assert relative(inside, unit=lambda condition: condition[:, 0]).judge is None
    judge = Judge(
        score=lambda state, batch: state + batch.data.mean((1, 2)),
        features=lambda state, batch: state * batch.data[:, 0],
        probability=True,
    )
    learner = relative(inside._replace(judge=judge), unit=lambda condition: 2 * condition[:, 0])
    assert learner.judge is not None
    assert learner.judge.probability
    np.testing.assert_allclose(learner.judge.score(1.0, BATCH), 1.5)
    np.testing.assert_allclose(learner.judge.features(4.0, BATCH), np.full((3, 2), 2.0))
