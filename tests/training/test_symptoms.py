"""Lost generators and explosions are found when they are injected, and only then."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.base import Batch, Scaler
from jaxgen.learners import adversarial
from jaxgen.learners.adversarial_model import AdversarialModel
from jaxgen.learners.settings import AdversarialSettings
from jaxgen.models.dense import DenseCritic
from jaxgen.models.network import Network, from_module
from jaxgen.training.diagnostics import watch
from jaxgen.training.symptoms import Thresholds

EVERY = 50
ONSET = 60


def healthy(number=150, seed=0):
    """A run of log-odds: the critic leads early on, likeness and variety grow, noise on everything."""
    draw = np.random.default_rng(seed)
    return [
        {
            "step": EVERY * (i + 1),
            "critic_loss": 1.2 + 0.1 * draw.normal(),
            "critic_gap": 0.8 + 0.2 * draw.normal(),
            "critic_believes": (0.02 if i < 2 else 0.35) + 0.02 * draw.normal(),
            "likeness": min(0.8, i / 10) + 0.05 * draw.normal(),
            "std_ratio": min(1.0, 0.2 + i / 20) * draw.lognormal(sigma=0.2),
            "gradient_norm_generator": draw.lognormal(),
        }
        for i in range(number)
    ]


def inject(entries, change, *, end=None):
    end = len(entries) if end is None else end
    return [{**entry, **change(entry)} if ONSET <= i < end else entry for i, entry in enumerate(entries)]


@pytest.mark.parametrize("seed", range(10))
def test_healthy_training_is_left_in_peace(seed):
    assert watch(healthy(seed=seed)) == []


FAULTS = {
    "lost": ("generator_lost", lambda entry: {"critic_believes": 0.01}),
    "another image": ("explosion", lambda entry: {"likeness": 0.1}),
    "turned image": ("explosion", lambda entry: {"likeness": -0.8}),
    "narrow": ("explosion", lambda entry: {"std_ratio": 0.14}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_injected_fault_is_found_once_at_its_step(fault):
    kind, change = FAULTS[fault]
    history = inject(healthy(), change)
    (finding,) = watch(history)
    assert (finding.kind, finding.step) == (kind, history[ONSET]["step"])
    assert f"step {finding.step}" in finding.message


def test_an_explosion_is_told_at_once_and_a_loss_after_some_entries():
    for fault, entries in (("another image", 1), ("lost", Thresholds().patience)):
        _, change = FAULTS[fault]
        history = inject(healthy(), change)
        assert watch(history[: ONSET + entries - 1]) == []
        assert len(watch(history[: ONSET + entries])) == 1
    assert watch(inject(healthy(), FAULTS["lost"][1], end=ONSET + 2)) == []


def test_a_second_explosion_is_found_too():
    history = inject(healthy(), FAULTS["narrow"][1], end=80)
    history = [{**entry, "likeness": 0.1} if i >= 110 else entry for i, entry in enumerate(history)]
    assert [finding.step for finding in watch(history)] == [EVERY * 61, EVERY * 111]


def test_a_narrow_sample_without_likeness_is_no_explosion():
    history = [{k: v for k, v in entry.items() if k != "likeness"} for entry in healthy()]
    assert watch(inject(history, FAULTS["narrow"][1])) == []


def test_thresholds_are_heeded():
    history = inject(healthy(), lambda entry: {"critic_believes": 0.15})
    assert watch(history) == []
    (finding,) = watch(history, thresholds=Thresholds(lost=0.2))
    assert finding.kind == "generator_lost"
    history = inject(healthy(), lambda entry: {"likeness": 0.6})
    assert watch(history) == []
    assert watch(history, thresholds=replace(Thresholds(), shift=0.1))[0].kind == "explosion"


@pytest.fixture(scope="module")
def log():
    """A critic against a generator that stands still three standard deviations away."""
    model = AdversarialModel(
        Network(lambda key, *_: {"shift": jnp.zeros(2)}, lambda p, features, z: z + p["shift"]),
        from_module(DenseCritic(widths=(8,))),
        latent=2,
        features=lambda condition: condition,
        scaler=Scaler(lambda x: x, lambda y: y),
    )

    def run(loss, rate):
        config = AdversarialSettings(
            loss=loss, regularizer="none", generator_rate=rate, critic_rate=0.05, critic_steps=1
        )
        learner = adversarial.make(model, config)
        draw = np.random.default_rng(0)
        batch = Batch(jnp.asarray(draw.normal(3.0, 1.0, (64, 2)), jnp.float32), jnp.zeros((64, 0)))
        key = jax.random.key(0)
        run = jax.jit(lambda state: jax.lax.scan(lambda s, _: learner.step(key, s, batch), state, length=400))
        _, metrics = run(learner.init(key, batch))
        means = {name: np.asarray(values).reshape(40, 10).mean(1) for name, values in metrics.items()}
        return [{"step": 10 * (i + 1)} | {k: v[i] for k, v in means.items()} for i in range(40)]

    return run


def test_a_frozen_generator_loses(log):
    findings = watch(log("non_saturating", 1e-9))
    assert "generator_lost" in {finding.kind for finding in findings}


def test_a_generator_that_learns_does_not_lose(log):
    history = log("non_saturating", 0.05)
    assert "generator_lost" not in {finding.kind for finding in watch(history)}
    assert history[-1]["likeness"] > history[0]["likeness"] + 0.2


def test_beliefs_are_logged_where_scores_are_log_odds(log):
    assert "critic_believes" not in log("wasserstein", 0.05)[0]
