"""The order of the data."""

import jax
import numpy as np
import pytest

from jaxgen.data import order as batches


def test_every_event_comes_once_at_most(key):
    order = batches.epoch_order(key, 0, 103, 10)
    assert order.shape == (10, 10)
    assert order.dtype == np.int32
    assert len(np.unique(order)) == 100
    assert 0 <= order.min() <= order.max() < 103


def test_order_depends_on_key_and_epoch_alone(key):
    order = [np.asarray(batches.epoch_order(key, epoch, 64, 8)) for epoch in (3, 3, 4)]
    np.testing.assert_array_equal(order[0], order[1])
    assert (order[0] != order[2]).any()
    assert (order[0] != np.asarray(batches.epoch_order(jax.random.key(1), 3, 64, 8))).any()
    assert (order[0].ravel() != np.arange(64)).any()


def test_compiled_order_is_the_same(key):
    compiled = jax.jit(lambda key, epoch: batches.epoch_order(key, epoch, 50, 7))
    for epoch in (0, 9):
        np.testing.assert_array_equal(compiled(key, epoch), batches.epoch_order(key, epoch, 50, 7))


def test_left_over_events_change_from_epoch_to_epoch(key):
    left = [
        np.setdiff1d(np.arange(103), batches.epoch_order(key, epoch, 103, 10)).tolist() for epoch in range(5)
    ]
    assert len({tuple(events) for events in left}) > 1


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_batches_that_do_not_fit_are_refused(key, batch_size):
    with pytest.raises(ValueError, match="Expected"):
        batches.epoch_order(key, 0, 10, batch_size)
