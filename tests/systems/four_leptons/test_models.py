"""Every model takes every representation and condition, learns, and samples without what trains."""

import functools
import subprocess
import sys

import jax
import numpy as np
import pytest

import jaxgen
from jaxgen import settings
from jaxgen.base import Length
from jaxgen.recipe import Recipe
from jaxgen.systems import four_leptons
from jaxgen.systems.four_leptons import SYSTEM, data
from jaxgen.systems.four_leptons.models import gan
from tests.systems.four_leptons.events import events_in_order

SMALL = {
    "vae": {},
    "beta_vae": {"buffer_capacity": 64},
    "gan": {"architecture": "published_204", "mass_weight": 0.01},
    "flow": {"layers": 2, "width": 8},
    "spline_flow": {"layers": 2, "width": 8, "bins": 4},
    "gmm": {"components": 3, "start": "random"},
}


@functools.cache
def events(condition):
    return four_leptons.dataset(events_in_order(200), condition)


@functools.cache
def statistics(representation, condition):
    """The same for all models, so worked out once."""
    found = SYSTEM.model("gmm")
    return found.statistics(events(condition), found.settings(representation=representation))


def recipe(model, representation, condition, **changes):
    kind = SYSTEM.model(model).settings
    chosen = settings.make(kind, model, {**SMALL[model], "representation": representation, **changes})
    return Recipe(SYSTEM, model, chosen, statistics(representation, condition), events(condition).spec)


def test_all_models_are_offered():
    assert set(SYSTEM.models) == set(SMALL)


@pytest.mark.parametrize(
    ("representation", "condition"),
    [
        ("sparse", "channel_mass"),
        ("standardized", "channel"),
        ("physical", "none"),
        ("cascade", "channel_mass"),
    ],
)
@pytest.mark.parametrize("model", SMALL)
def test_every_model_takes_every_representation_and_condition(model, representation, condition):
    made = recipe(model, representation, condition)
    learner, batch = made.build(Length()), events(condition).train.first(32)
    key = jax.random.key(0)
    state = jax.eval_shape(learner.init, key, batch)
    stepped, metrics = jax.eval_shape(learner.step, key, state, batch)
    assert jax.tree.map(lambda x: (x.shape, x.dtype), stepped) == jax.tree.map(
        lambda x: (x.shape, x.dtype), state
    )
    assert all(value.shape == () for value in metrics.values())
    params = jax.eval_shape(learner.publish, state)
    drawn = jax.eval_shape(made.sampler(), key, params, batch.condition[:7], 0)
    assert drawn.shape == (7, 8, 4)


@pytest.mark.parametrize("weight", [0.0, 0.1])
@pytest.mark.parametrize("model", ["vae", "beta_vae", "flow", "spline_flow"])
def test_the_mass_loss_is_trained_on_where_asked_for(model, weight):
    learner = recipe(model, "standardized", "none", mass_weight=weight).build(Length())
    key, batch = jax.random.key(0), events("none").train.first(16)
    _, metrics = jax.eval_shape(learner.step, key, jax.eval_shape(learner.init, key, batch), batch)
    assert ("event_loss" in metrics) == (weight > 0)


@pytest.mark.parametrize("model", SMALL)
def test_every_model_learns_and_samples(model):
    made = recipe(model, "standardized", "channel").with_length(steps=2, batch_size=32)
    run = jaxgen.fit(made, events("channel"), log_every=2, quiet=True)
    drawn = run.generator.sample(0, {"channel": ["4e", "2e2mu"]}, num=5)
    assert drawn.shape == (5, 8, 4)
    assert np.isfinite(drawn).all()
    with pytest.raises(ValueError, match="Expected channel to be 4e"):
        run.generator.sample(0, {"channel": "4tau"}, num=5)


def test_every_setting_has_its_words():
    for model in SMALL:
        for one in settings.describe(SYSTEM.model(model).settings):
            assert one.words, (model, one.name)


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("gan", {"representation": "dense"}, "Expected representation to be one of cascade, .*; got 'dense'"),
        ("gmm", {"mass_weight": 1.0}, "Expected settings of the model gmm; got mass_weight"),
        ("flow", {"layers": 0}, "Expected layers of at least 2; got 0"),
        ("beta_vae", {"kl_weight": 1.5}, "Expected kl_weight of at most 1; got 1.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(model, given, message):
    with pytest.raises(ValueError, match=message):
        four_leptons.learner(model, events("none"), **given)


def test_events_of_another_shape_are_refused():
    spec = jaxgen.Spec("other", ("slot", "component"), (6, 4), data.COLUMNS)
    kind = SYSTEM.model("flow").settings(representation="sparse")
    with pytest.raises(
        ValueError, match=r"Expected events of 8 slots with 4 components each; got the shape \(6, 4"
    ):
        SYSTEM.model("flow").sampler(kind, statistics("sparse", "none"), spec, {})


@pytest.mark.parametrize(("labels", "size"), [(0, 32), (4, 20)])
def test_labels_of_the_generator_are_shares(labels, size):
    module = gan.LabelledGenerator(size, labels)
    rows, _ = jax.jit(module.init_with_output)(jax.random.key(0), np.ones((5, 3)), np.ones((5, 20)))
    assert rows.shape == (5, size)
    np.testing.assert_allclose(rows[:, size - labels :].sum(axis=1), float(labels > 0), rtol=1e-6)


SAMPLERS = """
import sys
import numpy as np
from jaxgen.systems import four_leptons
from jaxgen.systems.four_leptons import data
from jaxgen.systems.four_leptons.representation import conditions
for name in four_leptons.SYSTEM.models:
    model = four_leptons.SYSTEM.model(name)
    found = conditions.statistics(np.zeros((1, 0)))
    model.sampler(model.settings(representation="sparse"), found, data.make_spec(), {})
print(*sorted(sys.modules))
"""


def test_samplers_need_nothing_that_trains():
    printed = subprocess.run([sys.executable, "-c", SAMPLERS], capture_output=True, text=True, check=True)
    loaded = set(printed.stdout.split())
    assert "jaxgen.systems.four_leptons.models.beta_vae" in loaded
    learners = {name for name in loaded if name.startswith("jaxgen.learners.")}
    assert learners == {"jaxgen.learners.settings"}
    assert not loaded & {"jaxgen.training", "jaxgen.metrics", "jaxgen.plots", "matplotlib", "optax"}
