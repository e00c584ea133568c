"""The toy Monte Carlo: conservation, masses, angles, and quantiles close to those of Pythia."""

import functools

import jax
import numpy as np
import pytest
from scipy import stats

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems import four_leptons
from jaxgen.systems.four_leptons import simulator
from jaxgen.systems.four_leptons.data import encoding, make_spec
from jaxgen.systems.four_leptons.data.event_files import read_events
from jaxgen.systems.four_leptons.representation import decay_angles, labels

PROCESSES = ("zz4l", "h4l")


@functools.cache
def compiled(process):
    return jax.jit(functools.partial(simulator.simulate, number=20_000, process=process))


@functools.cache
def drawn(process):
    return np.asarray(compiled(process)(jax.random.key(0)))


def columns(events):
    """Masses, transverse momentum and rapidity of each event in float64, by name."""
    _, momenta = encoding.decode(events)
    total = momenta.sum(1, dtype=np.float64)
    pairs = encoding.masses(momenta.reshape(-1, 2, 2, 4).sum(2, dtype=np.float64))
    return {
        "four-lepton mass": encoding.masses(total),
        "mass of Z1": pairs[:, 0],
        "mass of Z2": pairs[:, 1],
        "pT": np.hypot(total[:, 1], total[:, 2]),
        "|rapidity|": np.abs(np.arctanh(total[:, 3] / total[:, 0])),
        "lepton pT": np.hypot(momenta[..., 1], momenta[..., 2]).ravel(),
    }


@pytest.mark.parametrize("process", PROCESSES)
def test_leptons_are_on_shell_in_all_channels(process):
    events = drawn(process)
    assert events.shape == (20_000, 8, 4)
    assert np.isfinite(events).all()
    counts = np.bincount(encoding.channel_of_events(events))
    np.testing.assert_allclose(counts / 20_000, [0.25, 0.25, 0.5], atol=0.015)
    numbers, momenta = encoding.decode(events)
    mass = np.where(np.abs(numbers) == 11, kinematics.ELECTRON_MASS, kinematics.MUON_MASS)
    energy = np.sqrt((momenta[..., 1:].astype(np.float64) ** 2).sum(-1) + mass**2)
    np.testing.assert_allclose(momenta[..., 0], energy, rtol=1.5e-6)
    total = events.sum(1, dtype=np.float64)
    assert (total[:, 0] + np.abs(total[:, 3]) < simulator.COLLISION_ENERGY * 1.0001).all()


@pytest.mark.parametrize("process", PROCESSES)
def test_the_pair_nearer_to_the_z_comes_first(process):
    events = drawn(process)
    again = encoding.encode(*encoding.decode(events))
    assert (again != events).any((1, 2)).mean() < 1e-3  # rounding where both are equally near


@pytest.mark.parametrize("process", PROCESSES)
def test_angles_are_isotropic(process):
    label, momenta = jax.jit(labels.sort)(drawn(process))
    mass = labels.lepton_masses(label)
    found = np.asarray(jax.jit(decay_angles.from_momenta)(momenta, mass))
    for name, column in zip(decay_angles.VARIABLES, found.T, strict=True):
        if name.startswith(("cos", "phi", "azimuth")):
            half = 1.0 if name.startswith("cos") else np.pi
            assert stats.kstest(column, "uniform", args=(-half, 2 * half)).pvalue > 1e-3, name
    assert np.abs(np.corrcoef(found[:, 5:].T) - np.eye(7)).max() < 0.035


@pytest.mark.parametrize("process", PROCESSES)
def test_quantiles_are_close_to_those_of_pythia(real_data, process):
    real = columns(read_events(real_data / f"{process}_pythia8.csv"))
    toy = columns(drawn(process))
    for name, values in real.items():
        shares = [0.1, 0.25, 0.5, 0.75, 0.9]
        np.testing.assert_allclose(
            np.quantile(toy[name], shares), np.quantile(values, shares), rtol=0.22, err_msg=name
        )
        assert np.median(toy[name]) == pytest.approx(np.median(values), rel=0.1), name


def test_the_higgs_peak_is_narrow_with_a_tail_below():
    mass = columns(drawn("h4l"))["four-lepton mass"]
    assert 0.6 < (np.abs(mass - 125) < 1).mean() < 0.75
    assert (mass > 126).mean() < 1e-3
    assert 0.2 < (mass < 124).mean() < 0.4


def test_the_z_line_is_a_breit_wigner():
    draw = functools.partial(simulator._breit_wigner, mass=91.0, width=2.5, low=40.0, high=1000.0)
    masses = np.asarray(jax.jit(draw, static_argnums=1)(jax.random.key(1), (20_000,)))
    assert 40 <= masses.min() <= masses.max() <= 1001
    np.testing.assert_allclose(np.quantile(masses, [0.25, 0.5, 0.75]), [89.75, 91.0, 92.25], atol=0.1)


def test_draws_follow_the_key():
    draw = compiled("zz4l")
    np.testing.assert_array_equal(draw(jax.random.key(0)), drawn("zz4l"))
    assert (np.asarray(draw(jax.random.key(1))) != drawn("zz4l")).any((1, 2)).all()


def test_the_data_set_is_split():
    data = four_leptons.simulate(3, 50, process="h4l", condition="channel_mass", validation=0.25)
    assert data.train.data.shape == (30, 8, 4)
    assert data.validation.data.shape == (10, 8, 4)
    assert data.test.condition.shape == (10, 2)
    assert data.test.condition[:, 1].max() < 126
    assert data.spec == make_spec(number=2)
    again = four_leptons.simulate(
        data.source["simulate"], **{k: v for k, v in data.source.items() if k != "simulate"}
    )
    np.testing.assert_array_equal(again.train.data, data.train.data)


def test_a_data_set_of_a_key_has_no_source():
    seeded, keyed = (
        four_leptons.simulate(seed, 50, process="h4l", full=True) for seed in (3, jax.random.key(3))
    )
    np.testing.assert_array_equal(seeded.train.data, keyed.train.data)
    assert len(seeded.train.data) == 50
    assert keyed.source == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"process": "ww"}, "process"), ({"number": 0}, "whole number from 1 on as number")],
)
def test_bad_arguments_are_refused(key, arguments, message):
    with pytest.raises(ValueError, match=message):
        simulator.simulate(key, **{"number": 4, **arguments})
