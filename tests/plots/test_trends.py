import numpy as np

from jaxgen.base import Batch
from jaxgen.plots import trends


def test_six_moments_against_five_parameters(real, fake, spec):
    figures = trends.pad_trend_figures(real, fake, spec)
    assert list(figures) == ["Mean0", "Mean1", "Sigma02", "Sigma12", "Cov01", "Sum"]
    axes = figures["Sigma12"].axes
    assert [one.get_xlabel() for one in axes] == [
        "crossing angle [deg]",
        "dip angle [deg]",
        "drift length [time bin]",
        "drift mod 1 [time bin]",
        "pad mod 1 [pad]",
    ]
    assert axes[0].get_ylabel() == "Sigma1² [time bin²]"


def test_a_condition_that_varies_gets_a_panel(real, fake, spec):
    def varied(batch):
        condition = np.array(batch.condition)
        condition[:, 5] = np.linspace(0.2, 2.0, len(condition))
        return Batch(batch.data, condition)

    axes = trends.pad_trend_figures(varied(real), varied(fake), spec)["Mean0"].axes
    assert len(axes) == 6
    assert axes[-1].get_xlabel() == "pT [GeV]"


def test_lines_are_the_bands(real, fake, spec):
    bands = trends.trend_bands(*(trends.pad_trend_table(batch) for batch in (real, fake)))
    axes = trends.pad_trend_figures(real, fake, spec)["Mean1"].axes[1]
    mean, upper, lower, fake_mean = (line.get_ydata() for line in axes.lines[:4])
    np.testing.assert_array_equal(mean, bands[0].mean[1, :, 1])
    np.testing.assert_allclose(upper - lower, 2 * bands[0].std[1, :, 1])
    np.testing.assert_array_equal(fake_mean, bands[1].mean[1, :, 1])
