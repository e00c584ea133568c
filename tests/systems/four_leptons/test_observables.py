import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons import slots as leptons
from tests.systems.four_leptons import lepton_batches as four_leptons


def decay(mass: float, momentum: float) -> np.ndarray:
    """Two massless leptons back to back along x in the frame of a parent that moves along z."""
    energy = np.hypot(mass, momentum)
    half = np.array([energy / 2, mass / 2, 0.0, momentum / 2])
    return np.stack([half, half * [1, -1, 1, 1]])


@pytest.fixture
def event():
    """A pair of electrons of 30 GeV, and muons of 91 GeV, all moving along z."""
    event = np.zeros((1, 8, 4))
    event[0, [0, 2]] = decay(30.0, 40.0)
    event[0, [4, 6]] = decay(91.0, -10.0)
    return event


def test_masses_momenta_and_angles_of_a_known_event(event):
    found = four_leptons.table(event)
    energies = np.hypot(30.0, 40.0), np.hypot(91.0, 10.0)
    assert found["m4l"] == pytest.approx(np.sqrt(sum(energies) ** 2 - 30.0**2))
    assert found["mz1"] == pytest.approx(91.0)
    assert found["mz2"] == pytest.approx(30.0)
    np.testing.assert_allclose(found["lepton_pt"], [[45.5, 45.5, 15.0, 15.0]])
    np.testing.assert_allclose(found["lepton_energy"], [[energies[1] / 2] * 2 + [25.0] * 2])
    np.testing.assert_allclose(found["lepton_eta"][0, 2:], np.arcsinh(20 / 15))
    np.testing.assert_allclose(found["pair_angle"][0, 1], 2 * np.arcsin(15 / 25))
    np.testing.assert_allclose(
        found["cross_angle"][0, 0], np.arccos((45.5 * 15 - 5 * 20) / (25 * energies[1] / 2))
    )
    assert found["system_pt"] == pytest.approx(0.0)
    assert found["system_rapidity"] == pytest.approx(np.arctanh(30 / sum(energies)))
    assert (found["electron_1_pt"], found["electron_2_pt"]) == (pytest.approx(15.0), 0.0)
    assert found["channel"] == 2
    np.testing.assert_allclose(found["slot_energy"][0, ::2], [25.0, 25.0, *[energies[1] / 2] * 2])
    np.testing.assert_allclose(np.abs(found["lepton_phi"]), [[0.0, np.pi, 0.0, np.pi]], atol=1e-6)


def test_agrees_with_the_core_formulas():
    events = four_leptons.make(0, 50)
    found = four_leptons.table(events)
    momenta = leptons.lepton_momenta(jnp.asarray(events, jnp.float32))
    np.testing.assert_allclose(measured.ordered_leptons(events), momenta, rtol=1e-6)
    np.testing.assert_allclose(found["m4l"], kinematics.mass(leptons.total(jnp.asarray(events))), rtol=1e-4)
    np.testing.assert_allclose(found["lepton_eta"], kinematics.pseudorapidity(momenta), atol=1e-4)


def test_mass_is_worked_out_in_double_precision():
    """A mass of 1 GeV at 20 TeV: single precision gives E - |p| = 0."""
    momentum = np.array([20_000.0 + 2.5e-5, 0.0, 0.0, 20_000.0])
    assert measured.mass(momentum) == pytest.approx(1.0, rel=1e-6)
    assert kinematics.mass(jnp.asarray(momentum, jnp.float32)) == 0.0


def test_impossible_events_are_nan(event):
    event[0, 0, 0] = 1.0
    found = four_leptons.table(np.concatenate([event, np.full_like(event, np.inf)]))
    assert np.isfinite(found["m4l"][0])
    assert np.isfinite(found["mz1"][0])
    assert np.isnan(found["mz2"][0])
    assert np.isnan(found["m4l"][1])
    assert np.isnan(found["lepton_pt"][1]).all()
    assert np.isnan(found["channel"]).tolist() == [False, True]
    assert np.isnan(found["slot_energy"]).all(axis=1).tolist() == [False, True]


def test_peak_is_where_values_are_densest():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.uniform(0, 300, 3000), rng.normal(124.8, 0.5, 3000)])
    assert measured.peak(values) == pytest.approx(124.8, abs=0.2)


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="four-lepton events"):
        four_leptons.table(np.zeros((5, 32)))


def test_real_masses_are_where_their_description_puts_them(real_data):
    found = four_leptons.table(four_leptons.read(real_data / "zz4l_pythia8.csv", 4000))
    assert not any(np.isnan(values).any() for values in found.values())
    assert 195 < measured.peak(found["m4l"]) < 210
    assert np.median(found["m4l"]) == pytest.approx(238, abs=6)
    assert np.median(found["mz1"]) == pytest.approx(91.0, abs=0.3)
    np.testing.assert_array_less(np.abs(found["mz1"] - 91.1876), np.abs(found["mz2"] - 91.1876) + 1e-9)
