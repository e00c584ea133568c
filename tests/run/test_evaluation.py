"""Scores of runs, generators and events: members, floors, own metrics, and what is not finite."""

import json
import math
from dataclasses import replace

import jax
import numpy as np
import pytest

from jaxgen.base import Batch, Estimate
from jaxgen.data.dataset import Column, Spec, as_batch, split
from jaxgen.metrics.general import observe
from jaxgen.run.evaluation import evaluate, judge
from jaxgen.run.fitting import fit
from jaxgen.system import Judging, System
from tests.run.toys import SYSTEM, simulate

SPEC = Spec("numbers", ("place",), (2,), (Column("number"),))


def batch(value: float, number: int) -> Batch:
    return as_batch(np.full((number, 2), value), np.zeros((number, 0)))


def difference(key, real, fake):
    del key
    found = float(np.mean(fake.batch.data) - np.mean(real.batch.data))
    return {"difference": Estimate(found, 0.5), "number": Estimate(float(fake.number), math.nan)}


def draw(key, real, fake):
    return {"draw": Estimate(float(jax.random.uniform(key)), 0.0)}


def rows(generated, *, suites=None, floor=4.0, **options):
    suites = {"one": difference} if suites is None else suites
    system = System(
        "numbers", "Numbers", {}, lambda: None, observe=observe, judging=lambda: Judging(suites, draw)
    )
    data = split(batch(1.0, 20), SPEC)
    data = replace(data, test=batch(1.0, 5), train=batch(floor, 6))
    return judge(jax.random.key(0), system, data, generated, **options).scores


def test_one_member():
    assert rows([batch(7.0, 4)])["difference"].as_json() == {
        "value": 6.0,
        "error": 0.5,
        "member_std": None,
        "members": [6.0],
        "n": 4,
        "floor": {"value": 3.0, "error": 0.5, "n": 4},
        "ratio": 2.0,
        "title": "difference",
        "unit": "",
    }


def test_both_sides_and_the_floor_have_as_many_events():
    score = rows([batch(7.0, 100)])["number"]
    assert score.estimate.value == score.floor.value == score.number == score.floor_number == 5


def test_several_members():
    score = rows([batch(7.0, 4), batch(8.0, 4), batch(12.0, 4)])["difference"]
    assert score.members == (6.0, 7.0, 11.0)
    assert score.estimate.value == 8.0
    assert score.member_std == pytest.approx(np.std([6, 7, 11], ddof=1))
    assert score.as_json()["ratio"] == pytest.approx(8 / 3)


def test_all_members_floors_and_suites_use_keys_of_their_own():
    suites = {"one": draw, "two": lambda *given: {"other": draw(*given)["draw"]}}
    found = rows([batch(7.0, 4)] * 3, suites=suites)
    values = [v for score in found.values() for v in (*score.members, score.floor.value)]
    assert len(set(values)) == 8
    assert found.as_json() == rows([batch(7.0, 4)] * 3, suites=suites).as_json()


@pytest.mark.parametrize(("value", "floor"), [(math.nan, 4.0), (7.0, math.inf), (math.inf, math.inf)])
def test_what_is_not_finite_becomes_none_and_fits_json(value, floor):
    found = rows([batch(value, 4)], floor=floor).as_json()
    assert found["difference"]["ratio"] in (None, 0.0)
    json.dumps(found, allow_nan=False)


def test_there_is_no_ratio_to_a_floor_of_nothing():
    score = rows([batch(7.0, 4)], floor=1.0)["difference"]
    assert score.ratio is None
    assert score.as_json()["ratio"] is None


class TestOwnMetrics:
    def test_stand_beside_the_others_with_a_floor(self):
        def largest(key, real, fake):
            return Estimate(float(np.max(fake.data)), 0.25)

        found = rows([batch(7.0, 4), batch(9.0, 4)], metrics={"largest number": largest})
        assert found["largest number"].members == (7.0, 9.0)
        assert found["largest number"].floor == Estimate(4.0, 0.25)
        assert found["largest number"].title == "largest number"
        assert "difference" in found

    def test_do_not_take_the_place_of_another(self):
        with pytest.raises(ValueError, match="Expected other names for own metrics"):
            rows([batch(7.0, 4)], metrics={"difference": lambda key, real, fake: Estimate(0.0, 1.0)})

    def test_must_give_estimates(self):
        with pytest.raises(ValueError, match=r"Expected the metric bad to give an Estimate.*; got float"):
            rows([batch(7.0, 4)], metrics={"bad": lambda key, real, fake: 1.0})


@pytest.fixture(scope="module")
def data():
    return simulate()


@pytest.fixture(scope="module")
def run(data):
    return fit(SYSTEM.learner("mean", data), data, quiet=True)


class TestWhatIsJudged:
    def test_a_run_and_its_generator_are_judged_alike(self, data, run):
        scores = run.evaluate(data)
        assert run.scores is scores
        assert evaluate(run.generator, data).as_json() == scores.as_json()
        assert evaluate(run, data).as_json() == scores.as_json()
        assert scores["distance"].number == len(data.test.data) // 2
        assert scores.judged["generated_events"] == 10 * len(data.test.data)

    def test_events_from_anywhere_are(self, data):
        scores = evaluate(data.train, data, system=SYSTEM)
        assert scores["distance"].number == scores["distance"].floor_number == 10
        by_name = evaluate(data.train, data, system="dots")
        assert by_name.as_json() == scores.as_json()
        with pytest.raises(ValueError, match="Expected system=, the detector of the events; got none"):
            evaluate(data.train, data)
        with pytest.raises(ValueError, match="Expected a Run, a Generator or a Batch to judge; got ndarray"):
            evaluate(data.train.data, data, system=SYSTEM)

    def test_the_seed_decides(self, data, run):
        one, other = (run.evaluate(data, seed=seed)["distance"].estimate for seed in (1, 2))
        assert one != other
        assert run.evaluate(data, seed=1)["distance"].estimate == one
