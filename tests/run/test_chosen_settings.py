"""The settings that a page shows: chosen ones first, own objects in the place of what they override."""

import dataclasses

import pytest

from jaxgen import systems
from jaxgen.learners.idle_settings import NEEDS, idle
from jaxgen.losses.adversarial import LOSSES
from jaxgen.run import chosen_settings
from jaxgen.run.plan import Options, configuration, plan_of
from jaxgen.run.reporting import code
from jaxgen.settings import describe
from jaxgen.systems import tpc_pads


@pytest.fixture(scope="module")
def data():
    return tpc_pads.simulate(0, 40)


def config(data, **given):
    return configuration(plan_of(tpc_pads.learner("gan", data, **given), data, None, None), Options(), data)


def kinds(found):
    return {one.name: one.kind for one in found}


def test_what_plays_no_role_is_told_from_what_stays_at_its_default(data):
    found = kinds(chosen_settings.chosen(config(data, penalty_weight=5.0, critic_rate=2e-3)))
    assert found["critic_rate"] == found["steps"] == found["seed"] == "chosen"
    assert found["b2"] == found["spectral_bound"] == found["log_every"] == "default"
    assert found["penalty_weight"] == found["spectral_final_bound"] == found["clip"] == "idle"
    penalized = kinds(chosen_settings.chosen(config(data, regularizer=["gradient_penalty"])))
    assert penalized["penalty_weight"] == "default"
    assert penalized["spectral_bound"] == penalized["bound_penalty_weight"] == "idle"


def test_an_own_loss_takes_the_place_of_the_setting(data):
    made = config(data, loss=dataclasses.replace(LOSSES["hinge"], name="mine"))
    (loss,) = [one for one in chosen_settings.chosen(made) if one.name == "loss"]
    assert loss.words == "own object"
    assert loss.value.endswith("AdversarialLoss mine")
    assert "loss=..." in code(made)
    assert code(made).count("loss=") == 1


def test_runs_differ_in_what_was_chosen_and_plays_a_role(data):
    heads, lines = chosen_settings.differing(
        {"a": config(data), "b": config(data, critic_rate=2e-3, clip=0.1)}
    )
    assert heads == ["setting", "a", "b"]
    assert lines == [["critic_rate", "0.001", "0.002"]]


def test_a_setting_of_an_own_model_with_a_usual_name_always_plays_a_role():
    assert idle({"clip": 3.0, "b1": 0.9}) == set()


def test_every_setting_named_is_one_of_a_model():
    known = {
        one.name
        for system in map(systems.get, systems.PACKAGES)
        for model in system.models
        for one in describe(system.model(model).settings)
    }
    assert NEEDS.keys() | {need.setting for need in NEEDS.values()} <= known
