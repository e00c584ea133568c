"""Labels, the order of leptons, and masses without differences of large numbers."""

import jax
import numpy as np
import pytest

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.data import encoding
from jaxgen.systems.four_leptons.representation import labels
from tests.systems.four_leptons.events import events_in_order


def test_labels_tell_the_flavours_of_the_first_pair():
    events = events_in_order(40)
    numbers, momenta = encoding.decode(events)
    label, found = jax.jit(labels.sort)(events)
    np.testing.assert_array_equal(found, momenta[..., 1:])
    flavours = {(11, 11): 0, (13, 13): 1, (11, 13): 2, (13, 11): 3}
    np.testing.assert_array_equal(label, [flavours[tuple(row)] for row in np.abs(numbers[:, ::2]).tolist()])
    assert set(np.asarray(label).tolist()) == {0, 1, 2, 3}
    np.testing.assert_array_equal(np.minimum(label, 2), leptons.channel(events))


def test_placing_undoes_sorting():
    events = events_in_order(40)
    back = jax.jit(lambda x: labels.place(*labels.sort(x)))(events)
    np.testing.assert_array_equal(back[..., 1:], events[..., 1:])
    np.testing.assert_allclose(back[..., 0], events[..., 0], rtol=1e-6)


@pytest.mark.parametrize("boost", [0.0, 4.0, 7.0])
def test_masses_of_boosted_pairs_keep_their_digits(boost):
    draw = np.random.default_rng(0)
    momenta = draw.normal(0, 1, (50, 2, 3))
    momenta[:, 1] = -momenta[:, 0]
    mass = kinematics.MUON_MASS
    energy = np.sqrt((momenta**2).sum(-1) + mass**2)
    expected = energy.sum(-1)
    for axis in (0, 2):  # to rapidity `boost` along x, then along z
        moved = momenta[..., axis] * np.cosh(boost) + energy * np.sinh(boost)
        energy, momenta[..., axis] = energy * np.cosh(boost) + momenta[..., axis] * np.sinh(boost), moved
    first, second = momenta.astype(np.float32).swapaxes(0, 1)
    found = labels.pair_mass(first, second, np.full(50, mass, np.float32))
    rounding = 1e-7 * np.sinh(boost)  # float32 keeps the angle between them to 1e-7
    np.testing.assert_allclose(found, expected, rtol=1e-5 + 10 * rounding)


def test_massless_looking_events_still_have_a_mass():
    momenta = np.full((4, 4, 3), 1000.0, np.float32) * np.linspace(1, 1.000001, 4)[:, None]
    events = jax.jit(labels.place)(np.arange(4), momenta.astype(np.float32))
    assert (kinematics.mass_squared(leptons.total(events)) > 0).all()
    assert (kinematics.mass_squared(leptons.lepton_momenta(events).reshape(4, 2, 2, 4).sum(2)) > 0).all()
