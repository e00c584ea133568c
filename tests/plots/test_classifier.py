"""Where a classifier can tell generated events from real ones."""

import math

import numpy as np

from jaxgen.base import Estimate
from jaxgen.metrics.table import Label
from jaxgen.plots import illustration
from jaxgen.plots.classifier import auc_by_feature


def test_bins_without_events_are_left_out():
    areas = [Estimate(0.6, 0.05), Estimate(math.nan, math.nan), Estimate(0.7, math.nan)]
    parts = {Label("dip angle", "deg"): (np.array([0.0, 1.0, 2.0, 4.0]), areas)}
    figure = auc_by_feature(parts, null=Estimate(0.5, 0.02))
    (axes,) = figure.axes
    assert list(axes.lines[1].get_xdata()) == [0.5, 3.0]
    assert axes.get_xlabel() == "dip angle [deg]"
    assert illustration.render(figure, dpi=30)


def test_every_feature_has_axes():
    areas = [Estimate(0.6, 0.05)]
    parts = {Label(name): (np.array([0.0, 1.0]), areas) for name in ("a", "b", "c")}
    axes = auc_by_feature(parts).axes
    assert [one.get_xlabel() for one in axes] == ["a", "b", "c"]
    assert [bool(one.get_ylabel()) for one in axes] == [True, False, False]
