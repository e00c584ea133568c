"""Pad responses as the library sees a detector."""

import numpy as np
import pytest

from jaxgen import systems
from jaxgen.systems import tpc_pads
from jaxgen.systems.tpc_pads import SYSTEM
from tests.systems.tpc_pads.conftest import make_events


def test_the_package_has_what_every_detector_has():
    assert systems.get("tpc_pads") is systems.get(tpc_pads) is systems.get(SYSTEM) is SYSTEM
    assert set(tpc_pads.__all__) == {"SYSTEM", "dataset", "learner", "read", "simulate"}
    assert SYSTEM.learner is not None
    assert list(SYSTEM.models) == ["gan"]
    assert SYSTEM.headline in SYSTEM.judging().meanings


def test_simulated_events_are_the_same_for_the_same_seed(key):
    data = tpc_pads.simulate(0, 40, validation=0.1)
    assert [len(part.data) for part in (data.train, data.validation, data.test)] == [27, 3, 10]
    assert data.source == {"simulate": 0, "number": 40, "validation": 0.1}
    again, other = tpc_pads.simulate(key, 40), tpc_pads.simulate(1, 40)
    np.testing.assert_array_equal(again.train.data[:27], data.train.data)
    assert again.source == {}, "a key cannot be written down"
    assert np.any(other.train.data[:27] != data.train.data)


def test_amplitudes_are_finished():
    np.testing.assert_array_equal(SYSTEM.finish(np.array([-1.0, 0.0, 2.0])), [0.0, 0.0, 2.0])


def test_the_system_observes_judges_and_writes(tmp_path, key):
    batch = make_events(0, 30)
    table = SYSTEM.observe(batch, tpc_pads.dataset(*batch).spec)
    assert table.number == 30
    judging = SYSTEM.judging()
    assert np.isfinite(judging.quick(key, table, table).value)
    assert "trends" in judging.suites
    SYSTEM.write(tmp_path, batch)
    found = SYSTEM.read_conditions(tmp_path / "generated.dat")
    np.testing.assert_allclose(found["dip_angle"], batch.condition[:, 1], rtol=1e-5)
    assert repr(SYSTEM) == f"System tpc_pads: {SYSTEM.title}, models gan"


def test_other_systems_are_not_known():
    with pytest.raises(ValueError, match=r"Expected the system to be one of tpc_pads, .*; got 'tpc'"):
        systems.get("tpc")
