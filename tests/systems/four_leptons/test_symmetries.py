"""Turned and mirrored events keep what beams cannot tell apart."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Batch
from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import simulator
from jaxgen.systems.four_leptons import slots as leptons
from jaxgen.systems.four_leptons.symmetries import turn_and_mirror


def events(number: int = 400) -> Batch:
    data = jax.jit(partial(simulator.simulate, number=number))(jax.random.key(3))
    return Batch(data, jnp.arange(2.0 * number).reshape(number, 2))


def test_masses_momenta_and_conditions_stay():
    before = events()
    after = turn_and_mirror(jax.random.bits(jax.random.key(0), (400,), "uint32"), before)
    for quantity in (kinematics.transverse_momentum, lambda x: jnp.abs(kinematics.pseudorapidity(x))):
        np.testing.assert_allclose(quantity(after.data), quantity(before.data), rtol=1e-4, atol=1e-4)
    pair = leptons.lepton_momenta
    for first, second in ((0, 1), (0, 2), (1, 3)):
        masses = [
            kinematics.finite_mass(pair(x)[:, first] + pair(x)[:, second]) for x in (before.data, after.data)
        ]
        np.testing.assert_allclose(*masses, rtol=2e-2, atol=0.3)
    np.testing.assert_array_equal(after.condition, before.condition)
    np.testing.assert_array_equal(after.data == 0, before.data == 0)


def test_all_four_mirrors_and_all_angles_occur():
    number = 4000
    one = jnp.zeros((number, 8, 4)).at[:, 0].set(jnp.array([3.0, 1.0, 0.0, 2.0])).at[:, 2].set(
        jnp.array([2.0, 0.0, 1.0, 0.0])
    )  # fmt: skip
    seeds = jax.random.bits(jax.random.key(1), (number,), "uint32")
    found = np.asarray(turn_and_mirror(seeds, Batch(one, jnp.zeros((number, 0)))).data)
    turned = np.arctan2(found[:, 0, 2], found[:, 0, 1])
    assert np.histogram(turned, 8, (-np.pi, np.pi))[0].min() > 400
    handed = found[:, 0, 1] * found[:, 2, 2] - found[:, 0, 2] * found[:, 2, 1]
    np.testing.assert_allclose(np.abs(handed), 1, atol=1e-5)
    forms = np.unique(np.stack([np.sign(handed), np.sign(found[:, 0, 3])], 1), axis=0, return_counts=True)
    assert forms[0].shape == (4, 2)
    assert forms[1].min() > 850
