"""Each fault is found when it is injected, at its step, and healthy training is left in peace."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.training.diagnostics import Finding, Watcher, Watchers, of_member, variety, watch
from jaxgen.training.symptoms import Thresholds

EVERY = 50  # steps between entries
ONSET = 60  # entries before the fault


def healthy(number=200, *, seed=0, gap=5.0, penalty=1.0):
    """A Wasserstein run: the penalty and the gap fall, gradients and variety wander, noise on everything."""
    rng = np.random.default_rng(seed)
    entries = []
    for i in range(number):
        noise = rng.lognormal(sigma=0.3, size=5)
        critic_gap = (0.05 + gap * math.exp(-i / 40)) * (1 - math.exp(-(i + 1) / 3)) * noise[0]
        entries.append(
            {
                "step": EVERY * (i + 1),
                "critic_loss": penalty * 10 * math.exp(-i / 2) * noise[1] - critic_gap,
                "generator_loss": 3 * math.sin(i / 20) + 0.5 * i,  # the scores of a critic may drift
                "critic_gap": critic_gap,
                "gradient_norm_critic": noise[2],
                "gradient_norm_generator": (0.05 + math.exp(-i / 30)) * noise[3],
                "slope": 1 - math.exp(-(i + 1) / 5),
                "std_ratio": min(1.0, 0.05 + i / 20) * noise[4],
            }
        )
    return entries


def classifier(number=200):
    """A run with a loss of log-odds near balance."""
    rng = np.random.default_rng(1)
    return [
        {
            "step": EVERY * (i + 1),
            "critic_loss": 1.2 + 0.1 * rng.normal(),
            "critic_gap": 0.8 + 0.2 * rng.normal(),
            "gradient_norm_generator": rng.lognormal(),
            "critic_accuracy": 0.7 + 0.1 * rng.uniform(),
        }
        for i in range(number)
    ]


def inject(entries, fault, *, start=ONSET, end=None):
    """Applies `fault(entry, i)` to the entries from `start` on, i counting from there."""
    end = len(entries) if end is None else end
    return [
        {**entry, **fault(entry, k - start)} if start <= k < end else entry for k, entry in enumerate(entries)
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("gap", [0.001, 5.0, 80.0])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_healthy_training_is_left_in_peace(seed, gap, penalty):
    assert watch(healthy(seed=seed, gap=gap, penalty=penalty)) == []


def test_a_healthy_classifier_is_left_in_peace():
    assert watch(classifier()) == []


FAULTS = {
    "scale grows": ("divergence", lambda entry, i: {"critic_gap": 600.0 * 1.5**i}),
    "loss grows": ("divergence", lambda entry, i: {"critic_loss": -2000.0 * 2**i}),
    "slope grows": ("divergence", lambda entry, i: {"slope": 150.0 * 1.1**i}),
    "no variety": ("mode_collapse", lambda entry, i: {"std_ratio": 0.02}),
    "few kinds": ("mode_collapse", lambda entry, i: {"nearest_ratio": 0.001}),
    "gradients vanish": ("vanishing_gradient", lambda entry, i: {"gradient_norm_generator": 1e-5 * 0.9**i}),
    "gradients are zero": ("vanishing_gradient", lambda entry, i: {"gradient_norm_generator": 0.0}),
    "critic is idle": ("imbalance", lambda entry, i: {"critic_gap": 1e-6, "critic_loss": -1e-6}),
    "critic is certain": ("imbalance", lambda entry, i: {"critic_gap": 25.0, "critic_loss": 1e-5}),
    "critic is right": ("imbalance", lambda entry, i: {"critic_accuracy": 0.999}),
    "loss is NaN": ("non_finite", lambda entry, i: {"critic_loss": math.nan}),
    "gradient is infinite": ("non_finite", lambda entry, i: {"gradient_norm_critic": math.inf}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_injected_fault_is_found_once_at_its_step(fault):
    kind, change = FAULTS[fault]
    history = inject(healthy(), change)
    (finding,) = watch(history)
    assert (finding.kind, finding.step) == (kind, history[ONSET]["step"])
    assert f"step {finding.step}" in finding.message
    assert finding.message.endswith(".")


def test_the_message_names_quantity_and_value():
    history = inject(healthy(), lambda entry, i: {"generator_loss": -math.inf})
    assert watch(history)[0].message == "A value that is not finite at step 3050: generator_loss is -inf."
    history = inject(healthy(), lambda entry, i: {"std_ratio": 0.02})
    assert (
        watch(history)[0].message
        == "Mode collapse since step 3050: std_ratio of generated to real events is 0.02."
    )


@pytest.mark.parametrize("fault", ["scale grows", "no variety", "gradients vanish", "critic is idle"])
def test_a_passing_spike_is_no_finding(fault):
    patience = Thresholds().patience
    _, change = FAULTS[fault]
    assert watch(inject(healthy(), change, end=ONSET + patience - 1)) == []
    assert len(watch(inject(healthy(), change, end=ONSET + patience))) == 1


def test_a_fault_that_returns_is_found_again():
    history = inject(healthy(), FAULTS["no variety"][1], end=80)
    history = inject(history, FAULTS["no variety"][1], start=120)
    assert [finding.step for finding in watch(history)] == [3050, 6050]


def test_a_generator_without_any_variety_is_found_after_a_while():
    history = inject(healthy(), lambda entry, i: {"std_ratio": 0.01}, start=0)
    ((kind, step, _),) = watch(history)
    assert (kind, step) == ("mode_collapse", EVERY * 31)


def test_findings_of_a_longer_history_begin_with_those_of_a_shorter_one():
    history = inject(healthy(100), FAULTS["scale grows"][1])
    history = inject(history, FAULTS["gradients vanish"][1], start=62)
    history = inject(history, FAULTS["loss is NaN"][1], start=63, end=64)
    whole = watch(history)
    assert {finding.kind for finding in whole} == {"divergence", "vanishing_gradient", "non_finite"}
    for length in range(len(history)):
        shorter = watch(history[:length])
        assert whole[: len(shorter)] == shorter
    watcher = Watcher()
    assert [finding for entry in history for finding in watcher.observe(entry)] == whole


def test_quantities_that_are_not_logged_are_not_judged():
    assert watch([{"step": i} for i in range(100)]) == []
    assert watch([]) == []


def test_members_are_watched_one_by_one():
    well, ill = healthy(), inject(healthy(), FAULTS["no variety"][1])
    both = together(well, ill)
    assert [watch([of_member(entry, k) for entry in both]) for k in (0, 1)] == [[], watch(ill)]


def together(*histories):
    """The log of a run with members."""
    return [
        {name: row[0][name] if name == "step" else [one[name] for one in row] for name in row[0]}
        for row in zip(*histories, strict=True)
    ]


def test_watchers_say_which_member_it_is():
    ill = inject(healthy(), FAULTS["no variety"][1])
    watchers = Watchers(2)
    sentences = [one for entry in together(healthy(seed=1), ill) for one in watchers.observe(entry)]
    assert sentences == [f"Member 1: {finding.message}" for finding in watch(ill)]
    alone = Watchers(1)
    sentences = [one for entry in together(ill) for one in alone.observe(entry)]
    assert sentences == [finding.message for finding in watch(ill)]


def test_dead_members_are_not_watched_any_more():
    """Their values are NaN from then on, which their death has said."""
    history = [
        {**entry, "critic_gap": [1.0, math.nan]} for entry in together(healthy(), healthy(seed=1))[:20]
    ]
    for entry in history[10:]:
        entry["died"] = [0, 520]
    watchers = Watchers(2)
    found = [watchers.observe(entry) for entry in history]
    assert len(found[0]) == 1
    assert found[0][0].startswith("Member 1: A value that is not finite at step 50")
    assert not any(found[1:])
    dead = Watchers(2)
    assert not any(dead.observe(entry) for entry in history[10:])


def test_thresholds_are_heeded_and_checked():
    history = inject(healthy(), lambda entry, i: {"std_ratio": 0.25})
    assert watch(history) == []
    assert isinstance(watch(history, thresholds=Thresholds(variety=0.3))[0], Finding)
    with pytest.raises(ValueError, match="growth above zero"):
        Thresholds(growth=0)


@pytest.fixture
def events(key):
    return jax.random.normal(key, (64, 4, 3)) + 100.0


def test_variety_of_equal_laws_is_one(key, events):
    ratios = jnp.array(variety(events, 100 + jax.random.normal(jax.random.fold_in(key, 1), events.shape)))
    np.testing.assert_allclose(ratios, 1.0, atol=0.15)
    assert variety(events, events) == (1.0, 1.0, 1.0)


def test_variety_equals_its_definition(events):
    fake = events[::-1] ** 2 / 100
    distances = np.linalg.norm(fake.reshape(64, 1, -1) - fake.reshape(1, 64, -1), axis=-1)
    real = np.linalg.norm(events.reshape(64, 1, -1) - events.reshape(1, 64, -1), axis=-1)
    nearest = [np.mean(np.min(d + 1e9 * np.eye(64), axis=1)) for d in (distances, real)]
    deviation = [np.sqrt(np.asarray(x, np.float64).var(axis=0).sum()) for x in (fake, events)]
    expected = [deviation[0] / deviation[1], distances.sum() / real.sum(), nearest[0] / nearest[1]]
    np.testing.assert_allclose(np.array(variety(events, fake)), expected, rtol=1e-4)


def test_variety_sees_total_and_partial_collapse(events):
    assert max(variety(events, jnp.broadcast_to(events[0], events.shape))) < 0.01
    kinds = events[jnp.arange(64) % 4]
    partial = variety(events, kinds)
    assert partial.nearest_ratio < 0.01
    assert partial.std_ratio > 0.5


def test_variety_refuses_other_shapes(events):
    with pytest.raises(ValueError, match="Expected fake to have the shape of real"):
        variety(events, events[:, :2])
