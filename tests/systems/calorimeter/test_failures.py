"""Sentences on where generated showers are worst."""

import numpy as np

from jaxgen.base import Batch
from jaxgen.systems.calorimeter.failures import failures
from tests.systems.calorimeter import toy_showers

TEST, TRAIN = (toy_showers.make(seed, 160) for seed in (0, 1))


def test_failures_name_what_is_worst(key):
    sentences = failures(key, toy_showers.samples(TEST, toy_showers.spoiled(), TRAIN), number=2)
    assert sentences[0] == "2.5 % of the generated showers hold values that are not finite."
    assert sentences[1] == "12 % of the generated showers have no energy at all."
    distances = [sentence for sentence in sentences if "Wasserstein" in sentence]
    assert len(distances) == 2
    assert any("mean visible energy is" in sentence for sentence in sentences)


def test_failures_find_the_cell_and_the_range(key):
    test, train = toy_showers.make(0, 400), toy_showers.make(1, 400)
    data = np.array(toy_showers.make(2, 400).data)
    condition = toy_showers.make(2, 400).condition
    data[condition[:, 0] > 70] *= 1.1
    data[:, 14, 15] = 0.0
    sentences = failures(key, toy_showers.samples(test, Batch(data, condition), train), number=20)
    assert any(s.startswith("Cell (14, 15) is active in 0 % of the generated showers") for s in sentences)
    assert any("It is worst at 70 to 100 GeV" in s for s in sentences)


def test_real_showers_fail_nowhere(key):
    assert failures(key, toy_showers.samples(TRAIN, TRAIN, TRAIN)) == []


def test_training_showers_are_known_again_when_turned(key):
    turned = Batch(np.swapaxes(TRAIN.data, 1, 2)[:, ::-1], TRAIN.condition)
    sentences = failures(key, toy_showers.samples(TEST, turned, TRAIN))
    assert sentences[-1].startswith("Training events are repeated")
