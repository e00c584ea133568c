import numpy as np
import pytest

from jaxgen.plots import comparison, saving
from jaxgen.systems.four_leptons.figures import model_comparison
from tests.systems.four_leptons import lepton_batches as four_leptons

FLOOR = {"value": 1.7, "error": 0.3, "n": 100}
ROWS = {
    "gan": {"wasserstein_m4l": {"value": 9.0, "error": 0.5, "members": [8.0, 10.0], "floor": FLOOR}},
    "gmm": {"wasserstein_m4l": {"value": None, "error": None, "members": [None], "floor": FLOOR}},
}
REAL = four_leptons.make(0, 200)
GENERATED = {"gan": four_leptons.make(1, 250), "gmm": np.full((50, 8, 4), np.nan)}


def test_rows_of_an_evaluation_become_points_with_members_and_floors():
    axes = model_comparison.compare_models(ROWS).axes[0]
    assert axes.get_title(loc="left") == "Four-lepton mass, Wasserstein distance"
    floor, members, point = (line.get_xdata() for line in axes.lines[:3])
    assert list(floor) == [1.7, 1.7]
    assert list(members) == [8.0, 10.0]
    assert list(point) == [9.0]
    assert [text.get_text() for text in axes.texts] == ["gmm: not known"]


def test_spread_of_members_is_a_bar():
    score = comparison.Scored(
        model_comparison.score_of(ROWS["gan"]["wasserstein_m4l"]).estimate, None, (8.0, 10.0)
    )
    axes = comparison.compare_runs({"gan": {"wasserstein_m4l": score}}).axes[0]
    extent = axes.collections[0].get_paths()[0].get_extents()
    np.testing.assert_allclose((extent.x0, extent.x1), (9 - np.sqrt(2), 9 + np.sqrt(2)))


def test_metrics_nobody_has_are_refused():
    with pytest.raises(ValueError, match="at least one metric"):
        model_comparison.compare_models(ROWS, metrics=("unheard_of",))


def test_masses_of_all_models_lie_over_each_other():
    figure = model_comparison.mass_overlay(REAL, GENERATED)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["real", "gan (0 % without mass)", "gmm (100 % without mass)"]
    upper = figure.axes[0]
    shares = [patch.get_data().values for patch in upper.patches]
    assert len(shares) == 3
    np.testing.assert_allclose([share.sum() for share in shares], 1.0)
    assert shares[2][0] == 1.0  # no mass: drawn at 0
    assert saving.render(figure, dpi=30)


def test_the_report_has_metrics_and_masses():
    found = model_comparison.model_illustrations(ROWS, REAL, GENERATED)
    assert [figure.name for figure in found] == ["models", "model_masses", "model_masses_logarithmic"]
    assert found[2].figure.axes[0].get_yscale() == "log"
