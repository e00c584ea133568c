"""Conditions as people have them become one array, and what is wrong is said."""

import warnings

import numpy as np
import pytest

from jaxgen.data import conditions
from jaxgen.data.dataset import Column

ANGLE = Column("dip_angle", "deg", -60.0, 60.0)
ROW = Column("row", "", 0.0, 52.0, "count", default=23.0)
MOMENTUM = Column("pT", "GeV", 0.0, 2.5, default=0.4785)
FLAVOUR = Column("flavour", labels=("e", "mu"), kind="label")
TRACK = (ANGLE, ROW, MOMENTUM)
WANTED = np.array([[1.0, 3.0, 0.5], [2.0, 4.0, 0.5]], np.float32)


class Frame:
    """What pandas and polars have in common."""

    def __init__(self, columns: dict) -> None:
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]


STRUCTURED = np.array([(0.5, 1.0, 3), (0.5, 2.0, 4)], [("pT", "f8"), ("dip_angle", "f4"), ("row", "i4")])
FORMS = {
    "array": WANTED.astype(np.float64),
    "list": WANTED.tolist(),
    "mapping": {"pT": 0.5, "row": [3, 4], "dip_angle": np.array([1.0, 2.0])},
    "other names": {"Dip Angle": [1.0, 2.0], " ROW": (3, 4), "pt": [0.5]},
    "structured": STRUCTURED,
    "table": Frame({"dip_angle": np.array([1, 2]), "row": np.array([3, 4]), "pT": np.full(2, 0.5)}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_array(form):
    found = conditions.as_array(TRACK, FORMS[form])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, WANTED)


def test_one_row_and_one_column():
    np.testing.assert_array_equal(conditions.as_array(TRACK, [1.0, 3.0, 0.5]), WANTED[:1])
    np.testing.assert_array_equal(conditions.as_array((ANGLE,), [1.0, 2.0]), [[1.0], [2.0]])
    np.testing.assert_array_equal(
        conditions.as_array(TRACK, {"dip_angle": 1, "row": 3, "pT": 0.5}), WANTED[:1]
    )
    assert conditions.as_array((), np.zeros((3, 0))).shape == (3, 0)
    assert conditions.as_array((), {}, number=4).shape == (4, 0)


def test_fewer_conditions_are_used_over_and_over():
    found = conditions.as_array(TRACK, WANTED, number=5)
    np.testing.assert_array_equal(found, WANTED[[0, 1, 0, 1, 0]])
    with pytest.warns(UserWarning, match="Of 2 conditions the first 1 are used, one for each event") as said:
        first = conditions.as_array(TRACK, WANTED, number=1)
    np.testing.assert_array_equal(first, WANTED[:1])
    assert said[0].filename == __file__
    with pytest.raises(ValueError, match="whole number from 1 on as number; got 0"):
        conditions.as_array(TRACK, WANTED, number=0)


def test_labels_are_given_by_name_or_number():
    columns = (ANGLE, FLAVOUR)
    for flavours in (["mu", "e"], [1, 0], np.array(["mu", "e"], object), np.array(["mu", "e"])):
        found = conditions.as_array(columns, {"dip_angle": 5.0, "flavour": flavours})
        np.testing.assert_array_equal(found, [[5.0, 1.0], [5.0, 0.0]])
    assert conditions.as_array(columns, {"dip_angle": 5.0, "flavour": "mu"})[0, 1] == 1.0


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ({"dip_angle": 0.0, "flavour": ["e", "tau"]}, "'tau'"),
        ({"dip_angle": 0.0, "flavour": [0, 1, 5]}, "5"),
        ({"dip_angle": 0.0, "flavour": 0.5}, "0.5"),
        (np.array([[0.0, 1.0], [0.0, -1.0]]), "-1"),
    ],
)
def test_labels_that_there_are_not_are_refused(given, got):
    with pytest.raises(ValueError, match="flavour") as error:
        conditions.as_array((ANGLE, FLAVOUR), given)
    assert str(error.value) == f"Expected flavour to be e (0), mu (1); got {got}."


