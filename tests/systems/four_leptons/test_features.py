"""Features of events that turns and mirrors leave alone."""

import jax
import numpy as np

from jaxgen.base import Batch
from jaxgen.systems.four_leptons import simulator as four_lepton_simulator
from jaxgen.systems.four_leptons.observables import features as lepton_features
from jaxgen.systems.four_leptons.symmetries import turn_and_mirror


def test_turned_and_mirrored_events_have_the_same_unoriented_features():
    data = four_lepton_simulator.simulate(jax.random.key(5), 300)
    batch = Batch(data, np.zeros((300, 0), np.float32))
    other = turn_and_mirror(jax.random.bits(jax.random.key(0), (300,), "uint32"), batch)
    found = [lepton_features.unoriented_features(x) for x in (batch, other)]
    assert found[0].shape == (300, 15)
    np.testing.assert_allclose(*found, rtol=2e-2, atol=2e-2)
    oriented = [lepton_features.observable_features(x) for x in (batch, other)]
    assert np.abs(oriented[0] - oriented[1]).max() > 1
