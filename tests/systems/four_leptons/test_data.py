"""Data sets of four-lepton events: splits, conditions, and where they come from."""

import numpy as np
import pytest

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems import four_leptons
from jaxgen.systems.four_leptons import data, slots
from jaxgen.systems.four_leptons.data.event_files import read_events, write_events
from tests.systems.four_leptons.events import events_in_order
from tests.systems.four_leptons.lepton_batches import batch


@pytest.mark.parametrize("name", ["h4l", "zz4l"])
def test_pythia_events_read_completely(real_data, name):
    path = real_data / f"{name}_pythia8.csv"
    found = four_leptons.read(path, condition="channel_mass")
    assert found.train.data.shape == (16_000, 8, 4)
    assert found.test.data.shape == (4_000, 8, 4)
    assert found.train.data.dtype == found.train.condition.dtype == np.float32
    table = np.loadtxt(path, delimiter=",", skiprows=1).reshape(-1, 4, 5)
    np.testing.assert_allclose(
        read_events(path).sum(axis=(0, 1), dtype=np.float64),
        table[..., 1:].sum((0, 1)),
        rtol=1e-4,
    )
    shares = np.bincount(found.train.condition[:, 0].astype(int)) / 16_000
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.5], atol=0.01)
    mass = kinematics.mass(slots.total(found.test.data))
    np.testing.assert_allclose(found.test.condition[:, 1], mass, rtol=2e-3)
    assert np.median(found.test.condition[:, 1]) == pytest.approx(
        {"h4l": 124.85, "zz4l": 238}[name], rel=0.01
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.csv"
    write_events(path, events_in_order(50))
    return path


def test_training_on_all_events_keeps_the_test_split(file):
    part = four_leptons.read(file, condition="channel")
    full = four_leptons.read(file, condition="channel", full=True)
    assert (len(part.train.data), len(part.test.data), len(full.train.data)) == (40, 10, 50)
    np.testing.assert_array_equal(full.train.data, events_in_order(50))
    for got, expected in zip(full.test, part.test, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_validation_part_is_cut_from_the_training_split(file):
    part = four_leptons.read(file, validation=0.25)
    whole = four_leptons.read(file)
    assert [len(x.data) for x in (part.train, part.validation, part.test)] == [30, 10, 10]
    np.testing.assert_array_equal(np.concatenate([part.train.data, part.validation.data]), whole.train.data)


def test_a_data_set_says_how_it_was_made(file):
    found = four_leptons.read(file, full=True, condition="channel").source
    assert found == {"read": str(file), "full": True, "condition": "channel", "validation": 0.0}
    assert four_leptons.dataset(events_in_order(10)).source == {}


def test_arrays_become_a_data_set():
    events = events_in_order(40)
    plain = four_leptons.dataset(events, test_fraction=0.5, seed=7)
    assert plain.train.data.shape == plain.test.data.shape == (20, 8, 4)
    assert plain.test.condition.shape == (20, 0)
    assert [column.name for column in plain.spec.columns] == ["E", "px", "py", "pz"]
    of_events = four_leptons.dataset(events, "channel_mass", test_fraction=0.5, seed=7)
    known = data.conditions_of(events, "channel_mass")
    given = four_leptons.dataset(
        events,
        channel=[slots.CHANNELS[int(i)] for i in known[:, 0]],
        four_lepton_mass=known[:, 1],
        test_fraction=0.5,
        seed=7,
    )
    np.testing.assert_array_equal(of_events.train.condition, given.train.condition)
    assert given.spec == of_events.spec == data.make_spec(number=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"events": np.zeros((4, 32))}, "Expected events of shape"),
        ({"events": np.full((4, 8, 4), np.nan)}, "Expected finite momenta"),
        ({"condition": "mass"}, "channel_mass"),
        ({"condition": np.full((4, 1), 3.0)}, "Expected channel to be 4e .*; got 3"),
        ({"channel": "4tau"}, "Expected channel to be 4e .*; got '4tau'"),
        ({"channel": 0, "four_lepton_mass": [1.0, 2.0, -1.0, 3.0]}, "got -1.0 in event 2"),
        ({"mass": 125.0}, "Expected conditions among channel, four_lepton_mass; got mass"),
        ({"test_fraction": 0.0}, "both splits"),
    ],
)
def test_arrays_that_are_no_data_set_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        four_leptons.dataset(**{"events": events_in_order(4), **arguments})


def test_one_event_is_too_short_to_split(tmp_path):
    write_events(tmp_path / "a.csv", events_in_order(1))
    with pytest.raises(ValueError, match="both splits"):
        four_leptons.read(tmp_path / "a.csv")


def test_conditions_are_channel_and_mass():
    events = events_in_order(12)
    assert data.conditions_of(events, "none").shape == (12, 0)
    np.testing.assert_array_equal(data.conditions_of(events, "channel")[:, 0], [0, 1, 2, 2] * 3)
    both = data.conditions_of(events, "channel_mass")
    assert both.dtype == np.float32
    np.testing.assert_allclose(both[:, 1], kinematics.mass(slots.total(events)), rtol=1e-4)
    for kind, number in data.CONDITIONS.items():
        assert data.conditions_of(events, kind).shape == (12, number)
        assert len(data.make_spec(number=number).condition) == number


def test_conditions_without_a_mass_are_refused():
    events = events_in_order(3)
    events[1, :, 0] = 0
    with pytest.raises(ValueError, match="event 1"):
        data.conditions_of(events, "channel_mass")
    with pytest.raises(ValueError, match="channel_mass"):
        data.conditions_of(events, "mass")


def test_written_events_and_their_conditions_read_again(tmp_path):
    events = events_in_order(6)
    four_leptons.SYSTEM.write(tmp_path, batch(events))
    path = tmp_path / "generated.csv"
    np.testing.assert_array_equal(read_events(path), events)
    found = four_leptons.SYSTEM.read_conditions(path)
    (path.parent / "known.csv").write_text("channel,four_lepton_mass\n4e,125\n")
    assert four_leptons.SYSTEM.read_conditions(path.parent / "known.csv") is None
    known = data.conditions_of(events, "channel_mass")
    assert list(found) == ["channel", "four_lepton_mass"]
    np.testing.assert_array_equal(np.stack(list(found.values()), axis=1), known)
