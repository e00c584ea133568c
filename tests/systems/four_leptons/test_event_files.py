"""Files of four-lepton events: what is read, what is refused, and that writing undoes reading."""

import gzip
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.systems.four_leptons.data import event_files
from tests.systems.four_leptons.events import events_in_order

HEADER = ",".join(event_files.FIELDS)
LEPTON = "5,3,4,0"
ROW = ",".join(f"{number},{LEPTON}" for number in (11, -11, 13, -13))


def save(folder, *rows, header=HEADER):
    path = folder / "events.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_writing_is_undone_by_reading(tmp_path):
    events = events_in_order(64)
    event_files.write_events(tmp_path / "a.csv", events)
    np.testing.assert_array_equal(event_files.read_events(tmp_path / "a.csv"), events)
    first = (tmp_path / "a.csv").read_text().splitlines()
    assert first[0] == HEADER
    assert re.match(r"-?1[13],\d", first[1])
    event_files.write_events(tmp_path / "b.csv", events)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_columns_may_stand_in_any_order(tmp_path):
    events = events_in_order(8)
    event_files.write_events(tmp_path / "a.csv", events)
    order = np.random.default_rng(0).permutation(len(event_files.FIELDS))
    lines = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()]
    header, *rows = (",".join(line[column] for column in order) for line in lines)
    np.testing.assert_array_equal(event_files.read_events(save(tmp_path, *rows, header=header)), events)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda lines: [line.upper() for line in lines],
        lambda lines: ['"' + lines[0].replace(",", '","') + '"', *lines[1:], "", ""],
        lambda lines: ["," + lines[0], *(f"{i},{line}" for i, line in enumerate(lines[1:]))],
    ],
    ids=["upper case", "quotes and blank lines", "index of pandas"],
)
def test_other_spellings_are_read(tmp_path, spelling):
    events = events_in_order(8)
    event_files.write_events(tmp_path / "a.csv", events)
    header, *rows = spelling((tmp_path / "a.csv").read_text().splitlines())
    path = save(tmp_path, *rows, header=header)
    np.testing.assert_array_equal(event_files.read_events(path), events)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(event_files.read_events(tmp_path / "a.csv.gz"), events)


def test_further_columns_are_left_out_and_said(tmp_path):
    path = save(tmp_path, ROW + ",x", header=HEADER + ",weight")
    with pytest.warns(UserWarning, match=r"events\.csv: the columns weight are not used\."):
        assert event_files.read_events(path).shape == (1, 8, 4)


def test_files_of_cms_are_read_as_downloaded(real_data):
    path = real_data / "cms_open" / "4mu_2011.csv"
    with pytest.warns(UserWarning, match="the columns Run, Event, pt1, .*, mZ1, mZ2, M are not used"):
        events = event_files.read_events(path)
    mass = np.loadtxt(path, delimiter=",", skiprows=1)[:, -1]
    total = events.sum(axis=1, dtype=np.float64)
    found = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    np.testing.assert_allclose(found, mass, rtol=2e-3)


def test_written_events_may_hold_unphysical_momenta(tmp_path):
    events = events_in_order(3)
    events[0, :, 0] *= 0.5
    event_files.write_events(tmp_path / "a.csv", events)
    assert event_files.read_events(tmp_path / "a.csv").shape == (3, 8, 4)


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
        event_files.write_events(tmp_path / "a.csv", events)


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
        event_files.read_events(save(tmp_path, ROW, row, ROW, ROW, ROW))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("p4z", "p4w"), "line 1: Expected the columns pdg1, .*; got none named p4z"),
        (HEADER.replace("p4z", "p4y"), "line 1: Expected each column once; got p4y 2 times"),
        (HEADER.replace(",p4z", ""), "line 1: Expected the columns pdg1, .*; got none named p4z"),
        ("", "line 1"),
    ],
)
def test_a_malformed_header_is_named(tmp_path, header, message):
    width = max(header.count(","), 0) + 1
    row = ",".join([*ROW.split(","), "1"][:width])
    with pytest.raises(ValueError, match=message):
        event_files.read_events(save(tmp_path, row, row, header=header))


def test_files_too_short_are_refused(tmp_path):
    with pytest.raises(ValueError, match="rows below the header"):
        event_files.read_events(save(tmp_path))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(ValueError, match="empty"):
        event_files.read_events(tmp_path / "empty.csv")


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
        events = event_files.read_events(path)
    except ValueError as error:
        complaint = str(error)
    if events is None:
        assert re.search(r"damaged\.csv, line \d+: Expected .*; got ", complaint)
    else:
        assert np.isfinite(events).all()
        assert ((events != 0).any(-1).sum(-1) <= 4).all()
