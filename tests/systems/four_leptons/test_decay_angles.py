"""Decay variables against textbook boosts, and that they are undone."""

import jax
import numpy as np
import pytest

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons.data.event_files import read_events
from jaxgen.systems.four_leptons.representation import decay_angles
from jaxgen.systems.four_leptons.representation import labels as four_lepton_labels
from tests.systems.four_leptons.events import events_in_order

NAME = {name: column for column, name in enumerate(decay_angles.VARIABLES)}


def sorted_leptons(events):
    label, momenta = four_lepton_labels.sort(events)
    return momenta, four_lepton_labels.lepton_masses(label)


def unboost(momenta, frame):
    """The textbook boost to the rest frame, in float64."""
    mass = np.sqrt(frame[..., 0] ** 2 - (frame[..., 1:] ** 2).sum(-1))[..., None]
    along = (frame[..., 1:] * momenta[..., 1:]).sum(-1, keepdims=True)
    energy = (frame[..., :1] * momenta[..., :1] - along) / mass
    factor = (momenta[..., :1] + energy) / (frame[..., :1] + mass)
    return np.concatenate([energy, momenta[..., 1:] - factor * frame[..., 1:]], axis=-1)


def cosine(a, b):
    return (a * b).sum(-1) / np.sqrt((a**2).sum(-1) * (b**2).sum(-1))


def test_variables_agree_with_textbook_boosts():
    momenta, mass = sorted_leptons(events_in_order(40))
    found = np.asarray(jax.jit(decay_angles.from_momenta)(momenta, mass))
    momenta, mass = np.asarray(momenta, np.float64), np.asarray(mass, np.float64)
    leptons = np.concatenate([np.sqrt((momenta**2).sum(-1) + mass**2)[..., None], momenta], axis=-1)
    total = leptons.sum(1)
    pairs = leptons.reshape(-1, 2, 2, 4).sum(2)
    beams = np.array([[1.0, 0, 0, 1], [1, 0, 0, -1]])
    seen = [unboost(np.broadcast_to(beam, total.shape), total) for beam in beams]
    axis = seen[0][:, 1:] / seen[0][:, :1] - seen[1][:, 1:] / seen[1][:, :1]
    z1 = unboost(pairs[:, 0], total)[:, 1:]
    np.testing.assert_allclose(found[:, NAME["cos theta*"]], cosine(z1, axis), atol=2e-5)
    for i, name in enumerate(("cos theta 1", "cos theta 2")):
        rest = [
            unboost(unboost(leptons[:, k], total), unboost(pairs[:, i], total)) for k in (2 * i, 2 * i + 1)
        ]
        np.testing.assert_allclose(found[:, NAME[name]], cosine(rest[0][:, 1:], z1), atol=2e-5)
    planes = [np.cross(*(unboost(leptons[:, k], total)[:, 1:] for k in (2 * i, 2 * i + 1))) for i in (0, 1)]
    between = found[:, NAME["phi 2"]] - found[:, NAME["phi 1"]]
    np.testing.assert_allclose(-np.cos(between), cosine(*planes), atol=1e-4)
    np.testing.assert_allclose(found[:, NAME["pT"]], np.hypot(total[:, 1], total[:, 2]), rtol=1e-5)
    np.testing.assert_allclose(found[:, NAME["rapidity"]], np.arctanh(total[:, 3] / total[:, 0]), atol=1e-5)
    np.testing.assert_allclose(found[:, NAME["azimuth"]], np.arctan2(total[:, 2], total[:, 1]), atol=1e-5)
    for name, momentum in (
        ("four-lepton mass", total),
        ("mass of Z1", pairs[:, 0]),
        ("mass of Z2", pairs[:, 1]),
    ):
        expected = np.sqrt(momentum[:, 0] ** 2 - (momentum[:, 1:] ** 2).sum(-1))
        np.testing.assert_allclose(found[:, NAME[name]], expected, rtol=3e-6)


def test_phi_star_is_counted_from_the_transverse_momentum():
    momenta, mass = sorted_leptons(events_in_order(40))
    plain = np.asarray(jax.jit(decay_angles.from_momenta)(momenta, mass))
    angle = 0.5
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    turned = np.asarray(jax.jit(decay_angles.from_momenta)((momenta @ turn).astype(np.float32), mass))
    change = turned - plain
    change[:, NAME["azimuth"]] = (change[:, NAME["azimuth"]] - angle + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(change / np.maximum(1, np.abs(plain)), 0, atol=1e-4)


@pytest.mark.parametrize("source", ["h4l", "zz4l"])
def test_pythia_events_are_undone(real_data, source):
    events = read_events(real_data / f"{source}_pythia8.csv")
    momenta, mass = jax.jit(sorted_leptons)(events)
    variables = jax.jit(decay_angles.from_momenta)(momenta, mass)
    back = np.asarray(jax.jit(decay_angles.to_momenta)(variables, mass), np.float64)
    momenta, mass = np.asarray(momenta, np.float64), np.asarray(mass, np.float64)
    energy = np.sqrt((momenta**2).sum(-1) + mass**2)
    error = np.abs(back - momenta).max(-1) / energy
    assert np.quantile(error, 0.99) < 5e-6
    assert error.max() < 2e-3
    total = energy.sum(1) ** 2 - (momenta.sum(1) ** 2).sum(-1)
    np.testing.assert_allclose(variables[:, NAME["four-lepton mass"]], np.sqrt(total), rtol=2e-6)
    pairs = momenta.reshape(-1, 2, 2, 3).sum(2)
    masses = np.sqrt(energy.reshape(-1, 2, 2).sum(2) ** 2 - (pairs**2).sum(-1))
    np.testing.assert_allclose(variables[:, 1:3], masses, rtol=5e-6)


def test_variables_come_back():
    draw = np.random.default_rng(0)
    low = [150, 60, 20, 1, -3, -np.pi, -0.99, -np.pi, -0.99, -np.pi, -0.99, -np.pi]
    high = [400, 90, 60, 200, 3, np.pi, 0.99, np.pi, 0.99, np.pi, 0.99, np.pi]
    variables = draw.uniform(low, high, (500, 12)).astype(np.float32)
    mass = np.full((500, 4), kinematics.ELECTRON_MASS, np.float32)
    both = jax.jit(lambda v: decay_angles.from_momenta(decay_angles.to_momenta(v, mass), mass))(variables)
    change = np.asarray(both) - variables
    change[:, 5::2] = (change[:, 5::2] + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(change[:, :3] / variables[:, :3], 0, atol=5e-6)
    np.testing.assert_allclose(change[:, 3], 0, atol=1e-3)
    np.testing.assert_allclose(change[:, 4:], 0, atol=1e-3)
