"""Every model of showers: its best settings, what it takes, and what sampling needs."""

import subprocess
import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Length
from jaxgen.systems import calorimeter
from jaxgen.systems.calorimeter.data import CONDITIONS
from tests.systems.calorimeter import toy_showers

SMALL = {
    "gan1": {"batch_size": 8},
    "gan2": {"batch_size": 8, "relative": True, "transform": "tanh"},
    "wgan": {"batch_size": 8, "transform": "standardized", "output": "softplus"},
    "vae": {"batch_size": 8, "latent": 3, "summary_width": 8, "cell_width": 4},
    "flow": {"batch_size": 8, "layers": 2, "width": 8, "bins": 3},
    "cascade": {"batch_size": 8, "split_width": 4, "whole_width": 4},
}
BATCH = toy_showers.make(0, 64)


def data_of(condition: str = "full"):
    return calorimeter.dataset(BATCH.data, BATCH.condition[:, : len(CONDITIONS[condition])])


def recipe_of(model: str, data, **changed):
    return calorimeter.learner(model, data, **{**SMALL[model], **changed})


def test_all_models_are_there():
    assert set(SMALL) == set(calorimeter.SYSTEM.models)
    assert len({calorimeter.SYSTEM.model(name).settings for name in SMALL}) == len(SMALL)


@pytest.mark.parametrize(
    ("model", "condition"),
    [*((model, kind) for model in SMALL for kind in ("none", "full")), ("wgan", "energy"), ("vae", "impact")],
)
def test_every_model_takes_every_condition(model, condition, key):
    data = data_of(condition)
    recipe = recipe_of(model, data)
    learner = recipe.build(Length(10, 6))
    batch = data.train.first(8)
    state = jax.eval_shape(learner.init, key, batch)
    stepped, metrics = jax.eval_shape(learner.step, key, state, batch)
    assert jax.tree.map(lambda x: x.shape, stepped) == jax.tree.map(lambda x: x.shape, state)
    assert {metric.shape for metric in metrics.values()} == {()}
    params = jax.eval_shape(learner.publish, state)
    drawn = jax.eval_shape(lambda *given: recipe.sampler()(*given, 5), key, params, batch.condition[:7])
    assert drawn.shape == (7, 30, 30)
    assert {value.dtype for value in recipe.statistics.values()} == {np.dtype(np.float64)}


@pytest.mark.parametrize("model", ["wgan", "vae", "flow"])
def test_samples_are_showers_and_do_not_depend_on_the_others(model, key):
    data = data_of()
    recipe = recipe_of(model, data, symmetries=False)
    learner = recipe.build(Length(10, 6))
    params = learner.publish(jax.jit(learner.init)(key, data.train.first(1)))
    sample = jax.jit(recipe.sampler())
    found = np.asarray(sample(key, params, data.test.condition[:6], 0))
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() > 0
    later = sample(key, params, np.roll(data.test.condition[:6], -2, axis=0), 2)
    np.testing.assert_allclose(later[:4], found[2:], rtol=2e-3, atol=1e-4)


class Generator(nn.Module):
    @nn.compact
    def __call__(self, features, latent):
        x = nn.Dense(900)(jnp.concatenate([features, latent], axis=1))
        return nn.softplus(x).reshape(-1, 30, 30)


class Critic(nn.Module):
    @nn.compact
    def __call__(self, images, features, seeds=None):
        return nn.Dense(1, name="scores")(
            jnp.concatenate([images.reshape(len(images), -1), features], axis=1)
        )


def test_own_networks_take_the_place_of_ours(key):
    data = data_of()
    recipe = calorimeter.learner("gan2", data, generator=Generator(), critic=Critic(), relative=True)
    learner = recipe.build(Length())
    batch = data.train.first(4)
    state = jax.jit(learner.init)(key, batch)
    assert state.params.generator["Dense_0"]["kernel"].shape == (106, 900)
    assert state.params.critic["scores"]["kernel"].shape == (906, 1)
    found = recipe.sampler()(key, learner.publish(state), batch.condition, 0)
    assert found.shape == (4, 30, 30)
    assert learner.judge.score(state, batch).shape == (4,)


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("cascade", {"noise": 0.1}, "settings of the model cascade; got noise"),
        ("vae", {"generator": Generator()}, "settings of the model vae; got generator"),
        ("gan3", {}, "cascade, vae, wgan, flow, gan1, gan2; got 'gan3'"),
        ("wgan", {"transform": "normalized"}, "transform to be one of log1p, softplus"),
        ("wgan", {"output": "sigmoid"}, "output to be one of linear"),
    ],
)
def test_what_a_model_does_not_know_is_refused(model, given, message):
    with pytest.raises(ValueError, match=message):
        calorimeter.learner(model, data_of(), **given)


SAMPLING = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        training = name.startswith("jaxgen.learners.") and name != "jaxgen.learners.settings"
        if training or ".".join(parts[:2]) in ("jaxgen.training", "jaxgen.metrics", "jaxgen.plots"):
            raise ImportError(f"{name} is not needed")
        if parts[0] in ("matplotlib", "optax"):
            raise ImportError(f"{name} is not needed")
sys.meta_path.insert(0, Blocked())
import numpy as np
from jaxgen.systems import calorimeter
from jaxgen.systems.calorimeter.data import make_spec
names = "log_energy_mean log_energy_std visible_energy largest threshold log_total_mean log_total_std"
statistics = {name: np.array(1.0) for name in names.split()}
for name in calorimeter.SYSTEM.models:
    model = calorimeter.SYSTEM.model(name)
    assert callable(model.sampler(model.settings(), statistics, make_spec(), {})), name
"""


def test_sampling_needs_nothing_of_training():
    done = subprocess.run([sys.executable, "-c", SAMPLING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
