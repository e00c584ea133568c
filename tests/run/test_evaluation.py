"""Rows of metrics: means and spreads over members, floors, and what is not finite."""

import json
import math

import jax
import numpy as np
import pytest

from jaxgen.base import Batch, Estimate
from jaxgen.run.evaluation import evaluate


def batch(value: float, number: int) -> Batch:
    return Batch(np.full((number, 2), value), np.zeros((number, 1)))


def difference(key, real, fake):
    del key
    found = float(np.mean(fake.data) - np.mean(real.data))
    return {"difference": Estimate(found, 0.5), "number": Estimate(float(len(fake.data)), math.nan)}


def draw(key, real, fake):
    return {"draw": Estimate(float(jax.random.uniform(key)), 0.0)}


def rows(generated, *, suites=None, floor=4.0):
    suites = {"one": difference} if suites is None else suites
    return evaluate(jax.random.key(0), suites, batch(1.0, 5), batch(floor, 6), generated)


def test_one_member():
    row = rows([batch(7.0, 4)])["difference"]
    assert row == {
        "value": 6.0,
        "error": 0.5,
        "spread": None,
        "members": [6.0],
        "n": 4,
        "floor": {"value": 3.0, "error": 0.5, "n": 4},
        "ratio": 2.0,
    }


def test_the_floor_has_as_many_events_as_there_are():
    assert rows([batch(7.0, 100)])["number"]["floor"] == {"value": 6.0, "error": None, "n": 6}


def test_several_members():
    row = rows([batch(7.0, 4), batch(8.0, 4), batch(12.0, 4)])["difference"]
    assert row["members"] == [6.0, 7.0, 11.0]
    assert row["value"] == 8.0
    assert row["spread"] == pytest.approx(np.std([6, 7, 11], ddof=1))
    assert row["ratio"] == pytest.approx(8 / 3)


def test_all_members_floors_and_suites_use_keys_of_their_own():
    suites = {"one": draw, "two": lambda *a: {"other": draw(*a)["draw"]}}
    found = rows([batch(7.0, 4)] * 3, suites=suites)
    values = [v for row in found.values() for v in (*row["members"], row["floor"]["value"])]
    assert len(set(values)) == 8
    assert found == rows([batch(7.0, 4)] * 3, suites=suites)


@pytest.mark.parametrize(("value", "floor"), [(math.nan, 4.0), (7.0, math.inf), (math.inf, math.inf)])
def test_what_is_not_finite_becomes_none_and_fits_json(value, floor):
    found = rows([batch(value, 4)], floor=floor)
    assert found["difference"]["ratio"] in (None, 0.0)
    json.dumps(found, allow_nan=False)


def test_there_is_no_ratio_to_a_floor_of_nothing():
    assert rows([batch(7.0, 4)], floor=1.0)["difference"]["ratio"] is None
