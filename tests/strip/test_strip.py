"""A detector of three small files does all that the library offers, and no file of the core knows it."""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgen
from jaxgen import systems
from jaxgen.base import Estimate
from jaxgen.data import condition_files, event_files
from jaxgen.losses.adversarial import AdversarialLoss
from tests import strip

SMALL = {"width": 8, "batch_size": 16, "steps": 8}
OPTIONS = {"log_every": 4, "save_every": 4, "quiet": True}


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(systems.PACKAGES, "strip", "tests.strip")


@pytest.fixture(scope="module")
def data():
    return strip.simulate(0, 600)


def test_trains_resumes_judges_reports_and_samples(tmp_path, data):
    recipe = strip.learner("gan", data, **SMALL)
    jaxgen.fit(recipe, data, steps=4, workdir=tmp_path / "broken", **OPTIONS)
    run = jaxgen.fit(recipe, data, workdir=tmp_path / "broken", **OPTIONS)
    whole = jaxgen.fit(recipe, data, workdir=tmp_path / "whole", **OPTIONS)
    assert [entry["step"] for entry in run.history] == [4, 8]
    np.testing.assert_array_equal(run.generator.sample(0, num=9), whole.generator.sample(0, num=9))
    scores = run.evaluate(data)
    assert {"frechet", "fpd", "auc", "wasserstein_charge", "wasserstein_mean_time"} <= set(scores)
    assert scores["wasserstein_valid"].floor.value < scores["wasserstein_valid"].estimate.value
    page = run.report().read_text()
    assert "<h1>Signals of a strip</h1>" in page
    assert "Wasserstein distance of charge" in page
    generator = jaxgen.load(run.generator.save(tmp_path / "strip.zip"))
    events = generator.sample(1, {"position": [0.0, 10.0], "particle": "electron"}, 4)
    assert events.shape == (4, 24, 3)
    batch = generator.batch(1, {"position": [0.0, 10.0], "particle": "electron"}, 4)
    event_files.write(tmp_path / "strip.h5", batch, generator.spec)
    known = condition_files.read(generator.spec.condition, tmp_path / "strip.h5")
    assert known.unused == ["charge", "time", "valid"]
    np.testing.assert_array_equal(generator.sample(1, known.columns), events)
    assert set(np.unique(events[..., 2])) <= {0.0, 1.0}
    assert (events[events[..., 2] == 0] == 0).all()
    assert [column.name for column in generator.spec.condition] == ["position", "particle"]


def test_without_conditions_and_of_another_length(tmp_path):
    """Shapes come from the data."""
    data = strip.simulate(0, 600, cells=7, known=False)
    recipe = strip.learner("gan", data, **SMALL)
    jaxgen.fit(recipe, data, steps=4, workdir=tmp_path / "run", **OPTIONS)
    run = jaxgen.fit(recipe, data, workdir=tmp_path / "run", **OPTIONS)
    assert [entry["step"] for entry in run.history] == [4, 8]
    assert np.isfinite(run.evaluate(data)["auc"].estimate.value)
    assert "<h1>Signals of a strip</h1>" in run.report().read_text()
    generator = jaxgen.load(run.generator.save(tmp_path / "strip.zip"))
    assert generator.spec.condition == ()
    assert generator.sample(1, num=4).shape == (4, 7, 3)


def test_shows_what_is_in_the_data(data, capsys):
    data.show()
    shown = capsys.readouterr().out
    assert "particle (pion, electron)" in shown
    assert "fC" in shown
    assert set(data.figures()) == {"columns"}


class Generator(nn.Module):
    """One dense layer."""

    @nn.compact
    def __call__(self, features, latent):
        numbers = nn.Dense(24 * 3)(jnp.concatenate([features, latent], axis=1))
        return numbers.reshape(-1, 24, 3)


class Wide(nn.Module):
    """Gives rows in place of events."""

    @nn.compact
    def __call__(self, features, latent):
        return nn.Dense(24 * 3)(latent)


class Sized(nn.Module):
    """Two dense layers."""

    width: int

    @nn.compact
    def __call__(self, features, latent):
        hidden = nn.Dense(self.width)(jnp.concatenate([features, latent], axis=1))
        return nn.Dense(24 * 3)(hidden).reshape(-1, 24, 3)


class Critic(nn.Module):
    """Two dense layers."""

    @nn.compact
    def __call__(self, data, features, seeds=None):
        hidden = jnp.concatenate([data.reshape(len(data), -1), features], axis=1)
        return nn.Dense(1)(nn.leaky_relu(nn.Dense(8)(hidden)))


