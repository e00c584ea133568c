"""Samplers bound to a state."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Learner
from jaxgen.training.sampling import make_sampler


def test_sampler_is_the_learner_s(key):
    traces = []

    def sample(key, state, condition, n):
        traces.append(n)
        return state["scale"] * jax.random.normal(key, (n, 2)) + condition

    learner = Learner(init=lambda *_: None, step=lambda *_: None, sample=sample)
    state = {"scale": jnp.array(3.0)}
    sampler = make_sampler(learner, state)
    condition = jnp.arange(5.0)[:, None]
    got = sampler(key, condition)
    np.testing.assert_allclose(got, sample(key, state, condition, 5), rtol=1e-6)
    np.testing.assert_array_equal(got, sampler(key, condition))
    assert sampler(key, condition[:2]).shape == (2, 2)
    assert traces == [5, 5, 2]
