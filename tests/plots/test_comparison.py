"""Metrics of one run or several on the bands of their floors."""

import math

import pytest

from jaxgen.base import Estimate
from jaxgen.metrics.glossary import Meaning
from jaxgen.metrics.scores import Score
from jaxgen.plots import comparison, illustration

WORDS = Meaning("Trend χ²", better=-1)
GOOD = Score("trend_chi2", Estimate(1200.0, 40.0), Estimate(1100.0, 70.0), (1150.0, 1250.0), meaning=WORDS)
BAD = Score("trend_chi2", Estimate(1300.0, 60.0), Estimate(1100.0, 70.0), meaning=WORDS)
FPD = Score("fpd", Estimate(1300.0, 60.0), Estimate(1100.0, 70.0))


def test_one_panel_a_metric_one_line_a_run():
    runs = {"spectral norm": {"trend_chi2": GOOD, "fpd": FPD}, "penalty": {"trend_chi2": BAD}}
    figure = comparison.compare_runs(runs)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Trend χ²", "Fréchet physics distance"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["spectral norm", "penalty"]
    assert illustration.render(figure, dpi=30)


def test_a_title_comes_from_a_run_that_has_the_metric():
    figure = comparison.compare_runs({"a": {"fpd": FPD}, "b": {"trend_chi2": GOOD}})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Fréchet physics distance", "Trend χ²"]


def test_point_bar_floor_and_members_are_where_they_should_be():
    axes = comparison.compare_runs({"run": {"trend_chi2": GOOD}}).axes[0]
    floor, members, point = (line.get_xdata() for line in axes.lines[:3])
    assert list(floor) == [1100.0, 1100.0]
    assert list(members) == [1150.0, 1250.0]
    assert list(point) == [1200.0]
    extents = [one.get_paths()[0].get_extents() for one in axes.collections[:2]]
    assert (extents[0].x0, extents[0].x1) == (1030.0, 1170.0)
    std = 50 * math.sqrt(2)
    assert (extents[1].x0, extents[1].x1) == (pytest.approx(1200 - std), pytest.approx(1200 + std))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_are_said(value):
    lost = Score("fpd", Estimate(value, math.nan), Estimate(math.nan, math.nan), (math.nan,))
    figure = comparison.compare_runs({"a": {"fpd": lost}, "b": {"fpd": FPD}})
    assert figure.axes[0].texts[0].get_text() == f"a: {'∞' if value == math.inf else 'not known'}"
    assert illustration.render(figure, dpi=30)


def test_a_floor_that_is_not_known_is_left_out():
    score = Score("fpd", Estimate(2.0, 0.1))
    axes = comparison.compare_runs({"a": {"fpd": score}}).axes[0]
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == [[], [2.0]]


def test_wide_ranges_are_logarithmic():
    runs = {"a": {"x": GOOD}, "b": {"x": Score("x", Estimate(5e5, 1.0))}}
    assert comparison.compare_runs(runs).axes[0].get_xscale() == "log"
    assert comparison.compare_runs({"a": {"x": GOOD}}).axes[0].get_xscale() == "linear"


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="at least one metric"):
        comparison.compare_runs({"run": {}})