class Forgetful(nn.Module):
    """Keeps running statistics, which no sampler could carry."""

    @nn.compact
    def __call__(self, features, latent):
        hidden = nn.BatchNorm(use_running_average=False)(nn.Dense(24 * 3)(latent))
        return hidden.reshape(-1, 24, 3)


class TestOwnObjects:
    def test_a_flax_generator_and_critic(self, data, tmp_path):
        recipe = strip.learner("gan", data, generator=Generator(), critic=Critic(), **SMALL)
        run = jaxgen.fit(recipe, data, workdir=tmp_path / "run", **OPTIONS)
        assert set(run.generator.params) == {"Dense_0"}
        with pytest.raises(ValueError, match=r"Expected generator=.*Generator for .*; got nothing\."):
            jaxgen.load(tmp_path / "run")
        again = jaxgen.load(tmp_path / "run", generator=Generator())
        np.testing.assert_array_equal(again.sample(0, num=3), run.generator.sample(0, num=3))
        with pytest.raises(ValueError, match=r"Expected critic=.*Critic for .*; got nothing\."):
            jaxgen.Run.open(tmp_path / "run", generator=Generator())
        opened = jaxgen.Run.open(tmp_path / "run", generator=Generator(), critic=Critic())
        assert opened.evaluate(data).as_json() == run.evaluate(data).as_json()
        with pytest.raises(ValueError, match=r"generator was .*Generator, is None"):
            jaxgen.fit(strip.learner("gan", data, **SMALL), data, workdir=tmp_path / "run", **OPTIONS)

    def test_a_loss(self, data):
        def critic(real, fake, second):
            del second
            return jnp.mean(nn.relu(1 - real)) + jnp.mean(nn.relu(1 + fake))

        hinge = AdversarialLoss("my_hinge", critic, lambda real, fake, second: -jnp.mean(fake))
        run = jaxgen.fit(strip.learner("gan", data, loss=hinge, **SMALL), data, **OPTIONS)
        plain = jaxgen.fit(strip.learner("gan", data, loss="hinge", **SMALL), data, **OPTIONS)
        assert run.history[0]["critic_loss"] == pytest.approx(plain.history[0]["critic_loss"], rel=1e-5)
        assert "my_hinge" in repr(run.plan.recipe)

    def test_a_metric(self, data):
        def dead(key, real, fake):
            share = 1 - float(np.mean(np.asarray(fake.data)[..., 2]))
            return Estimate(share, 0.01)

        run = jaxgen.fit(strip.learner("gan", data, **SMALL), data, **OPTIONS)
        score = run.evaluate(data, metrics={"dead cells": dead})["dead cells"]
        assert score.floor.value == pytest.approx(0.02, abs=0.01)
        assert np.isfinite(score.pull)

    def test_a_module_with_other_variables_is_refused_in_a_sentence(self, data):
        with pytest.raises(
            ValueError, match="Forgetful whose only variables are parameters; got batch_stats"
        ):
            strip.learner("gan", data, generator=Forgetful(), **SMALL)

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"generator": Generator}, r"Expected an object as generator; got the class Generator\."),
            (
                {"generator": Wide()},
                r"Expected what the generator gives of shape \(1, 24, 3\); got \(1, 72\)\.",
            ),
            ({"loss": lambda real, fake: 0.0}, "Expected own objects that fit the model; loss .* fail, "),
            ({"generator": 3}, "Expected own objects that fit the model; generator builtins.int fail, "),
        ],
    )
    def test_what_does_not_fit_is_said_before_the_training(self, data, parts, message):
        with pytest.raises(ValueError, match=message):
            strip.learner("gan", data, **parts, **SMALL)

    def test_a_module_of_other_fields_is_another_one(self, data, tmp_path):
        recipe = strip.learner("gan", data, generator=Sized(8), **SMALL)
        run = jaxgen.fit(recipe, data, workdir=tmp_path / "run", **OPTIONS)
        with pytest.raises(
            ValueError, match=r"Expected generator=.*Sized\(width=8\) for .*; got .*Sized\(width=9\)"
        ):
            jaxgen.load(run.folder.path, generator=Sized(9))
        assert jaxgen.load(run.folder.path, generator=Sized(8)).sample(0, num=2).shape == (2, 24, 3)

    def test_what_the_model_does_not_take_is_refused(self, data):
        with pytest.raises(ValueError, match="Expected settings of the model gan; got encoder"):
            strip.learner("gan", data, encoder=Generator())
