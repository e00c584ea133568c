"""Metrics beside their floors: ratios, pulls, verdicts, and the way to a file and back."""

import json
import math

import numpy as np
import pytest

from jaxgen.base import UNKNOWN, Estimate
from jaxgen.metrics import glossary, scores
from jaxgen.metrics.glossary import NEITHER, Meaning
from jaxgen.metrics.scores import Score, Scores

NAN = math.nan
SMALLER = Meaning("Distance", better=-1)
EITHER = Meaning("?", better=NEITHER)
LARGER = Meaning("Precision", better=1)


def score(value=2.0, error=0.5, floor=(1.0, 0.2), **changes) -> Score:
    known = None if floor is None else Estimate(*floor)
    return Score(**{"name": "fpd", "estimate": Estimate(value, error), "floor": known, **changes})


def test_the_error_of_a_quotient_is_that_of_independent_numbers():
    found = scores.quotient(Estimate(6, 0.6), Estimate(3, 0.4))
    assert found.error == pytest.approx(2 * np.hypot(0.1, 0.4 / 3))
    assert found.value == 2
    assert math.isnan(scores.quotient(Estimate(1, 0), Estimate(0, 0)).value)
    draw = np.random.default_rng(0)
    toys = draw.normal(6, 0.3, 20_000) / draw.normal(3, 0.1, 20_000)
    assert scores.quotient(Estimate(6, 0.3), Estimate(3, 0.1)).error == pytest.approx(toys.std(), rel=0.03)


def test_a_pull_needs_an_error():
    assert scores.pull(Estimate(1.0, 3.0), Estimate(11.0, 4.0)) == -2.0
    assert math.isnan(scores.pull(Estimate(1.0, 0.0), Estimate(2.0, 0.0)))
    assert math.isnan(scores.pull(Estimate(1.0, NAN), Estimate(2.0, 1.0)))


@pytest.mark.parametrize(
    ("floor", "ratio"),
    [
        ((1.0, 0.2), 2.0),
        ((1.0, 0.5), None),
        ((0.0, 0.1), None),
        ((-1.0, 0.1), None),
        ((1.0, 0.0), None),
        ((1.0, NAN), None),
        (None, None),
    ],
)
def test_there_is_a_ratio_where_the_floor_is_clearly_above_zero(floor, ratio):
    found = score(floor=floor).ratio
    assert (found if ratio is None else found.value) == ratio
    assert score(value=-1.0).ratio is None


@pytest.mark.parametrize(
    ("value", "meaning", "worse"),
    [
        (3.0, SMALLER, True),
        (2.0, SMALLER, False),
        (-1.0, SMALLER, False),
        (-1.0, LARGER, True),
        (3.0, LARGER, False),
        (3.0, EITHER, True),
        (-1.0, EITHER, True),
        (2.0, EITHER, False),
        (3.0, Meaning("?"), False),
        (NAN, SMALLER, False),
    ],
)
def test_worse_is_three_errors_to_the_bad_side(value, meaning, worse):
    one = score(value, 0.4, (1.0, 0.3), meaning=meaning)
    assert one.worse == worse
    assert one.difference().endswith(", worse") == worse


def test_a_difference_is_told_in_errors():
    assert score(1.0, 0.4, (2.0, 0.3)).difference() == "−2.0 errors"
    assert score(floor=None).difference() == "–"
    assert math.isnan(score(floor=None).pull)


def test_one_metric_says_nothing_of_the_events_as_a_whole():
    assert score(1.1, 0.1, (1.0, 0.02), meaning=SMALLER).verdict() == (
        "Distance is 1.10 ± 0.10; real events in place of generated ones give 1.000 ± 0.020. "
        "A perfect generator would have a ratio of 1; here it is 1.10 ± 0.10."
    )
    assert score(NAN, 0.1, (1.0, 0.02), meaning=SMALLER).verdict().endswith("give 1.000 ± 0.020.")
    length = SMALLER._replace(unit="mm")
    assert score(meaning=length).verdict().startswith("Distance is 2.00 ± 0.50 mm; real")


