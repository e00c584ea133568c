"""Showers from Geant4 where it is installed, and a clear word where it is not."""

import importlib.util

import numpy as np
import pytest

from jaxgen.systems.calorimeter import geant4 as calorimeter_geant4
from jaxgen.systems.calorimeter.data import COLUMNS, read_showers


def needs_geant4():
    if importlib.util.find_spec("geant4_pybind") is None:
        pytest.skip("geant4_pybind is not installed")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(calorimeter_geant4.extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"jaxgen\[geant4\]"):
        calorimeter_geant4.generate_geant4(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": 0}, "number above zero"),
        ({"number": 1, "seed": 0}, "seed"),
        ({"number": 1, "energy": (2.0, 1.0)}, "lower first; got 2.0 and 1.0"),
        ({"number": 1, "energy": (0.0, 1.0)}, "above zero"),
        ({"number": 2, "condition": np.ones((2, 3))}, "conditions"),
        ({"number": 1, "condition": np.ones((2, 6))}, "conditions"),
        ({"number": 1, "condition": np.full((1, 6), np.nan)}, "finite|0 or 1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        calorimeter_geant4.generate_geant4(arguments.pop("number"), **arguments)


def test_conditions_fill_their_ranges():
    table = calorimeter_geant4.draw_conditions(4000, seed=1, energy=(2.0, 5.0))
    assert table.dtype == np.float32
    lows = [2.0] + [column.low for column in COLUMNS[1:]]
    highs = [5.0] + [column.high for column in COLUMNS[1:]]
    middle, reach = (np.array(lows) + highs) / 2, np.subtract(highs, lows)
    assert (np.abs(table - middle) <= 0.5001 * reach).all()
    np.testing.assert_allclose(table.mean(0), middle, atol=0.03 * reach.max())
    np.testing.assert_allclose(table[:, :5].std(0), reach[:5] / np.sqrt(12), rtol=0.03)
    assert set(table[:, 5]) == {0, 1}
    again = calorimeter_geant4.draw_conditions(4000, seed=1, energy=(2.0, 5.0))
    np.testing.assert_array_equal(again, table)
    assert (calorimeter_geant4.draw_conditions(4000, seed=2, energy=(2.0, 5.0)) != table).any()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("hello\n*** G4Exception : Run0061\n  issued by : Gun\n Too early.\nmore\n", "Run0061 Too early"),
        ("Traceback\nImportError: no library.\n", "ImportError: no library"),
        ("", "no output"),
    ],
)
def test_the_reason_of_a_failure_is_found(output, reason):
    assert calorimeter_geant4._reason(output) == reason


def test_two_showers_are_made_and_counted():
    needs_geant4()
    run = calorimeter_geant4.generate_geant4(2, seed=3, energy=(1.0, 2.0))
    assert run.batch.data.shape == (2, 30, 30)
    assert run.batch.condition.shape == (2, 6)
    assert (run.batch.data >= 0).all()
    ratio = run.batch.data.sum((1, 2)) / (1000 * run.batch.condition[:, 0])
    assert ((ratio > 0.08) & (ratio < 0.25)).all()
    assert 0 < run.shower_seconds < 10
    np.testing.assert_allclose(run.showers_per_second, 2 / run.shower_seconds)


def test_showers_of_the_reference_come_back_bit_by_bit(real_data):
    needs_geant4()
    reference = read_showers(real_data / "calo30_geant4.npz")
    run = calorimeter_geant4.generate_geant4(2, seed=1001, condition=reference.condition[:2])
    np.testing.assert_array_equal(run.batch.condition, reference.condition[:2])
    np.testing.assert_array_equal(run.batch.data, reference.data[:2])