def test_defaults_are_said_in_one_warning():
    with pytest.warns(UserWarning, match="not given") as said:
        found = conditions.as_array(TRACK, {"dip_angle": [1.0, 2.0]})
    assert [str(one.message) for one in said] == [
        "Conditions that were not given are taken to be row = 23, pT = 0.4785 GeV."
    ]
    assert said[0].filename == __file__
    np.testing.assert_array_equal(found, np.array([[1, 23, 0.4785], [2, 23, 0.4785]], np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        conditions.as_array(TRACK, FORMS["mapping"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"row": 1, "pT": 1}, "Expected all conditions without a default, dip_angle; got no dip_angle."),
        (
            {"dip_angel": 1.0},
            "Expected conditions among dip_angle, row, pT; got dip_angel, did you mean dip_ang",
        ),
        (
            {"dip_angle": 1.0, "rows": 1.0},
            "Expected conditions among dip_angle, row, pT; got rows, did you mean",
        ),
        ({"charge": 1.0, "eta": 2.0}, "got no dip_angle; there are charge, eta"),
        ({"dip_angle": 1.0, "Dip Angle": 1.0}, "each condition once; got dip_angle and Dip Angle"),
        ({**FORMS["mapping"], "row": [1, 2, 3]}, "columns of one length, 3; got 2 values of dip_angle"),
        (
            {**FORMS["mapping"], "row": [[1, 2]]},
            r"one number or a row of them as row; got the shape \(1, 2\)",
        ),
        ({**FORMS["mapping"], "row": 3.5}, "Expected row to be a whole number from 0 on; got 3.5"),
        ({**FORMS["mapping"], "row": "many"}, "Expected row to be a whole number from 0 on; got 'many'"),
        ({**FORMS["mapping"], "pT": [0.5, np.nan]}, "Expected finite conditions; got nan as pT 1"),
        (np.array([[1.0, np.inf, 0.5]]), "Expected finite conditions; got inf as row 0"),
        (np.zeros((2, 4)), r"conditions of 3 columns, dip_angle, row, pT; got the shape \(2, 4\)"),
        (np.zeros((0, 3)), r"got the shape \(0, 3\)"),
        ({"dip_angle": [], "row": 1, "pT": []}, "dip_angle, row, pT of one event or more; got none"),
    ],
)
def test_what_is_wrong_is_said(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        conditions.as_array(TRACK, given)


def test_a_flag_is_zero_or_one():
    flag = (Column("photon", kind="flag"),)
    np.testing.assert_array_equal(conditions.as_array(flag, [[0], [1]]), [[0], [1]])
    with pytest.raises(ValueError, match=r"Expected photon to be 0 or 1; got 0\.5\."):
        conditions.as_array(flag, {"photon": [1, 0.5]})


def test_columns_of_events_are_the_first_ones_given():
    table, used = conditions.of_events(TRACK, 2, np.array([[1.0, 3.0], [2.0, 4.0]]), {})
    assert used == TRACK[:2]
    np.testing.assert_array_equal(table, WANTED[:, :2])
    with pytest.warns(UserWarning, match="row = 23"):
        table, used = conditions.of_events(TRACK, 2, None, {"dip_angle": [1.0, 2.0], "pT": 0.5})
    assert used == TRACK
    np.testing.assert_array_equal(table[:, 1], [23, 23])
    table, used = conditions.of_events(TRACK, 3, {"dip_angle": 5.0}, {})
    assert used == TRACK[:1]
    np.testing.assert_array_equal(table, [[5.0]] * 3)
    table[0] = 0.0
    assert table[1, 0] == 5.0, "rows must not share their memory"


def test_events_without_conditions_have_none():
    table, used = conditions.of_events(TRACK, 4, None, {})
    assert (table.shape, table.dtype, used) == ((4, 0), np.float32, ())


def test_conditions_of_events_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="as one table or one by one; got both, pT"):
        conditions.of_events(TRACK, 2, WANTED, {"pT": 1.0})
    with pytest.raises(ValueError, match="Expected conditions of 3 events; got those of 2"):
        conditions.of_events(TRACK, 3, WANTED, {})
    with pytest.raises(ValueError, match="got momentum"):
        conditions.of_events(TRACK, 2, None, {"momentum": 1.0})


@pytest.mark.parametrize("value", [41 - 1e-9, 41.0, 280.9999999, -41 + 1e-9, 33.3])
def test_rounding_keeps_whole_parts(value):
    rounded = conditions.as_float32(np.array([value]))
    assert rounded.dtype == np.float32
    assert int(rounded[0]) == int(value)
    np.testing.assert_allclose(rounded, value, rtol=2e-7)


