"""Representations of four-lepton events: shapes, statistics, and that the inverse undoes the forward."""

import jax
import numpy as np
import pytest

from jaxgen.datasets import four_lepton_representations as representations
from tests.datasets.four_lepton_events import events_in_order


def test_sparse_is_a_reshape():
    events = events_in_order(5)
    made = representations.make("sparse", events)
    np.testing.assert_array_equal(made.scaler.forward(events), events.reshape(5, 32))
    np.testing.assert_array_equal(made.scaler.inverse(events.reshape(5, 32)), events)


def test_standardized_has_unit_columns_and_keeps_constant_ones():
    events = events_in_order(400)
    events[:, 1] = 0
    events[:, 3] = 7
    made = representations.make("standardized", events)
    rows = np.asarray(made.scaler.forward(events))
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-5)
    constant = np.isin(np.arange(32) // 4, (1, 3))
    np.testing.assert_allclose(rows.std(0), np.where(constant, 0, 1), atol=1e-4)
    np.testing.assert_allclose(made.scaler.inverse(rows), events, atol=1e-3)


@pytest.mark.parametrize("name", representations.REPRESENTATIONS)
def test_every_representation_is_what_it_says(name):
    events = events_in_order(60)
    made = representations.make(name, events[:40])
    rows = jax.jit(made.scaler.forward)(events.reshape(3, 20, 8, 4))
    assert rows.shape == (3, 20, made.size)
    assert rows.dtype == np.float32
    assert made.labels in (0, 4)
    labels = np.asarray(rows[..., made.size - made.labels :])
    assert (np.isin(labels, (0, 1)) & (labels.sum(-1, keepdims=True) == 1)).all()
    back = jax.jit(made.scaler.inverse)(rows)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back.reshape(events.shape), events, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", representations.REPRESENTATIONS)
def test_gradients_are_finite(name):
    events = events_in_order(40)
    made = representations.make(name, events)
    rows = 2 * jax.random.normal(jax.random.key(0), (64, made.size))
    gradient = jax.jit(jax.grad(lambda x: made.scaler.inverse(x).sum()))(rows)
    assert np.isfinite(gradient).all()
    assert np.asarray(gradient != 0).any(0)[: made.size - made.labels].all()


@pytest.mark.parametrize(
    ("name", "events", "message"),
    [
        ("dense", np.ones((4, 8, 4)), "sparse"),
        ("sparse", np.ones((4, 32)), "shape"),
        ("sparse", np.ones((0, 8, 4)), "above zero"),
        ("standardized", np.full((4, 8, 4), np.inf), "finite"),
    ],
)
def test_bad_arguments_are_refused(name, events, message):
    with pytest.raises(ValueError, match=message):
        representations.make(name, events)
