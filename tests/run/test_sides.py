"""Equal numbers on both sides, no condition on both, and a ratio that is 1 for a perfect generator."""

import jax
import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.metrics import general, trends
from jaxgen.metrics.table import Table
from jaxgen.run.sides import apart, matching, together
from jaxgen.systems.tpc_pads.suites import shapes
from tests.metrics.toys import SPEC, make
from tests.systems.tpc_pads.conftest import observed


def tables(times: int, *, number: int = 9) -> tuple[Table, Table, list[Table]]:
    """Test, training and generated events; those for the conditions of the test events, `times` each."""
    test, train = make(0, number), make(1, 3 * number)
    condition = np.tile(test.condition, (times, 1))
    generated = make(2, times * number)._replace(condition=condition)
    return general.observe(test, SPEC), general.observe(train, SPEC), [general.observe(generated, SPEC)]


def given(table: Table) -> list[float]:
    return np.asarray(table.batch.condition)[:, 0].tolist()


@pytest.mark.parametrize("times", [1, 3])
def test_apart_gives_generated_events_and_floor_the_same_conditions_and_test_events_others(times):
    test, train, generated = tables(times)
    real, floor, (fake,) = apart(test, train, generated)
    assert real.number == floor.number == fake.number == 4
    assert given(fake) == given(floor)
    assert not set(given(fake)) & set(given(real))
    assert set(given(floor)) | set(given(real)) < set(given(test))


def test_how_many_events_there_are_for_each_condition_plays_no_part():
    test, train, generated = tables(3)
    once = [generated[0].first(test.number)]
    for way in (apart, together):
        many, one = (way(test, train, these).generated[0] for these in (generated, once))
        np.testing.assert_array_equal(many.batch.data, one.batch.data)


def test_together_pairs_every_test_event_with_a_generated_one():
    test, train, generated = tables(3)
    real, floor, (fake,) = together(test, train, [generated[0].rows(slice(None, None, -1))])
    assert given(real) == given(fake) == given(test)
    assert given(floor) == given(train)[:9]


def test_events_of_other_conditions_are_taken_as_they_come():
    test, train, _ = tables(1)
    real, floor, (fake,) = apart(test, train, [train])
    assert given(fake) == given(train)[:4]
    assert real.number == floor.number == 4
    assert given(together(test, train, [train]).generated[0]) == given(train)[:9]


def test_a_condition_that_occurs_twice_is_matched_twice():
    have, want = np.array([[1.0], [2.0], [1.0]]), np.array([[1.0], [1.0]])
    assert matching(have, want).tolist() == [0, 2]
    assert matching(have, np.array([[2.0], [2.0]])) is None


def pad_events(rng: np.random.Generator, condition: np.ndarray) -> np.ndarray:
    """Blobs whose place and size follow the track, so that events of one condition are much alike."""
    pad, time = np.arange(8) - 3.5, np.arange(16) - 7.5
    x, y = condition[:, 0] / 20 + 0.15 * rng.normal(size=(2, len(condition)))
    size = 1 + condition[:, 1] / 120
    first = np.exp(-((pad - x[:, None]) ** 2) / size[:, None])
    second = np.exp(-((time - y[:, None]) ** 2) / (3 * size[:, None]))
    return (50 * first[:, :, None] * second[:, None]).astype(np.float32)


def test_the_ratio_of_a_perfect_generator_is_one_for_any_number_of_events_a_condition():
    """Over repeats; all events for the conditions of the test events themselves lie far below."""
    low, high = [-20, -60, 35, 0, 23, 0.4], [20, 60, 290, 60, 23.01, 0.5]
    sums: dict[str, list[float]] = {"1": [], "10": [], "shared": [], "floor": []}
    for seed in range(6):
        rng = np.random.default_rng(seed)
        condition = rng.uniform(low, high, (300, 6)).astype(np.float32)
        test = observed(Batch(pad_events(rng, condition), condition))
        tiled = np.tile(condition, (10, 1))
        every = observed(Batch(pad_events(rng, tiled), tiled))

        def chi2(real: Table, fake: Table, seed: int = seed) -> float:
            found = trends.trend_terms(jax.random.key(seed), real.of(shapes), fake.of(shapes))
            return float(found.chi2.sum() / found.terms.sum())

        for name, fake in (("1", every.first(300)), ("10", every)):
            real, floor, (chosen,) = apart(test, test, [fake])
            sums[name].append(chi2(real, chosen))
        sums["floor"].append(chi2(real, floor))
        sums["shared"].append(chi2(test, every))
    mean = {name: np.mean(values) for name, values in sums.items()}
    error = np.std(sums["floor"], ddof=1) / np.sqrt(6)
    for name in ("1", "10"):
        assert abs(mean[name] - mean["floor"]) < 3 * np.hypot(error, np.std(sums[name], ddof=1) / np.sqrt(6))
    assert mean["shared"] < 0.6 * mean["floor"]
