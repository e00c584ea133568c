"""Every figure is there once, and generators that failed are drawn too."""

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.plots import illustration
from jaxgen.systems.tpc_pads import figures
from jaxgen.systems.tpc_pads.data import make_spec
from jaxgen.systems.tpc_pads.observables import MOMENT_NAMES
from tests.systems.tpc_pads.conftest import make_events, observed


def drawn(figure, index):
    return np.asarray(figure.axes[index].get_images()[0].get_array())


def test_every_published_figure_is_there_once(samples):
    found = figures.draw(samples)
    names = [one.name for one in found]
    cells = ["amplitudes", "occupancy", "mean_response"]
    assert names[:3] == ["trends", "trends_by_bin", "geometry"]
    assert names[3:9] == ["samples", "moments", "moments_threshold", *cells]
    assert names[9:] == [f"trend_{name}" for name in ("Mean0", "Mean1", "Sigma02", "Sigma12", "Cov01", "Sum")]
    assert all(one.title and one.caption.endswith(".") and one.figure.axes for one in found)
    assert found[4].figure.legends[0].get_texts()[1].get_text() == "generated: 240 events, 0 empty"


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_collapsed_generator_is_drawn(samples):
    batch = samples.test.batch
    nothing = observed(Batch(np.zeros_like(batch.data), batch.condition))
    found = {one.name: one.figure for one in figures.draw(samples._replace(generated=nothing))}
    for name in ("trends", "geometry", "samples", "amplitudes", "mean_response", "trend_Mean0"):
        assert illustration.render(found[name], dpi=20)


def test_chi2_is_taken_apart_by_the_labels_of_the_data_set(samples):
    table, bins = figures.draw(samples)[:2]
    assert "real training events" in table.caption
    assert [axes.get_xlabel() for axes in bins.figure.axes[:2]] == ["crossing angle [deg]", "dip angle [deg]"]
    labels = [label.get_text() for label in table.figure.axes[0].get_xticklabels()]
    assert labels == ["Mean0", "Mean1", "Sigma0²", "Sigma1²", "Cov01", "all"]


def test_each_pair_shares_a_scale_and_fewer_events_give_fewer_pairs(real, fake):
    figure = figures.pairs(real, fake)
    assert len(figure.axes) == 2 * 20 + 1
    norms = {id(axes.get_images()[0].norm) for axes in figure.axes[:-1]}
    assert len(norms) == 1
    np.testing.assert_allclose(figure.axes[0].get_images()[0].get_array().filled(0), real.batch.data[0])
    assert figure.axes[-1].get_ylabel() == "amplitude [ADC counts]"
    assert len(figures.pairs(real, fake.first(7)).axes) == 2 * 7 + 1


def test_title_names_the_track():
    title = figures.track_title(np.array([-3.6, 41.2, 120.0, 3.0]), make_spec())
    assert title == "crossing −4°, dip 41°, drift 120"


def test_each_moment_has_a_histogram_and_a_ratio(real, fake):
    figure = figures.moment_histograms(real, fake, MOMENT_NAMES)
    assert len(figure.axes) == 12
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == [
        "Mean0",
        "Mean1",
        "Sigma0²",
        "Sigma1²",
        "Cov01",
        "Sum",
    ]
    labels = [axes.get_xlabel() for axes in figure.axes[1::2]]
    assert labels[0].endswith("[pad]")
    assert labels[3].endswith("[time bin²]")
    assert labels[5] == "total amplitude [ADC counts]"
    assert figure.axes[10].get_xscale() == "log"


def test_empty_events_are_counted_in_the_legend(real):
    batch = make_events(1, 240)
    batch.data[:7] = 0
    batch.data[7:] = 0.5
    fake = observed(batch)
    texts = [
        figures.moment_histograms(real, fake, names).legends[0].get_texts()[1].get_text()
        for names in (MOMENT_NAMES, [f"suppressed_{name}" for name in MOMENT_NAMES])
    ]
    assert texts == ["generated: 240 events, 7 empty", "generated: 240 events, 240 empty"]


def test_amplitudes_have_a_logarithmic_axis_and_a_ratio(real, fake):
    upper, lower = figures.log_amplitudes(real, fake).axes
    assert upper.get_yscale() == "log"
    assert "ADC counts" in lower.get_xlabel()
    counts = upper.patches[0].get_data().values
    np.testing.assert_allclose(counts.sum(), 128, rtol=1e-6)  # cells of an event


def with_cell(number: int, filled: int, amplitude: float):
    batch = make_events(0, number)
    data = np.zeros_like(batch.data)
    data[:filled, 1, 2] = amplitude
    return observed(Batch(data, batch.condition))


def test_occupancy_is_the_share_of_events_above_threshold():
    figure = figures.occupancy(with_cell(4, 3, 1.0), with_cell(2, 1, 5.0))
    assert drawn(figure, 0)[1, 2] == 0.75
    assert drawn(figure, 1)[1, 2] == 0.5
    assert drawn(figure, 2)[1, 2] == -0.25
    assert figure.axes[0].get_xlabel() == "time bin"
    assert figure.axes[0].get_ylabel() == "pad"


def test_mean_response_is_judged_in_units_of_its_error():
    draw = np.random.default_rng(0)
    condition = make_events(0, 400).condition
    real, fake = (draw.normal(10, 1, (400, 8, 16)).astype(np.float32) for _ in range(2))
    fake[:, 0, 0] += 1.0
    pull = drawn(figures.mean_response(*(observed(Batch(x, condition)) for x in (real, fake))), 2)
    assert 11 < pull[0, 0] < 17  # 1 / sqrt(2 / 400) = 14.1
    assert np.delete(pull.ravel(), 0).std() < 1.3


def test_a_condition_that_varies_gets_a_panel(samples):
    def varied(table):
        condition = np.array(table.batch.condition)
        condition[:, 5] = np.linspace(0.2, 2.0, len(condition))
        return observed(Batch(table.batch.data, condition))

    first = figures.draw(samples)[-6].figure.axes
    assert [axes.get_xlabel() for axes in first][-1] == "pad mod 1 [pad]"
    given = samples._replace(test=varied(samples.test), generated=varied(samples.generated))
    axes = figures.draw(given)[-6].figure.axes
    assert len(axes) == 6
    assert axes[-1].get_xlabel() == "pT [GeV]"
