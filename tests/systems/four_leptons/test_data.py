"""Files of four-lepton events: what is read, what is refused, and that writing undoes reading."""

import re

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.physics import four_momenta as kinematics
from jaxgen.systems.four_leptons import data as four_lepton
from jaxgen.systems.four_leptons import slots as leptons
from tests.systems.four_leptons.events import events_in_order

HEADER = ",".join(four_lepton.COLUMNS)
LEPTON = "5,3,4,0"
ROW = ",".join(f"{number},{LEPTON}" for number in (11, -11, 13, -13))


def save(folder, *rows, header=HEADER):
    path = folder / "events.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize("name", ["h4l", "zz4l"])
def test_pythia_events_read_completely(real_data, name):
    path = real_data / f"{name}_pythia8.csv"
    data = four_lepton.read(path, condition="channel_mass")
    assert data.train.data.shape == (16_000, 8, 4)
    assert data.test.data.shape == (4_000, 8, 4)
    assert data.train.data.dtype == data.train.condition.dtype == np.float32
    table = np.loadtxt(path, delimiter=",", skiprows=1).reshape(-1, 4, 5)
    np.testing.assert_allclose(
        four_lepton.read_events(path).sum(axis=(0, 1), dtype=np.float64),
        table[..., 1:].sum((0, 1)),
        rtol=1e-4,
    )
    shares = np.bincount(data.train.condition[:, 0].astype(int)) / 16_000
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.5], atol=0.01)
    mass = kinematics.mass(leptons.total(data.test.data))
    np.testing.assert_allclose(data.test.condition[:, 1], mass, rtol=2e-3)
    assert np.median(data.test.condition[:, 1]) == pytest.approx({"h4l": 124.85, "zz4l": 238}[name], rel=0.01)


def test_training_on_all_events_keeps_the_test_split(tmp_path):
    events = events_in_order(50)
    four_lepton.write(tmp_path / "a.csv", events)
    part = four_lepton.read(tmp_path / "a.csv", condition="channel", seed=7)
    full = four_lepton.read(tmp_path / "a.csv", condition="channel", seed=7, full=True)
    assert (len(part.train.data), len(part.test.data), len(full.train.data)) == (40, 10, 50)
    np.testing.assert_array_equal(full.train.data, events)
    for got, expected in zip(full.test, part.test, strict=True):
        np.testing.assert_array_equal(got, expected)
    other = four_lepton.read(tmp_path / "a.csv", test_fraction=0.5)
    assert len(other.test.data) == 25
    assert other.test.condition.shape == (25, 0)


def test_writing_is_undone_by_reading(tmp_path):
    events = events_in_order(64)
    four_lepton.write(tmp_path / "a.csv", events)
    np.testing.assert_array_equal(four_lepton.read_events(tmp_path / "a.csv"), events)
    first = (tmp_path / "a.csv").read_text().splitlines()
    assert first[0] == HEADER
    assert re.match(r"-?1[13],\d", first[1])
    four_lepton.write(tmp_path / "b.csv", events)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_columns_may_stand_in_any_order(tmp_path):
    events = events_in_order(8)
    four_lepton.write(tmp_path / "a.csv", events)
    order = np.random.default_rng(0).permutation(len(four_lepton.COLUMNS))
    lines = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()]
    header, *rows = (",".join(line[column] for column in order) for line in lines)
    np.testing.assert_array_equal(four_lepton.read_events(save(tmp_path, *rows, header=header)), events)


