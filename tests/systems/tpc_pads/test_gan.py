"""The GAN as a recipe: its settings, own networks and losses, and events for any track."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Length
from jaxgen.losses.adversarial import AdversarialLoss
from jaxgen.systems import tpc_pads
from jaxgen.systems.tpc_pads.models.gan import MODEL, GanSettings
from tests.systems.tpc_pads.conftest import make_events

QUICKLY = {"xla_backend_optimization_level": 0}


@pytest.fixture(scope="module")
def data():
    return tpc_pads.dataset(*make_events(0, 40))


class Blob(nn.Module):
    """Somebody's generator."""

    @nn.compact
    def __call__(self, features, latent):
        x = nn.Dense(8 * 16, name="mine")(jnp.concatenate([features, latent], axis=1))
        return nn.softplus(x).reshape(-1, 8, 16)


class Flat(nn.Module):
    """Somebody's critic."""

    outputs: int = 1

    @nn.compact
    def __call__(self, data, features, seeds=None):
        x = jnp.concatenate([data.reshape(len(data), -1), features], axis=1)
        return nn.Dense(self.outputs, name="scores")(nn.relu(nn.Dense(6)(x)))


class Normalized(nn.Module):
    @nn.compact
    def __call__(self, features, latent):
        x = nn.Dense(128)(jnp.concatenate([features, latent], axis=1))
        return nn.BatchNorm(use_running_average=False)(x).reshape(-1, 8, 16)


LOSS = AdversarialLoss(
    "squares",
    critic=lambda real, fake, second: jnp.square(real[:, 0] - 1) + jnp.square(fake[:, 0]),
    generator=lambda real, fake, second: jnp.square(fake[:, 0] - 1),
    log_odds=True,
)


def trained(recipe, data, *, steps=2):
    learner = recipe.build(Length(steps, 3), None)
    batch = jax.tree.map(jnp.asarray, data.train.first(8))

    def run(key):
        state = learner.init(key, batch)
        return jax.lax.scan(lambda s, _: learner.step(key, s, batch), state, length=steps)

    return learner, *jax.jit(run, compiler_options=QUICKLY)(jax.random.key(0))


def test_the_defaults_are_the_best_settings_found():
    best = GanSettings()
    assert (best.steps, best.batch_size, best.critic_steps) == (120_000, 32, 1)
    assert (best.optimizer, best.b1, best.b2, best.decay) == ("adam", 0.0, 0.9, "constant")
    assert (best.generator_rate, best.critic_rate) == (5e-4, 1e-3)
    assert (best.regularizer, best.spectral_bound, best.spectral_operator) == (("spectral_norm",), 2.0, True)
    assert (best.dropout, best.reflections, best.average_decay) == (0.0, True, 0.999)


def test_own_networks_and_an_own_loss_train_and_sample(data):
    recipe = tpc_pads.learner("gan", data, generator=Blob(), critic=Flat(), loss=LOSS)
    assert set(recipe.parts) == {"generator", "critic", "loss"}
    learner, state, metrics = trained(recipe, data)
    assert "critic_believes" in metrics
    assert learner.judge.probability
    assert all(np.isfinite(values).all() for values in metrics.values())
    scores = learner.judge.score(state, data.test)
    assert ((scores > 0) & (scores < 1)).all()
    assert learner.judge.features(state, data.test).shape == (10, 6)
    params = learner.publish(state)
    assert set(params) == {"mine"}
    sampler = recipe.sampler()
    events = sampler(jax.random.key(1), params, data.test.condition, 0)
    assert events.shape == (10, 8, 16)
    np.testing.assert_array_equal(events, learner.sample(jax.random.key(1), params, data.test.condition, 0))


def test_a_setting_named_like_a_part_is_a_setting(data):
    recipe = tpc_pads.learner("gan", data, loss="hinge")
    assert recipe.settings.loss == "hinge"
    assert recipe.parts == {}


def test_a_generator_with_batch_statistics_is_refused(data):
    with pytest.raises(ValueError, match=r"whose only variables are parameters; got batch_stats"):
        tpc_pads.learner("gan", data, generator=Normalized())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"critics": Flat()}, "Expected settings of the model gan; got critics, did you mean critic_"),
        ({"encoder": Flat()}, "Expected settings of the model gan; got encoder"),
        ({"spectral_bound": -1.0}, "Expected spectral_bound above 0; got -1"),
        ({"architecture": "resnet"}, "Expected architecture to be one of .*published.*; got 'resnet'"),
    ],
)
def test_misuse_is_named(data, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        tpc_pads.learner("gan", data, **given)


def test_other_models_are_not_known(data):
    with pytest.raises(ValueError, match="Expected the model of tpc_pads to be one of gan; got 'vae'"):
        tpc_pads.learner("vae", data)


def test_events_are_for_their_tracks_and_have_the_shape_of_the_data():
    """Another window than the published one, and four parameters."""
    batch = make_events(0, 24)
    wider = np.pad(batch.data, ((0, 0), (1, 1), (2, 2)))
    data = tpc_pads.dataset(wider, batch.condition[:, :4])
    recipe = tpc_pads.learner("gan", data)
    learner = recipe.build(Length(), None)
    state = jax.eval_shape(learner.init, jax.random.key(0), data.train)
    draw = np.random.default_rng(0)
    params = jax.tree.map(
        lambda leaf: draw.normal(0, 0.1, leaf.shape).astype(np.float32),
        jax.eval_shape(learner.publish, state),
    )
    sampler = jax.jit(recipe.sampler())
    condition = np.asarray(data.test.condition)
    events = np.asarray(sampler(jax.random.key(1), params, condition, 0))
    assert events.shape == (6, 10, 20)
    others = np.asarray(sampler(jax.random.key(1), params, condition[::-1], 0))
    assert np.abs(others - events).max() > 1e-3
    narrow = tpc_pads.dataset(batch.data[:, :, :12], batch.condition)
    learner = tpc_pads.learner("gan", narrow).build(Length(), None)
    with pytest.raises(ValueError, match=r"Expected an image at least as large as the kernel"):
        jax.eval_shape(learner.init, jax.random.key(0), narrow.train)


def test_statistics_are_none():
    assert MODEL.statistics(None, GanSettings()) == {}
    assert MODEL.sampled_parts == ("generator",)
