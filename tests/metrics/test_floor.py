import jax
import numpy as np
import pytest

from jaxgen.base import Batch, Estimate
from jaxgen.metrics import floor, trends


def gap(key, real, fake):
    """Difference of the means, and the number of events in place of its error."""
    return Estimate(float(np.mean(fake.data) - np.mean(real.data)), float(len(fake.data)))


def batch(values):
    return Batch(np.asarray(values, np.float64), np.zeros((len(values), 0)))


def test_floor_uses_as_many_events_as_were_generated(key):
    result = floor.with_floor(key, gap, batch([0, 0]), batch([6, 6]), batch([1, 3, 100]))
    assert result.estimate.value == 6
    assert result.floor == Estimate(2, 2)
    assert result.ratio.value == 3
    assert (result.number_real, result.number_fake, result.number_floor) == (2, 2, 2)


def test_floor_uses_all_where_there_are_fewer(key):
    result = floor.with_floor(key, gap, batch([0, 0]), batch([6] * 9), batch([1, 3]))
    assert result.floor == Estimate(2, 2)
    assert result.number_floor == 2


def test_error_of_a_ratio():
    assert floor.ratio(Estimate(6, 0.6), Estimate(3, 0.4)).error == pytest.approx(2 * np.hypot(0.1, 0.4 / 3))
    assert np.isnan(floor.ratio(Estimate(1, 0), Estimate(0, 0)).value)


@pytest.mark.parametrize("number", [0, 4])
def test_number_of_floor_events_is_checked(key, number):
    with pytest.raises(ValueError, match=r"number above|at least 4"):
        floor.real_floor(key, gap, batch([0]), batch([1, 2, 3]), number=number)


def test_real_events_are_at_the_floor(real_split):
    test, train = real_split
    first, second = (Batch(*(x[rows] for x in train)) for rows in (slice(1000), slice(1000, 2000)))
    result = floor.with_floor(jax.random.key(0), trends.chi2, test, first, second)
    assert abs(result.ratio.value - 1) < 3 * result.ratio.error
    assert result.ratio.error < 0.2
