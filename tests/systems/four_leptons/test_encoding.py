"""Listed leptons to slots and back."""

import numpy as np
import pytest

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.data import encoding
from tests.systems.four_leptons.events import LISTED, listed_leptons


def test_the_first_of_a_kind_fills_slot_1():
    momenta = np.arange(16.0).reshape(1, 4, 4) + 1
    events = encoding.encode(np.array([[-13, 13, 13, -13]]), momenta)
    filled = {"antimuon 1": 0, "muon 1": 1, "muon 2": 2, "antimuon 2": 3}
    for slot, name in enumerate(leptons.SLOTS):
        expected = momenta[0, filled[name]] if name in filled else np.zeros(4)
        np.testing.assert_array_equal(events[0, slot], expected)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 1, 2), (1, 3, 0, 2)])
def test_encoding_keeps_every_lepton_in_any_order(order):
    numbers, momenta = listed_leptons(40)
    events = encoding.encode(numbers[:, order], momenta[:, order])
    assert events.dtype == momenta.dtype
    assert ((events != 0).any(-1).sum(-1) == 4).all()
    np.testing.assert_array_equal(np.sort(events[..., 0])[:, 4:], np.sort(momenta[..., 0]))
    found = encoding.channel_of_numbers(numbers[:, order])
    np.testing.assert_array_equal(found, [0, 1, 2, 2] * 10)
    np.testing.assert_array_equal(encoding.channel_of_events(events), found)
    np.testing.assert_array_equal(leptons.channel(events), found)


def test_decoding_undoes_encoding_of_ordered_pairs():
    numbers, momenta = encoding.decode(encoding.encode(*listed_leptons(400)))
    again = encoding.decode(encoding.encode(numbers, momenta))
    np.testing.assert_array_equal(again[0], numbers)
    np.testing.assert_array_equal(again[1], momenta)
    assert set(map(tuple, numbers.tolist())) == set(LISTED)
    pairs = encoding.masses(momenta.reshape(-1, 2, 2, 4).sum(2, dtype=np.float64))
    distance = np.abs(pairs - kinematics.Z_MASS)
    assert (distance[:, 0] <= distance[:, 1]).all()


def test_decoding_agrees_with_the_order_of_leptons():
    events = encoding.encode(*listed_leptons(200, seed=3))
    np.testing.assert_array_equal(encoding.decode(events)[1], leptons.lepton_momenta(events))


def test_decoding_leaves_out_other_slots():
    events = encoding.encode(*listed_leptons(4))
    full = np.where(events == 0, np.float32(1e-3), events)
    np.testing.assert_array_equal(encoding.decode(full)[1], encoding.decode(events)[1])


@pytest.mark.parametrize("numbers", [[11, 11, -11, 13], [11, -11, 11, 11], [13, -13, 13, -11]])
def test_leptons_of_no_channel_are_refused(numbers):
    with pytest.raises(ValueError, match="event 1"):
        encoding.encode(np.array([LISTED[0], numbers]), np.ones((2, 4, 4)))


def test_masses_of_rounded_momenta_are_never_nan():
    assert encoding.masses(np.array([[1.0, 1.0, 1e-3, 0.0]])).tolist() == [0.0]
