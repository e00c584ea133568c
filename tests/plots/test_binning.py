"""Bins follow both samples, within reason."""

import numpy as np
import pytest

from jaxgen.plots import binning

DRAW = np.random.default_rng(0)
REAL = DRAW.normal(size=2000)


def test_outliers_do_not_stretch_the_range():
    far = np.append(REAL, [1e6, -1e6])
    edges = binning.edges(far, far)
    assert -4 < edges[0] < edges[-1] < 4
    assert np.all(np.diff(edges) > 0)


def test_generated_values_widen_the_range_by_half_at_most():
    alone, near, wild = (binning.edges(REAL, fake)[[0, -1]] for fake in (REAL, REAL + 1, 50 * REAL))
    span = alone[1] - alone[0]
    assert alone[0] == near[0] or abs(alone[0] - near[0]) < 0.1
    assert near[1] > alone[1] + 0.3
    assert 1.8 * span < wild[1] - wild[0] < 2.1 * span


def test_a_narrow_peak_on_a_broad_background_gets_several_bins():
    peak = np.concatenate([91.2 + 1.25 * DRAW.standard_cauchy(5000), DRAW.uniform(40, 130, 2000)])
    width = np.diff(binning.edges(peak, low=0.0))[0]
    assert width < 2.5 / 3  # its full width at half maximum


def test_ends_of_what_values_can_be_are_kept():
    edges = binning.edges(np.abs(REAL), low=0.0, high=2.0)
    assert (edges[0], edges[-1]) == (0.0, 2.0)


def test_logarithmic_bins_are_equal_in_the_logarithm():
    edges = binning.edges(10**REAL, logarithmic=True, low=0.0)
    np.testing.assert_allclose(np.log10(edges), binning.edges(REAL), atol=1e-9)


@pytest.mark.parametrize("values", [np.array([np.nan]), np.array([3.0, 3.0]), np.array([]), np.zeros(5)])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_edges_of_degenerate_samples_still_rise(values, logarithmic):
    assert (np.diff(binning.edges(values, values, logarithmic=logarithmic)) > 0).all()
