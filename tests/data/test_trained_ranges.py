"""What a generator was trained on, and what lies beyond."""

import numpy as np
import pytest

from jaxgen.data import trained_ranges
from jaxgen.data.advice import AdvisedError
from jaxgen.data.dataset import Column

ANGLE = Column("dip_angle", "deg", -60.0, 60.0)
ROW = Column("row", "", 0.0, 52.0, "count", default=23.0)
MOMENTUM = Column("pT", "GeV", 0.0, 2.5, default=0.4785)
FLAVOUR = Column("flavour", labels=("e", "mu"), kind="label")
ENERGY = Column("energy", "GeV", 1.0, 100.0)
TRAINED = (1.0, 100.0)


def test_ranges_have_a_margin_for_numbers_only():
    columns, ranges = (ANGLE, ROW, FLAVOUR), [(0.0, 10.0), (3.0, 5.0), (0.0, 1.0)]
    assert trained_ranges.ranges_of(np.array([[0, 3, 1], [10, 5, 0]])) == ranges
    assert trained_ranges.ranges_of(np.zeros((0, 3))) == []
    table = np.array([[10.05, 5.0, 1.0], [-0.2, 5.01, 1.0], [0.0, 2.9, 1.4]])
    expected = [[True, True, True], [False, False, True], [True, False, False]]
    np.testing.assert_array_equal(trained_ranges.inside(columns, table, ranges), expected)


def test_a_range_of_one_value_holds_that_value():
    """As of conditions that were the same in all training events, and rounded on the way."""
    value = np.float32(0.4785)
    ranges = trained_ranges.ranges_of(np.full((5, 1), value))
    assert trained_ranges.inside([MOMENTUM], np.array([[0.4785], [0.48]]), ranges).tolist() == [
        [True],
        [False],
    ]


def test_what_was_not_trained_on_is_named():
    table = np.array([[1.0], [12.0], [30.0]])
    with pytest.raises(ValueError, match="dip_angle") as error:
        trained_ranges.check_inside([ANGLE], table, [(0.0, 10.0)])
    assert str(error.value) == (
        "Expected dip_angle within what was trained on, 0 to 10 deg; got 12 for event 1. "
        "outside='mark' lets it pass, marked."
    )
    trained_ranges.check_inside([ANGLE], table[:1], [(0.0, 10.0)])


def test_values_in_another_unit_are_seen():
    with pytest.raises(AdvisedError) as error:
        trained_ranges.check_inside([ENERGY], np.array([[50_000.0]]), [TRAINED])
    assert str(error.value) == (
        "Expected energy within what was trained on, 1 to 100 GeV; got 50000 for event 0, "
        "which would be inside as MeV: units='MeV' converts."
    )
    assert error.value.worded(lambda name, value: f"--{name}={value}").endswith("--units=MeV converts.")
    both = [ENERGY, MOMENTUM]
    with pytest.raises(AdvisedError) as error:
        trained_ranges.check_inside(both, np.array([[50_000.0, 1.0]]), [TRAINED, (0.0, 2.5)])
    assert error.value.setting == ("units", "energy=MeV")
    (doubt,) = trained_ranges.doubts(both, np.array([[50_000.0, 1.0]]), [TRAINED, (0.0, 2.5)])
    assert doubt.endswith("got 50000 for event 0, which would be inside as MeV.")


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (np.linspace(1.0, 100.0, 50), None),
        (np.linspace(500.0, 100_000.0, 500), "MeV"),
        (np.linspace(0.001, 0.1, 50), "TeV"),
        (np.linspace(1e9, 1e11, 50), "eV"),
        ([*np.linspace(1.0, 100.0, 50), 2000.0], None),
        ([150.0], None),
        ([-5.0], None),
    ],
)
def test_another_unit_is_meant_where_it_brings_nearly_all_inside(values, unit):
    assert trained_ranges.unit_meant(ENERGY, np.asarray(values), TRAINED) == unit


def test_numbers_without_a_common_unit_are_meant_as_they_are():
    assert trained_ranges.unit_meant(ROW, np.array([5000.0]), (0.0, 52.0)) is None