def test_no_value_where_real_events_have_one_is_worse():
    assert score(math.inf, NAN, meaning=SMALLER).worse
    assert not score(math.inf, NAN, (math.inf, NAN), meaning=SMALLER).worse


def test_the_verdict_without_a_floor_says_so():
    assert score(floor=None).verdict().endswith("its floor is not known.")
    assert score(floor=(1.0, 0.6)).verdict().endswith("give 1.00 ± 0.60.")


def test_titles_come_from_the_words_of_the_detector_or_from_the_general_ones():
    assert score().title == "Fréchet physics distance"
    assert score(meaning=SMALLER).title == "Distance"
    assert score(name="unheard_of").title == "unheard of"


def test_a_score_of_members_is_their_mean_with_the_error_of_one():
    estimates = [Estimate(1.0, 0.2), Estimate(3.0, 0.4), Estimate(5.0, 0.6)]
    found = scores.of_members(
        "fpd", estimates, Estimate(1.0, 0.1), number=50, floor_number=40, meaning=SMALLER
    )
    assert found.estimate == Estimate(3.0, pytest.approx(0.4))
    assert found.members == (1.0, 3.0, 5.0)
    assert found.member_std == pytest.approx(2.0)
    assert (found.number, found.floor_number) == (50, 40)
    assert "standard deviation of 3 seeds 2" in found.brief()
    assert math.isnan(score().member_std)
    assert "seeds" not in score().brief()


FULL = Scores(
    {
        "fpd": score(members=(1.5, 2.5), number=50, floor_number=40, meaning=glossary.meaning("fpd")),
        "kpd": score(NAN, math.inf, (0.0, NAN), name="kpd", members=(NAN,)),
        "own": score(name="own", floor=None, meaning=LARGER),
    },
    "fpd",
    ("Conditions are those of the test split.",),
)


def test_rows_survive_a_file():
    """Values that are not finite are none there, and NaN again."""
    text = json.dumps(FULL.as_json(), allow_nan=False)
    rows = json.loads(text)
    assert rows["fpd"] == {
        "value": 2.0,
        "error": 0.5,
        "member_std": pytest.approx(np.sqrt(0.5)),
        "members": [1.5, 2.5],
        "n": 50,
        "floor": {"value": 1.0, "error": 0.2, "n": 40},
        "ratio": 2.0,
        "title": "Fréchet physics distance",
        "unit": "1",
    }
    assert rows["kpd"]["value"] is rows["kpd"]["error"] is rows["kpd"]["ratio"] is None
    again = scores.from_json("fpd", rows["fpd"])
    assert (again.estimate, again.floor, again.members) == (
        Estimate(2.0, 0.5),
        Estimate(1.0, 0.2),
        (1.5, 2.5),
    )
    assert again.ratio == FULL["fpd"].ratio
    assert math.isnan(scores.from_json("kpd", rows["kpd"]).estimate.value)
    own = scores.from_json("own", rows["own"], LARGER)
    assert own.title == "Precision"
    assert all(map(math.isnan, own.floor))
    assert own.ratio is None
    assert own.floor != UNKNOWN, "NaN is never equal"


def test_scores_are_a_mapping_and_a_table():
    assert list(FULL) == ["fpd", "kpd", "own"]
    assert len(FULL) == 3
    assert FULL["fpd"].floor_number == 40
    heads, lines = FULL.table()
    assert len(heads) == 5
    assert lines[0] == [
        "Fréchet physics distance",
        "2.00 ± 0.50",
        "1.00 ± 0.20",
        "2.00 ± 0.64",
        "+1.9 errors",
    ]
    assert lines[1] == ["Kernel physics distance", "not known", "0", "–", "–"]
    assert lines[2] == ["Precision", "2.00 ± 0.50", "–", "–", "–"]
    assert repr(FULL).splitlines()[0] == "Conditions are those of the test split."
    html = FULL._repr_html_()
    assert html.startswith("<p>Conditions")
    assert html.count("<tr>") == 4