def test_written_events_may_hold_unphysical_momenta(tmp_path):
    events = events_in_order(3)
    events[0, :, 0] *= 0.5
    four_lepton.write(tmp_path / "a.csv", events)
    assert four_lepton.read_events(tmp_path / "a.csv").shape == (3, 8, 4)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (np.full((1, 8, 4), np.nan), "finite"),
        (np.zeros((1, 32)), "shape"),
        (np.zeros((0, 8, 4)), "above zero"),
    ],
)
def test_events_that_cannot_be_written_are_refused(tmp_path, events, message):
    with pytest.raises(ValueError, match=message):
        four_lepton.write(tmp_path / "a.csv", events)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW.replace("-13", "15"), "line 3: Expected pdg .*pdg4 = 15"),
        (ROW.replace("-13", "13.5"), "line 3: Expected pdg .*pdg4 = 13.5"),
        (ROW.replace("-13", "-11"), "line 3: Expected two pairs .*got 11, -11, 13, -11"),
        (ROW.replace("-11", "11"), "line 3: Expected two pairs"),
        (ROW.replace("4", "nan", 1), "line 3: Expected a finite decimal number; got 'nan'"),
        (ROW.replace("4", "inf", 1), "line 3: .*'inf'"),
        (ROW.replace("4", "1e999", 1), "line 3: .*'1e999'"),
        (ROW.replace("4", "1e39", 1), "line 3: .*3.4e38; got 1e\\+39"),
        (ROW.replace("4", "", 1), "line 3: .*''"),
        (ROW.replace("4", "0x4", 1), "line 3: .*'0x4'"),
        (ROW + ",1", "line 3: Expected 20 fields .*got 21"),
        (ROW.rsplit(",", 1)[0], "line 3: Expected 20 fields .*got 19"),
        ("", "line 3: Expected 20 fields"),
    ],
)
def test_a_malformed_row_is_named(tmp_path, row, message):
    with pytest.raises(ValueError, match=message):
        four_lepton.read(save(tmp_path, ROW, row, ROW, ROW, ROW))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("p4z", "p4w"), "line 1: .*got 'p4w'"),
        (HEADER.replace("p4z", "p4y"), "line 1: Expected each column once; got p4y 2 times"),
        (HEADER.replace(",p4z", ""), "line 1: Expected 20 columns; got none named p4z"),
        (HEADER + ",weight", "line 1: .*got 'weight'"),
        ("", "line 1"),
    ],
)
def test_a_malformed_header_is_named(tmp_path, header, message):
    width = max(header.count(","), 0) + 1
    row = ",".join([*ROW.split(","), "1"][:width])
    with pytest.raises(ValueError, match=message):
        four_lepton.read(save(tmp_path, row, row, header=header))


def test_files_too_short_are_refused(tmp_path):
    with pytest.raises(ValueError, match="rows below the header"):
        four_lepton.read(save(tmp_path))
    with pytest.raises(ValueError, match="both splits"):
        four_lepton.read(save(tmp_path, ROW))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(ValueError, match="empty"):
        four_lepton.read(tmp_path / "empty.csv")


@settings(max_examples=150, deadline=None)
@given(
    where=st.integers(0, 600),
    length=st.integers(0, 12),
    text=st.text("0123456789,.-+enaf \n\r\x00é#", max_size=8),
)
def test_a_damaged_file_reads_or_names_its_line(tmp_path_factory, where, length, text):
    whole = "\n".join([HEADER, *[ROW] * 8]) + "\n"
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_text(whole[:where] + text + whole[where + length :], encoding="utf-8", newline="")
    events, complaint = None, ""
    try:
        events = four_lepton.read_events(path)
    except ValueError as error:
        complaint = str(error)
    if events is None:
        assert re.search(r"damaged\.csv, line \d+: Expected .*; got ", complaint)
    else:
        assert np.isfinite(events).all()
        assert ((events != 0).any(-1).sum(-1) <= 4).all()


def test_conditions_are_channel_and_mass():
    events = events_in_order(12)
    assert four_lepton.conditions_of(events, "none").shape == (12, 0)
    np.testing.assert_array_equal(four_lepton.conditions_of(events, "channel")[:, 0], [0, 1, 2, 2] * 3)
    both = four_lepton.conditions_of(events, "channel_mass")
    assert both.dtype == np.float32
    np.testing.assert_allclose(both[:, 1], kinematics.mass(leptons.total(events)), rtol=1e-4)
    for kind in four_lepton.CONDITIONS:
        assert (
            len(four_lepton.make_spec(condition=kind).condition)
            == (four_lepton.conditions_of(events, kind).shape[1])
        )


def test_conditions_without_a_mass_are_refused():
    events = events_in_order(3)
    events[1, :, 0] = 0
    with pytest.raises(ValueError, match="event 1"):
        four_lepton.conditions_of(events, "channel_mass")
    with pytest.raises(ValueError, match="channel_mass"):
        four_lepton.conditions_of(events, "mass")


def test_features_are_one_hot_and_standardized():
    condition = four_lepton.conditions_of(events_in_order(200), "channel_mass")
    mean, std = four_lepton.log_mass_statistics(condition)
    found = jax.jit(lambda x: four_lepton.features(x, mean=mean, std=std))(condition)
    np.testing.assert_array_equal(found[:, :3], np.eye(3)[condition[:, 0].astype(int)])
    assert float(found[:, 3].mean()) == pytest.approx(0, abs=1e-4)
    assert float(found[:, 3].std()) == pytest.approx(1, abs=1e-4)
    assert four_lepton.features(condition[:, :1]).shape == (200, 3)
    assert four_lepton.features(condition[:, :0]).shape == (200, 0)
    assert four_lepton.log_mass_statistics(condition[:, :1]) == (0.0, 1.0)
    same = np.broadcast_to(condition[:1], (5, 2))
    assert four_lepton.log_mass_statistics(same)[1] == 1.0
    with pytest.raises(ValueError, match="columns"):
        four_lepton.features(np.zeros((2, 3)))