def test_further_columns_are_left_out_and_said():
    with pytest.warns(UserWarning, match=r"Of the conditions, weight, eta are not used\.") as said:
        found = conditions.as_array(TRACK, {**FORMS["mapping"], "weight": "a", "eta": 1.0})
    np.testing.assert_array_equal(found, WANTED)
    assert len(said) == 1
    with pytest.raises(ValueError, match="got weight"):
        conditions.as_array(TRACK, {**FORMS["mapping"], "weight": 1.0}, extra=False)


@pytest.mark.parametrize(
    ("given", "units"),
    [
        ({"dip_angle": np.radians([1.0, 2.0]), "row": [3, 4], "pT": 0.5}, "rad"),
        ({"dip_angle": [1.0, 2.0], "row": [3, 4], "pT": 500}, "MeV"),
        ({"dip_angle [mrad]": 1000 * np.radians([1.0, 2.0]), "row": [3, 4], "pT_MeV": 500}, None),
        (WANTED * [np.pi / 180, 1.0, 1000.0], {"dip_angle": "rad", "PT": "MeV"}),
        (WANTED * [np.pi / 180, 1.0, 1000.0], "rad,MeV"),
    ],
)
def test_units_are_converted(given, units):
    found = conditions.as_array(TRACK, given, units=units)
    np.testing.assert_allclose(found, WANTED, rtol=1e-6)


def test_defaults_are_in_the_units_of_the_columns():
    with pytest.warns(UserWarning, match="row = 23"):
        found = conditions.as_array(TRACK, {"dip_angle": 0.0, "pT": 300.0}, units="MeV")
    np.testing.assert_allclose(found, [[0.0, 23.0, 0.3]], rtol=1e-6)
    with pytest.raises(ValueError, match=r"a given condition can be in, dip_angle \[deg\]; got 'MeV'"):
        conditions.as_array(TRACK, {"dip_angle": 0.0}, units="MeV")
    with pytest.raises(ValueError, match="pT in MeV, as it is named; got the units 'pT=keV'"):
        conditions.as_array(TRACK, {"dip_angle": 0.0, "pT [MeV]": 1.0}, units="pT=keV")


def test_words_become_conditions():
    columns = (*TRACK, FLAVOUR, Column("photon", kind="flag"))
    text = "Dip-Angle = 5, row=3,PT=.5e3 MeV,flavour=MU,photon=no"
    found = {"dip_angle": 5.0, "row": 3.0, "pT": 0.5, "flavour": 1.0, "photon": 0.0}
    assert conditions.from_text(columns, text) == found
    assert conditions.from_text(columns, "dip_angle=1e1") == {"dip_angle": 10.0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expected conditions such as dip_angle=...,row=...; got ''."),
        ("dip_angle", "Expected conditions such as dip_angle=...,row=...; got 'dip_angle'."),
        ("dip_angle=", "Expected conditions such as dip_angle=...,row=...; got 'dip_angle='."),
        ("dip_angel=1", "among dip_angle, row, pT, flavour; got dip_angel, did you mean dip_angle?"),
        ("pT=1,pt=2", "Expected each condition once; got pT and pt."),
        ("pT=nan", "Expected pT to be a finite number; got 'nan'."),
        ("pT=5 furlong", "Expected pT in eV, keV, MeV, GeV, TeV; got 'furlong'."),
        ("row=5 mm", "Expected row in no unit; got 'mm'."),
        ("row=2.5", "Expected row to be a whole number from 0 on; got 2.5."),
        ("flavour=tau", "Expected flavour to be e (0), mu (1); got 'tau'."),
        ("flavour=2", "Expected flavour to be e (0), mu (1); got 2."),
    ],
)
def test_words_that_cannot_be_are_refused(text, sentence):
    with pytest.raises(ValueError, match="Expected") as error:
        conditions.from_text((*TRACK, FLAVOUR), text)
    assert str(error.value).endswith(sentence)


def test_words_for_a_generator_without_conditions_are_refused():
    with pytest.raises(ValueError, match="Expected no conditions, as this generator has none; got 'pT=1'"):
        conditions.from_text((), "pT=1")
