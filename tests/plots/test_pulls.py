"""Pulls are bars with both numbers beside them."""

import math

import pytest

from jaxgen.base import Estimate
from jaxgen.metrics.linear_fits import Compared
from jaxgen.plots import illustration
from jaxgen.plots.pulls import pulls


def test_pulls_are_bars_with_both_numbers_beside():
    compared = {
        "pad_residual_mean": Compared(Estimate(0.0, 0.1), Estimate(0.3, 0.1), 2.1),
        "Sigma0^2_drift": Compared(Estimate(0.0, 0.1), Estimate(9.0, 0.1), 60.0),
        "Cov01_tilt": Compared(Estimate(0.0, math.nan), Estimate(0.0, math.nan), math.nan),
    }
    axes = pulls(compared).axes[0]
    widths = [bar.get_width() for bar in axes.patches if bar.get_height() == pytest.approx(0.6)]
    assert widths == [2.1, 10.0, 0.0]
    assert axes.texts[0].get_text() == "0.30 ± 0.10   real 0.00 ± 0.10"
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["pad residual mean", "Sigma0² drift", "Cov01 tilt"]
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert [list(line.get_ydata()) for line in arrows] == [[1]]


def test_nothing_compared_is_drawn():
    assert illustration.render(pulls({}), dpi=30)
