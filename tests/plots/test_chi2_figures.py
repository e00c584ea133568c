"""Where the chi2 comes from, by feature and value and bin by bin."""

import numpy as np
import pytest

from jaxgen.metrics import worst_trends
from jaxgen.plots import chi2_figures, illustration
from tests.metrics.test_worst_trends import FEATURES, VALUES, make_terms


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 20, 3, 2))


def test_the_table_shows_ratio_and_share(noise):
    noise[1, :, 2] = 3.0
    floor = make_terms(np.full_like(noise, 2.0))
    figure = chi2_figures.chi2_table(make_terms(noise), FEATURES, VALUES, floor=floor)
    texts = {(t.get_position()): t.get_text() for t in figure.axes[0].texts}
    assert len(texts) == 3 * 4
    assert texts[2, 1].split("\n")[0] == "2.25"  # 9 a term over 4 a term
    assert texts[2, 1].split("\n")[1] == "100 %"
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "Mean0",
        "Sigma0²",
        "Cov01",
        "all",
    ]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "crossing angle",
        "dip angle",
        "all",
    ]


def test_the_map_has_a_row_for_mean_and_standard_deviation(noise):
    figure = chi2_figures.deviation_map(make_terms(noise), FEATURES, VALUES)
    assert len(figure.axes) == 3
    assert figure.axes[1].get_xlabel() == "dip angle [deg]"
    drawn = np.asarray(figure.axes[1].collections[0].get_array())
    mean, std = worst_trends.shifts(make_terms(noise))
    np.testing.assert_allclose(drawn[2], mean[1, :, 1])
    np.testing.assert_allclose(drawn[3], std[1, :, 1])
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows[2:4] == ["Sigma0² mean", "Sigma0² std"]


def test_terms_without_any_use_are_drawn():
    nothing = make_terms(np.zeros((2, 4, 3, 2)))
    nothing = nothing._replace(terms=0 * nothing.terms)
    for figure in (
        chi2_figures.chi2_table(nothing, FEATURES, VALUES, floor=nothing),
        chi2_figures.deviation_map(nothing, FEATURES, VALUES),
    ):
        assert illustration.render(figure, dpi=30)
