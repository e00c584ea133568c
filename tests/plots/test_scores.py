"""What a critic says of real and of generated events."""

import numpy as np
import pytest

from jaxgen.plots import illustration, scores

DRAW = np.random.default_rng(0)


def test_probabilities_are_on_zero_to_one():
    figure = scores.score_histograms(DRAW.uniform(size=50), DRAW.uniform(size=(40, 1)), bins=10)
    (axes,) = figure.axes
    assert axes.get_xlim() == (0.0, 1.0)
    assert axes.get_yscale() == "log"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[0].startswith("D(x), real: 50 events, mean 0.")
    assert texts[1].startswith("D(G(z)), generated: 40 events, mean 0.")
    for patch in axes.patches:
        assert patch.get_data().values.sum() == pytest.approx(1.0)
    assert illustration.render(figure, dpi=30)


def test_other_scores_are_all_in_the_bins():
    real, fake = np.array([-3.0, 5.0, np.nan]), np.array([80.0, np.inf])
    figure = scores.score_histograms(real, fake, probability=False)
    low, high = figure.axes[0].get_xlim()
    assert low < -3
    assert high > 80
    assert figure.axes[0].get_xlabel() == "score"
    assert illustration.render(figure, dpi=30)


@pytest.mark.parametrize("values", [np.array([]), np.full(3, np.nan), np.full(3, 2.0)])
def test_degenerate_scores_are_drawn(values):
    for probability in (True, False):
        figure = scores.score_histograms(values, values, probability=probability)
        assert illustration.render(figure, dpi=30)


def test_the_caption_says_which_way_is_real():
    for probability in (True, False):
        one = scores.score_illustration(np.zeros(3), np.ones(3), probability=probability)
        assert one.name == "critic_scores"
        assert ("Larger is more real." in one.caption) == (not probability)
