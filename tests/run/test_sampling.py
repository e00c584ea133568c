"""Events are drawn in chunks that leave no trace but the noise."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Batch, Judge, Learner
from jaxgen.run import sampling

CONDITION = np.arange(14, dtype=np.float32).reshape(7, 2)


def echo(noise: float) -> Learner:
    def sample(key, state, condition, n):
        return state["scale"] * condition + noise * jax.random.normal(key, (n, 2))

    return Learner(lambda key, batch: None, lambda key, state, batch: (state, {}), sample)


def draw(number: int, *, noise: float = 0.0, seed: int = 0, **options):
    sampler = sampling.make_sampler(echo(noise), chunk=3, **options)
    return sampler(jax.random.key(seed), {"scale": jnp.float32(2)}, CONDITION[:number])


def test_every_event_is_for_its_own_condition():
    for number in (1, 3, 7):
        batch = draw(number)
        np.testing.assert_array_equal(batch.data, 2 * CONDITION[:number])
        np.testing.assert_array_equal(batch.condition, CONDITION[:number])


def test_the_same_key_gives_the_same_bits_and_each_chunk_noise_of_its_own():
    first, again, other = (draw(7, noise=1.0, seed=seed).data for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    noise = first - 2 * CONDITION
    assert len(np.unique(noise)) == noise.size
    assert not np.isin(other, first).any()


def test_fewer_events_are_the_first_of_more():
    np.testing.assert_array_equal(draw(7, noise=1.0).data[:4], draw(4, noise=1.0).data)


def test_what_is_done_afterwards_is_done_to_all():
    np.testing.assert_array_equal(draw(7, finish=lambda data: -data).data, -2 * CONDITION)


def test_every_event_has_its_own_score():
    judge = Judge(lambda state, batch: state * (batch.data[:, 0] + batch.condition[:, 1]), probability=False)
    for number in (2, 3, 7):
        batch = Batch(10 * CONDITION[:number], CONDITION[:number])
        found = sampling.scores(judge, 2.0, batch, chunk=3)
        np.testing.assert_allclose(found, 20 * CONDITION[:number, 0] + 2 * CONDITION[:number, 1])


def test_member():
    states = {"a": np.arange(6).reshape(3, 2), "b": np.arange(3)}
    picked = sampling.member(states, 1)
    np.testing.assert_array_equal(picked["a"], [2, 3])
    assert picked["b"] == 1
