"""Repeated training events are noticed, and new events of the same law are not."""

import numpy as np
import pytest

from jaxgen.metrics.memorization import nearer_to_training, repetitions


def samples(*numbers: int) -> list[np.ndarray]:
    draw = np.random.default_rng(1)
    return [draw.normal(size=(number, 6)) for number in numbers]


def test_new_events_are_as_near_to_both():
    found = nearer_to_training(*samples(1000, 2000, 3000))
    assert abs(found.value - 1) < 4 * found.error
    assert found.error == pytest.approx(np.sqrt(0.25 * 0.75 / 1000) / 0.75)


def test_repeated_events_are_found():
    test, fake, train = samples(1000, 2000, 3000)
    fake[:1000] = train[:1000] + 0.01
    found = nearer_to_training(test, fake, train)
    assert found.value > 1 + 5 * found.error
    assert nearer_to_training(test, train[:500], train).value == pytest.approx(4 / 3)


def test_bad_features_are_refused():
    test, fake, train = samples(10, 10, 10)
    with pytest.raises(ValueError, match="fake events of shape"):
        nearer_to_training(test, fake[:, :2], train)
    with pytest.raises(ValueError, match="finite train events"):
        nearer_to_training(test, fake, train * np.nan)


def law(seed: int, number: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, 4)) * [1, 10, 100, 1000]


def test_new_events_are_no_repetition():
    assert repetitions(law(0, 300), law(1, 300), law(2, 900)) == []


def test_repeated_events_are_told_in_any_unit():
    train = law(2, 900)
    (sentence,) = repetitions(law(0, 300), train[:300] * (1 + 1e-4), train)
    assert sentence.startswith("Training events are repeated:")


@pytest.mark.parametrize("sizes", [(1, 5, 5), (5, 0, 5), (5, 5, 1)])
def test_too_few_events_say_nothing(sizes):
    assert repetitions(*(law(i, number) for i, number in enumerate(sizes))) == []


def test_features_without_values_are_no_obstacle():
    test, fake, train = law(0, 300), law(1, 300), law(2, 900)
    for side in (test, fake, train):
        side[:20, 1] = np.nan
    assert repetitions(test, fake, train) == []
