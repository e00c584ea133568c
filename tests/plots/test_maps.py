"""Maps over cells: both samples on one scale, and their difference on one around zero."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize

from jaxgen.plots import illustration, maps

SIDES = np.array([[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], [[0.5, 1.0, np.nan], [3.0, 9.0, 5.0]]])


def drawn(figure, index):
    return np.asarray(figure.axes[index].get_images()[0].get_array())


def draw(difference=None, **changes):
    given = {"axes": ("pad", "time bin"), "norm": Normalize(0.0, 5.0), "label": "charge [fC]"}
    return maps.difference_maps(
        SIDES, SIDES[1] - SIDES[0] if difference is None else difference, **given | changes
    )


def test_both_sides_share_a_scale_and_the_difference_has_its_own():
    figure = draw()
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == [
        "real",
        "generated",
        "generated − real",
    ]
    np.testing.assert_array_equal(drawn(figure, 0), SIDES[0])
    np.testing.assert_array_equal(drawn(figure, 1), np.nan_to_num(SIDES[1]))
    np.testing.assert_array_equal(drawn(figure, 2), np.nan_to_num(SIDES[1] - SIDES[0]))
    norms = [figure.axes[i].get_images()[0].norm for i in range(3)]
    assert norms[0] is norms[1]
    assert (norms[2].vmin, norms[2].vmax) == (-5.0, 5.0)
    assert len(figure.axes) == 5  # three maps, two colour bars
    assert figure.axes[0].get_xlabel() == "time bin"
    assert figure.axes[0].get_ylabel() == "pad"
    assert [axes.get_ylabel() for axes in figure.axes[3:]] == ["charge [fC]", "difference / its error"]
    assert illustration.render(figure, dpi=30)


def test_small_differences_do_not_fill_the_scale():
    norm = draw(difference=np.full((2, 3), 1e-3)).axes[2].get_images()[0].norm
    assert norm.vmax == maps.SIGNIFICANT
    norm = draw(difference=np.full((2, 3), 1e-3), least=0.01).axes[2].get_images()[0].norm
    assert norm.vmax == 0.01
    norm = draw(difference=np.full((2, 3), np.nan)).axes[2].get_images()[0].norm
    assert norm.vmax == maps.SIGNIFICANT


def test_what_is_below_a_logarithmic_scale_has_its_lowest_colour():
    figure = draw(norm=LogNorm(1.5, 5.0))
    assert drawn(figure, 0).min() == 1.5
    assert illustration.render(figure, dpi=30)


def test_a_map_may_have_its_own_extent():
    image = draw(extent=(-1.0, 1.0, -2.0, 2.0)).axes[0].get_images()[0]
    assert list(image.get_extent()) == [-1.0, 1.0, -2.0, 2.0]


def test_a_difference_over_its_error_is_a_pull():
    """Of normal numbers of width one it has width one, and 1 / sqrt(2 / 400) = 14.1 for a shift by one."""
    draw = np.random.default_rng(0)
    real, fake = draw.normal(10, 1, (2, 400, 8, 16))
    fake[:, 0, 0] += 1.0
    error = np.sqrt(sum(x.var(axis=0) / len(x) for x in (real, fake)))
    pull = maps.over_error(real.mean(axis=0), fake.mean(axis=0), error)
    assert pull[0, 0] == pytest.approx(14.1, abs=3)
    assert np.delete(pull.ravel(), 0).std() == pytest.approx(1.0, abs=0.25)
    nothing = np.zeros((2, 2))
    np.testing.assert_array_equal(maps.over_error(nothing, nothing + 1, nothing), nothing)


def test_a_difference_beyond_the_colours_is_written():
    figure = draw(difference=np.full((2, 3), -81.2), most=maps.MOST)
    assert figure.axes[2].get_images()[0].norm.vmax == maps.MOST
    assert figure.axes[2].get_title(loc="right") == "largest ±81"
