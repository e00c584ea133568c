import math

import numpy as np
import pytest

from jaxgen.base import Estimate
from jaxgen.plots import auc_by_feature, comparison, saving
from jaxgen.plots.comparison import Scored
from jaxgen.plots.format import Label
from jaxgen.systems.tpc_pads.figures import geometry
from jaxgen.systems.tpc_pads.observables.geometry import Compared

GOOD = Scored(Estimate(1200.0, 40.0), Estimate(1100.0, 70.0), (1150.0, 1250.0))
BAD = Scored(Estimate(1300.0, 60.0), Estimate(1100.0, 70.0))


def test_one_panel_a_metric_one_line_a_run():
    runs = {"spectral norm": {"trend_chi2": GOOD, "fpd": BAD}, "penalty": {"trend_chi2": BAD}}
    figure = comparison.compare_runs(runs)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Trend χ²", "Fréchet physics distance"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["spectral norm", "penalty"]
    assert saving.render(figure, dpi=30)


def test_point_bar_floor_and_members_are_where_they_should_be():
    axes = comparison.compare_runs({"run": {"trend_chi2": GOOD}}).axes[0]
    floor, members, point = (line.get_xdata() for line in axes.lines[:3])
    assert list(floor) == [1100.0, 1100.0]
    assert list(members) == [1150.0, 1250.0]
    assert list(point) == [1200.0]
    extent = axes.collections[0].get_paths()[0].get_extents()
    assert (extent.x0, extent.x1) == (1030.0, 1170.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_are_said(value):
    lost = Scored(Estimate(value, math.nan), Estimate(math.nan, math.nan), (math.nan,))
    figure = comparison.compare_runs({"a": {"fpd": lost}, "b": {"fpd": GOOD}})
    assert figure.axes[0].texts[0].get_text() == f"a: {'∞' if value == math.inf else 'not known'}"
    assert saving.render(figure, dpi=30)


def test_wide_ranges_are_logarithmic():
    runs = {"a": {"x": GOOD}, "b": {"x": Scored(Estimate(5e5, 1.0))}}
    assert comparison.compare_runs(runs).axes[0].get_xscale() == "log"


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="at least one metric"):
        comparison.compare_runs({"run": {}})


def test_pulls_are_bars_with_both_numbers_beside():
    compared = {
        "pad_residual_mean": Compared(Estimate(0.0, 0.1), Estimate(0.3, 0.1), 2.1),
        "Sigma0^2_drift": Compared(Estimate(0.0, 0.1), Estimate(9.0, 0.1), 60.0),
        "Cov01_tilt": Compared(Estimate(0.0, math.nan), Estimate(0.0, math.nan), math.nan),
    }
    axes = geometry.pulls(compared).axes[0]
    widths = [bar.get_width() for bar in axes.patches if bar.get_height() == pytest.approx(0.6)]
    assert widths == [2.1, 10.0, 0.0]
    assert axes.texts[0].get_text() == "0.30 ± 0.10   real 0.00 ± 0.10"


def test_area_under_the_curve_leaves_out_bins_without_events():
    areas = [Estimate(0.6, 0.05), Estimate(math.nan, math.nan), Estimate(0.7, math.nan)]
    parts = {Label("dip angle", "deg"): (np.array([0.0, 1.0, 2.0, 4.0]), areas)}
    figure = auc_by_feature(parts, null=Estimate(0.5, 0.02))
    (axes,) = figure.axes
    assert list(axes.lines[1].get_xdata()) == [0.5, 3.0]
    assert axes.get_xlabel() == "dip angle [deg]"
