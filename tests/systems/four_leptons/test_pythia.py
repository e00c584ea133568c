"""Events from Pythia where it is installed, and a clear word where it is not."""

import sys

import numpy as np
import pytest

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import pythia
from jaxgen.systems.four_leptons.data import conditions_of
from jaxgen.systems.four_leptons.data import encoding as four_lepton_encoding


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(ValueError, match=r"jaxgen\[pythia\]"):
        pythia.generate_pythia(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": 0}, "number above zero"),
        ({"number": 1, "process": "ww"}, "zz4l, h4l"),
        ({"number": 1, "energy": -1.0}, "energy above zero"),
        ({"number": 1, "seed": 0}, "seed"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        pythia.generate_pythia(arguments.pop("number"), **arguments)


@pytest.mark.parametrize("process", ["zz4l", "h4l"])
def test_generated_events_are_those_of_the_process(process):
    pytest.importorskip("pythia8mc")
    events = pythia.generate_pythia(60, process=process, seed=5)
    assert events.shape == (60, 8, 4)
    assert events.dtype == np.float32
    numbers, momenta = four_lepton_encoding.decode(events)
    np.testing.assert_array_equal(four_lepton_encoding.encode(numbers, momenta), events)
    mass = conditions_of(events, "channel_mass")[:, 1]
    pairs = four_lepton_encoding.masses(momenta.reshape(-1, 2, 2, 4).sum(2, dtype=np.float64))
    assert np.median(np.abs(pairs[:, 0] - kinematics.Z_MASS)) < 10
    assert (mass < 125.5).all() if process == "h4l" else (mass > 125.5).mean() > 0.9
    np.testing.assert_array_equal(pythia.generate_pythia(3, process=process, seed=5), events[:3])
    assert (pythia.generate_pythia(3, process=process, seed=6) != events[:3]).any()


def test_the_energy_of_the_collision_is_used():
    pytest.importorskip("pythia8mc")
    slow, fast = (pythia.generate_pythia(30, energy=energy) for energy in (1000.0, 13000.0))
    assert slow[..., 0].sum(1).mean() < 0.7 * fast[..., 0].sum(1).mean()
    with pytest.raises(ValueError, match="start"):
        pythia.generate_pythia(1, energy=5.0)
