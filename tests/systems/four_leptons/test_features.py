"""Features of events that turns and mirrors leave alone."""

import jax
import numpy as np

from jaxgen.base import Batch
from jaxgen.metrics.features import standardized
from jaxgen.systems.four_leptons.observables import features
from jaxgen.systems.four_leptons.symmetries import turn_and_mirror
from tests.systems.four_leptons import lepton_batches as four_leptons


def test_turned_and_mirrored_events_have_the_same_unoriented_features():
    data = four_leptons.make(5, 300)
    batch = Batch(data, np.zeros((300, 0), np.float32))
    other = turn_and_mirror(jax.random.bits(jax.random.key(0), (300,), "uint32"), batch)
    tables = [four_leptons.table(x.data) for x in (batch, other)]
    found = [features.unoriented_features(x) for x in tables]
    assert found[0].shape == (300, 15)
    np.testing.assert_allclose(*found, rtol=2e-2, atol=2e-2)
    oriented = [features.observable_features(x) for x in tables]
    assert np.abs(oriented[0] - oriented[1]).max() > 1


def test_impossible_values_count_as_far_below():
    real, fake = four_leptons.make(0, 300), four_leptons.make(1, 20)
    fake[0, 0] = [1.0, 50.0, 50.0, 50.0]
    found = standardized(*(features.observable_features(four_leptons.table(x)) for x in (real, fake)))
    assert all(np.isfinite(side).all() for side in found)
    np.testing.assert_allclose(found[0].mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(found[0].std(axis=0), 1.0, atol=0.05)


def test_off_shell_energies_are_not_seen_in_momenta():
    events = four_leptons.make(0, 10)
    off_shell = events.copy()
    off_shell[..., 0] *= 1.001
    one, other = (features.momentum_features(four_leptons.table(x)) for x in (events, off_shell))
    np.testing.assert_array_equal(one, other)


def test_columns_are_those_of_finite_events():
    events = four_leptons.make(0, 5)
    events[1, 0, 0] = np.nan
    table = four_leptons.table(events)
    assert features.momentum_columns(table).shape == (4, 32)
    members = features.channel_members(table)
    assert members.sum(axis=1).tolist() == [1, 0, 1, 1, 1]
    assert features.momentum_features(table).shape == (5, 19)
