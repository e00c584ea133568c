"""Maps of correlations: both samples on one scale, and their difference."""

import numpy as np
import pytest

from jaxgen.metrics import correlations
from jaxgen.plots import illustration
from jaxgen.plots.correlation_maps import DIFFERENCE, correlation_maps

DRAW = np.random.default_rng(0)
REAL, FAKE = (correlations.pearson(DRAW.normal(size=(50, 6)) @ DRAW.normal(size=(6, 6))) for _ in range(2))


def test_three_maps_and_the_distance():
    figure = correlation_maps(REAL, FAKE, ["a", "b", "c"], name="Pearson")
    images = [axes.get_images()[0] for axes in figure.axes[:3]]
    for image, expected in zip(images, (REAL, FAKE, FAKE - REAL), strict=True):
        np.testing.assert_allclose(image.get_array(), expected)
    assert (images[0].norm.vmin, images[0].norm.vmax) == (-1.0, 1.0)
    assert images[2].norm.vmax == pytest.approx(np.abs(FAKE - REAL).max())
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["a", "b", "c"]
    expected = f"Frobenius norm {np.linalg.norm(FAKE - REAL):.3g}"
    assert figure.axes[2].get_title(loc="right") == expected
    assert illustration.render(figure, dpi=30)


def test_small_differences_do_not_fill_the_scale():
    figure = correlation_maps(REAL, REAL, ["all"], name="Pearson")
    assert figure.axes[2].get_images()[0].norm.vmax == DIFFERENCE


def test_groups_must_divide_the_columns():
    with pytest.raises(ValueError, match="groups of equally many columns; got 4 of 6"):
        correlation_maps(REAL, FAKE, ["a", "b", "c", "d"], name="Pearson")
    with pytest.raises(ValueError, match="Expected fake to have the shape of real"):
        correlation_maps(REAL, FAKE[:3, :3], ["a"], name="Pearson")
