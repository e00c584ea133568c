"""Perfect samplers recall all modes with full quality; collapsed and blurred ones do not."""

import numpy as np
import pytest

from jaxgen.metrics.mode_recall import mode_recall, ring

WIDTH = 0.1
NUMBER = 4000


def sample(modes, *, width=WIDTH, seed=0):
    draw = np.random.default_rng(seed)
    return ring()[draw.choice(modes, NUMBER)] + width * draw.normal(size=(NUMBER, 2))


def test_a_perfect_sampler_recalls_all_modes():
    found = mode_recall(sample(range(8)), ring(), width=WIDTH)
    assert found.recalled == (1.0, 0.0)
    inside = 1 - np.exp(-8)  # within four standard deviations in two dimensions
    assert abs(found.quality.value - inside) < 5 * np.sqrt(inside * (1 - inside) / NUMBER)
    assert found.balance > 0.96


@pytest.mark.parametrize("modes", [[3], [0, 5], [0, 1, 2, 3, 4, 6]])
def test_a_collapsed_sampler_recalls_the_modes_it_has(modes):
    found = mode_recall(sample(modes), ring(), width=WIDTH)
    assert found.recalled.value == len(modes) / 8
    assert found.quality.value > 0.99
    assert abs(found.balance - len(modes) / 8) < 0.02


def test_a_blurred_sampler_has_all_modes_but_no_quality():
    found = mode_recall(sample(range(8), width=10 * WIDTH), ring(), width=WIDTH)
    assert found.quality.value < 0.25
    elsewhere = mode_recall(np.zeros((100, 2)), ring(), width=WIDTH)
    assert (elsewhere.recalled.value, elsewhere.quality.value, elsewhere.balance) == (0.0, 0.0, 0.0)


def test_a_mode_that_is_nearly_empty_is_not_recalled():
    few = np.concatenate([sample(range(7)), ring()[7:].repeat(20, 0)])
    assert mode_recall(few, ring(), width=WIDTH).recalled.value == 7 / 8
    assert mode_recall(few, ring(), width=WIDTH, least=0.01).recalled.value == 1.0
    assert mode_recall(few, ring(), width=WIDTH, least=20 / (len(few) / 8)).recalled.error == 1 / 8


def test_misuse_is_named():
    with pytest.raises(ValueError, match="1 values not finite"):
        mode_recall(np.array([[0.0, np.nan]]), ring(), width=WIDTH)
    with pytest.raises(ValueError, match="Expected finite events; got 0"):
        mode_recall(np.zeros((0, 2)), ring(), width=WIDTH)
    with pytest.raises(ValueError, match="events of shape"):
        mode_recall(np.zeros((3, 3)), ring(), width=WIDTH)
    with pytest.raises(ValueError, match="width"):
        mode_recall(np.zeros((3, 2)), ring(), width=0.0)
