"""Where 64-bit numbers are on, models train and sample; only shapes and types are worked out here."""

import jax
import jax.numpy as jnp
import pytest

from jaxgen import numerics
from jaxgen.base import Length
from jaxgen.recipe import example_of
from jaxgen.systems import four_leptons
from jaxgen.training import parallel
from tests.run.test_alone import SMALL


@pytest.fixture(scope="module")
def data():
    return four_leptons.simulate(0, 80, condition="channel_mass")


@pytest.mark.parametrize("model", ["vae", "flow", "spline_flow", "gmm"])
def test_models_are_traced(data, model):
    recipe = four_leptons.learner(model, data, **SMALL.get(("four_leptons", model), {}))
    batch, key = example_of(data.spec), jax.random.key(0)
    with jax.enable_x64(True):
        learner = recipe.build(Length(10, 7))
        state = jax.eval_shape(learner.init, key, batch)
        states = jax.tree.map(lambda x: jax.ShapeDtypeStruct((1, *x.shape), x.dtype), state)
        picks = jax.ShapeDtypeStruct((1, 2, 8), jnp.int32)
        after, _ = jax.eval_shape(parallel.make_advance(learner), states, jnp.stack([key]), batch, picks)
        params = jax.eval_shape(learner.publish, state)
        made = jax.eval_shape(learner.sample, key, params, batch.condition, 0)
    assert jax.tree.map(lambda x: x.dtype, after) == jax.tree.map(lambda x: x.dtype, states)
    assert made.shape == batch.data.shape


def test_types_are_those_of_the_example():
    tree, example = (
        {"a": jnp.float16(1), "b": jnp.int32(2)},
        {"a": jnp.float32(0), "b": jnp.int32(0)},
    )
    found = numerics.typed_as(tree, example)
    assert (found["a"].dtype, found["b"].dtype) == (jnp.float32, jnp.int32)
