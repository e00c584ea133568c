"""Representations of four-lepton events: shapes, statistics, and that the inverse undoes the forward."""

import functools

import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.data import encoding, read
from jaxgen.systems.four_leptons.representation import REPRESENTATIONS, statistics
from tests.systems.four_leptons.events import events_in_order


@functools.cache
def built(name):
    """A representation with its forward and inverse compiled, and the events it was made from."""
    events = events_in_order(400)
    made = REPRESENTATIONS[name]
    scaler = made.scaler(statistics(name, events))
    return made, jax.jit(scaler.forward), jax.jit(scaler.inverse), events


def test_sparse_is_a_reshape():
    events = events_in_order(5)
    scaler = REPRESENTATIONS["sparse"].scaler({})
    np.testing.assert_array_equal(scaler.forward(events), events.reshape(5, 32))
    np.testing.assert_array_equal(scaler.inverse(events.reshape(5, 32)), events)


def test_standardized_has_unit_columns_and_keeps_constant_ones():
    events = events_in_order(400)
    events[:, 1] = 0
    events[:, 3] = 7
    scaler = REPRESENTATIONS["standardized"].scaler(statistics("standardized", events))
    rows = np.asarray(scaler.forward(events))
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-5)
    constant = np.isin(np.arange(32) // 4, (1, 3))
    np.testing.assert_allclose(rows.std(0), np.where(constant, 0, 1), atol=1e-4)
    np.testing.assert_allclose(scaler.inverse(rows), events, atol=1e-3)


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_every_representation_is_what_it_says(name):
    made, forward, inverse, events = built(name)
    rows = forward(events.reshape(20, 20, 8, 4))
    assert rows.shape == (20, 20, made.size)
    assert rows.dtype == np.float32
    assert made.labels in (0, 4)
    labels = np.asarray(rows[..., made.size - made.labels :])
    assert (np.isin(labels, (0, 1)) & (labels.sum(-1, keepdims=True) == (made.labels > 0))).all()
    back = inverse(rows)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back.reshape(events.shape), events, rtol=1e-4, atol=1e-2)


ON_SHELL = ("physical", "physical_relative", "cascade")


def masses(events):
    """Masses of all leptons and of both pairs of each event, in float32 as metrics see them."""
    pairs = leptons.lepton_momenta(events).reshape(-1, 2, 2, 4).sum(2)
    return kinematics.mass(leptons.total(events)), kinematics.mass(pairs)


@pytest.mark.parametrize(("name", "source"), [("physical", "zz4l"), ("cascade", "h4l")])
def test_pythia_events_come_back(real_data, name, source):
    data = read(real_data / f"{source}_pythia8.csv")
    scaler = REPRESENTATIONS[name].scaler(statistics(name, data.train.data))
    rows = np.asarray(jax.jit(scaler.forward)(data.test.data))
    back = np.asarray(jax.jit(scaler.inverse)(rows))
    scale = data.test.data[..., 0].sum(-1)
    assert (np.abs(back - data.test.data).max((1, 2)) < 2e-5 * scale).all()
    before, after = (encoding.masses(x.sum(1, dtype=np.float64)) for x in (data.test.data, back))
    assert np.abs(after - before).max() < 0.03
    assert np.abs(after - before)[scale < 1000].max() < 0.005
    if name == "cascade":
        for column in rows[:, :12].T:
            assert stats.kstest(column, "norm").statistic < 0.035


@pytest.mark.parametrize("name", ON_SHELL)
def test_any_output_is_a_physical_event(name):
    made, _, inverse, _ = built(name)
    normal = np.random.default_rng(0).normal(size=(100_000, made.size)).astype(np.float32)
    for std in (2.0, 1e30):
        events = inverse(np.float32(std) * normal)
        m4l, pairs = jax.jit(masses)(events)
        assert np.isfinite(events).all()
        assert np.isfinite(m4l).all()
        assert np.isfinite(pairs).all()
        assert (kinematics.mass_squared(leptons.total(events)) > 0).all()
        assert ((events[..., 0] > 0).sum(-1) == 4).all()
        counts = np.bincount(np.asarray(leptons.channel(events)))
        np.testing.assert_allclose(counts / counts.sum(), [0.25, 0.25, 0.5], atol=0.01)
    zeros = inverse(np.zeros_like(normal))
    assert np.isfinite(zeros).all()
    assert (jax.jit(masses)(zeros)[0] > 1).all()


@pytest.mark.parametrize("name", ON_SHELL)
def test_gradients_are_finite(name):
    made, _, inverse, _ = built(name)
    rows = 2 * jax.random.normal(jax.random.key(0), (2000, made.size))

    def loss(rows):
        events = inverse(rows)
        return kinematics.finite_mass(leptons.total(events)).sum() + events.sum()

    gradient = np.asarray(jax.jit(jax.grad(loss))(rows))
    assert np.isfinite(gradient).all()
    assert (gradient[:, : made.size - made.labels] != 0).any(0).all()


def test_azimuths_are_relative_to_the_first_lepton():
    _, forward, _, events = built("physical_relative")
    angle = 1.0
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    rows, turned = (
        np.asarray(forward(x.reshape(20, 20, 8, 4))).reshape(400, -1)
        for x in (events, (events @ turn).astype(np.float32))
    )
    np.testing.assert_allclose(turned[:, 4:], rows[:, 4:], atol=1e-4)
    assert (np.abs(turned[:, 2:4] - rows[:, 2:4]).max(-1) > 0.5).all()


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
        statistics(name, events)


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_statistics_are_arrays_that_a_file_gives_back(name, tmp_path):
    _, forward, _, events = built(name)
    np.savez(tmp_path / "kept.npz", **statistics(name, events))
    with np.load(tmp_path / "kept.npz") as kept:
        again = REPRESENTATIONS[name].scaler(dict(kept))
    np.testing.assert_array_equal(jax.jit(again.forward)(events), forward(events))
