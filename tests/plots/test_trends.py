"""Trends: a line and its bands for each feature."""

import numpy as np

from jaxgen.metrics import bands
from jaxgen.metrics.binned import Profiled
from jaxgen.metrics.table import Label
from jaxgen.plots import illustration
from jaxgen.plots.trends import trend_figure

FEATURES = [Label(name, "deg") for name in ("crossing angle", "dip angle", "drift", "momentum")]
VALUE = Label("squared width", "time bin²", "Sigma1²")


def profiled(seed: int, number: int) -> Profiled:
    draw = np.random.default_rng(seed)
    features = draw.uniform(size=(number, 4))
    return Profiled(features, features[:, :2] + draw.normal(size=(number, 2)))


BANDS = bands.trend_bands(profiled(0, 500), profiled(1, 400))


def test_a_value_has_axes_against_every_feature():
    figure = trend_figure(*BANDS, FEATURES, VALUE, index=1)
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "crossing angle [deg]",
        "dip angle [deg]",
        "drift [deg]",
        "momentum [deg]",
    ]
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "Sigma1² [time bin²]",
        "",
        "",
        "Sigma1² [time bin²]",
    ]
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["real: mean", "real: mean ± std", "generated: mean", "generated: mean ± std"]
    assert illustration.render(figure, dpi=30)


def test_lines_are_the_bands():
    axes = trend_figure(*BANDS, FEATURES, VALUE, index=1).axes[1]
    mean, upper, lower, fake_mean = (line.get_ydata() for line in axes.lines[:4])
    np.testing.assert_array_equal(mean, BANDS[0].mean[1, :, 1])
    np.testing.assert_allclose(upper - lower, 2 * BANDS[0].std[1, :, 1])
    np.testing.assert_array_equal(fake_mean, BANDS[1].mean[1, :, 1])
    shade = axes.collections[0].get_paths()[0].get_extents()
    errors = BANDS[0].mean_error[1, :, 1]
    assert shade.y1 == np.max(BANDS[0].mean[1, :, 1] + errors)


def test_a_value_without_a_symbol_is_named():
    axes = trend_figure(*BANDS, FEATURES[:1] * 4, Label("tilt"), index=0).axes[0]
    assert axes.get_ylabel() == "tilt"


def test_axes_follow_the_real_lines_and_end_where_values_do():
    real, fake = BANDS
    low, high = trend_figure(real, fake, FEATURES, VALUE, index=1, low=0.0).axes[0].get_ylim()
    assert low == 0.0  # mean - std is below
    wild = fake._replace(std=1000 * fake.std)
    assert trend_figure(real, wild, FEATURES, VALUE, index=1).axes[0].get_ylim()[1] < 3.5 * high
    nothing = real._replace(mean=np.full_like(real.mean, np.nan))
    assert trend_figure(nothing, nothing, FEATURES, VALUE, index=1).axes[0].get_ylim()[1] > 0
