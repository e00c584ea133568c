"""Generators of every model stand alone: the same events without data, training, metrics and figures."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from jaxgen import systems
from jaxgen.base import Length
from jaxgen.run.plan import known_of, plan_of
from jaxgen.systems import calorimeter, four_leptons, tpc_pads
from jaxgen.training.loop import Members

SMALL = {
    ("calorimeter", "vae"): {"latent": 3, "summary_width": 8, "cell_width": 4},
    ("calorimeter", "cascade"): {"split_width": 4, "whole_width": 4},
    ("calorimeter", "flow"): {"layers": 2, "width": 8, "bins": 3},
    ("four_leptons", "beta_vae"): {"buffer_capacity": 64},
    ("four_leptons", "flow"): {"layers": 2, "width": 8},
    ("four_leptons", "spline_flow"): {"layers": 2, "width": 8, "bins": 4},
    ("four_leptons", "gmm"): {"components": 3},
}
BLOCKED = ("jaxgen.training", "jaxgen.metrics", "jaxgen.plots", "matplotlib", "optax")
ALONE = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
import jax
jax.config.update("jax_compilation_cache_dir", {cache!r})
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
import numpy as np
import jaxgen
for name in sys.argv[2:]:
    generator = jaxgen.load(f"{{sys.argv[1]}}/{{name}}")
    np.save(f"{{sys.argv[1]}}/{{name}}.alone.npy", generator.sample(5, num=7))
"""


def data_of(name: str):
    """A few events with all conditions."""
    if name == "tpc_pads":
        return tpc_pads.simulate(0, 80)
    if name == "calorimeter":
        return calorimeter.simulate(0, 80)
    return four_leptons.simulate(0, 80, condition="channel_mass")


def untrained(recipe, data):
    """A generator of weights as they start."""
    plan = plan_of(recipe, data, None, 8)
    learner = plan.recipe.build(Length(10, 7))
    states = jax.jit(lambda key, batch: jax.tree.map(lambda x: x[None], learner.init(key, batch)))(
        jax.random.key(0), jax.tree.map(lambda x: x[:8], data.train)
    )
    return plan.generator(learner, Members(states, np.zeros(1, np.int32)), 0, known_of(data), {})


@pytest.mark.parametrize("name", ["tpc_pads", "calorimeter", "four_leptons"])
def test_every_model_samples_the_same_events_alone(name, tmp_path):
    system, data = systems.get(name), data_of(name)
    events = {}
    for model in system.models:
        generator = untrained(system.learner(model, data, **SMALL.get((name, model), {})), data)
        generator.write(tmp_path / model)
        events[model] = generator.sample(5, num=7)
        assert np.isfinite(events[model]).all(), model
    cache = jax.config.jax_compilation_cache_dir
    code = ALONE.format(blocked=BLOCKED, cache=cache)
    subprocess.run([sys.executable, "-c", code, str(tmp_path), *events], check=True, timeout=600)
    for model, wanted in events.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{model}.alone.npy"), wanted, err_msg=model)
