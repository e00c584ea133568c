"""Reports say where training events were learned by heart, in every experiment."""

import jax
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.plots import repetition
from jaxgen.systems.calorimeter import failures as shower_failures
from jaxgen.systems.tpc_pads import simulator as tpc_simulator
from jaxgen.systems.tpc_pads import system as tpc_pads
from tests.systems.calorimeter import toy_showers

FOUND = "Training events are repeated:"


def law(seed: int, number: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, 4)) * [1, 10, 100, 1000]


def test_new_events_are_no_repetition():
    assert repetition.repetitions(law(0, 300), law(1, 300), law(2, 900)) == []


def test_repeated_events_are_found_in_any_unit():
    train = law(2, 900)
    (sentence,) = repetition.repetitions(law(0, 300), train[:300] * (1 + 1e-4), train)
    assert sentence.startswith(FOUND)


@pytest.mark.parametrize("sizes", [(1, 5, 5), (5, 0, 5), (5, 5, 1)])
def test_too_few_events_say_nothing(sizes):
    assert repetition.repetitions(*(law(i, number) for i, number in enumerate(sizes))) == []


def test_turned_training_showers_are_repeated_ones(key):
    test, train = toy_showers.make(0, 200), toy_showers.make(1, 300)
    turned = Batch(np.asarray(train.data)[:200].transpose(0, 2, 1)[:, ::-1], train.condition[:200])
    assert shower_failures.failures(key, test, turned, train)[-1].startswith(FOUND)
    assert not any(FOUND in s for s in shower_failures.failures(key, test, toy_showers.make(2, 200), train))


def test_repeated_pad_responses_are_told(key):
    dataset = tpc_simulator.dataset(jax.random.key(0), number=1200)
    test, train = dataset.test, dataset.train
    half = len(test.data) // 2
    again = Batch(*(x[:half] for x in train))
    assert tpc_pads.failures(key, test, again, train)[-1].startswith(FOUND)
    others = Batch(*(x[half:] for x in test))
    asked = Batch(*(x[:half] for x in test))
    assert not any(FOUND in s for s in tpc_pads.failures(key, asked, others, train))
