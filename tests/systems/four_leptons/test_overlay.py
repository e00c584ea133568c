"""Masses of several runs over those of real events."""

import numpy as np

from jaxgen.plots.illustration import render
from jaxgen.systems.four_leptons import SYSTEM
from jaxgen.systems.four_leptons.figures import overlay
from tests.systems.four_leptons import lepton_batches as four_leptons

REAL = four_leptons.table(four_leptons.make(0, 200))
GENERATED = {
    "gan": four_leptons.table(four_leptons.make(1, 250)),
    "gmm": four_leptons.table(np.full((50, 8, 4), np.nan)),
}


def test_masses_of_all_models_lie_over_each_other():
    figure = overlay.mass_overlay(REAL, GENERATED)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["real", "gan (0 % without mass)", "gmm (100 % without mass)"]
    upper = figure.axes[0]
    shares = [patch.get_data().values for patch in upper.patches]
    assert len(shares) == 3
    np.testing.assert_allclose([share.sum() for share in shares], [1.0, 1.0, 0.0], atol=0.03)
    assert render(figure, dpi=30)


def test_the_system_offers_both_scales():
    found = SYSTEM.overlay(REAL, GENERATED)
    assert [figure.name for figure in found] == ["run_masses", "run_masses_logarithmic"]
    assert found[1].figure.axes[0].get_yscale() == "log"
