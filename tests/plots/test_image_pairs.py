"""Pairs of images: each real one above the generated one of its place."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize

from jaxgen.plots import illustration
from jaxgen.plots.image_pairs import Look, image_pairs

DRAW = np.random.default_rng(0)
REAL, FAKE = DRAW.exponential(size=(2, 7, 3, 4))
LOOK = Look(width=1.0, height=0.5, columns=3, x="time bin", label="charge [fC]")
NORM = LogNorm(0.1, 5.0)


def drawn(axes) -> np.ma.MaskedArray:
    return axes.get_images()[0].get_array()


def pairs(number: int = 7, **changes):
    titles = [f"track {i}" for i in range(number)]
    return image_pairs(REAL[:number], FAKE[:number], titles, [NORM] * number, LOOK, **changes)


def test_each_pair_shares_place_and_scale():
    figure = pairs()
    assert len(figure.axes) == 2 * 7 + 1
    for i in range(7):
        upper, lower = figure.axes[2 * i : 2 * i + 2]
        np.testing.assert_allclose(drawn(upper).filled(0), np.where(REAL[i] < 0.1, 0, REAL[i]))
        np.testing.assert_allclose(drawn(lower).filled(0), np.where(FAKE[i] < 0.1, 0, FAKE[i]))
        assert upper.get_images()[0].norm is lower.get_images()[0].norm is NORM
        assert upper.get_title() == f"track {i}"
        places = [axes.get_position() for axes in (upper, lower)]
        assert places[0].x0 == places[1].x0
        assert places[0].y0 > places[1].y1
    assert figure.axes[-1].get_ylabel() == "charge [fC]"
    assert illustration.render(figure, dpi=30)


def test_rows_are_named_once_and_only_the_last_images_have_an_axis():
    figure = pairs()
    names = [axes.get_ylabel() for axes in figure.axes[:-1]]
    assert [i for i, name in enumerate(names) if name] == [0, 1, 6, 7, 12, 13]
    assert (names[0], names[1]) == ("real", "generated")
    below = [axes.get_xlabel() for axes in figure.axes[1:-1:2]]
    assert below == ["", "", "", "", "time bin", "time bin", "time bin"]


def test_the_figure_grows_by_its_rows():
    heights = [pairs(number).get_size_inches()[1] for number in (1, 3, 4, 7)]
    assert heights[0] == heights[1]
    np.testing.assert_allclose(np.diff(heights)[1:], LOOK.row)


def test_values_below_a_linear_scale_are_drawn_and_not_finite_ones_are_gray():
    images = np.array([[[-1.0, 2.0], [np.nan, np.inf]]])
    figure = image_pairs(images, images, ["x"], [Normalize(0.0, 1.0)], LOOK)
    np.testing.assert_array_equal(np.ma.getmaskarray(drawn(figure.axes[0])), [[False, False], [True, True]])


def test_the_bar_shows_the_scale_asked_for():
    norms = [Normalize(0.0, 1.0 + i) for i in range(2)]
    figure = image_pairs(REAL[:2], FAKE[:2], ["a", "b"], norms, LOOK, scale=Normalize(0.0, 9.0))
    assert figure.axes[0].get_images()[0].norm is norms[0]
    assert figure.axes[2].get_images()[0].norm is norms[1]
    assert figure.axes[-1].get_ylim() == (0.0, 9.0)


def test_no_images_give_a_figure_and_unpaired_ones_are_refused():
    assert illustration.render(image_pairs(REAL[:0], FAKE[:0], [], [], LOOK), dpi=30)
    with pytest.raises(ValueError, match="Expected fake to have the shape of real"):
        image_pairs(REAL, FAKE[:3], ["x"] * 7, [NORM] * 7, LOOK)
    with pytest.raises(IndexError):
        image_pairs(REAL, FAKE, ["x"], [NORM], LOOK)
