import numpy as np
import pytest

from jaxgen.plots import histograms


def test_each_moment_has_a_histogram_and_a_ratio(real, fake, spec):
    figure = histograms.moment_histograms(real.data, fake.data, spec)
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


def test_axes_do_not_depend_on_the_generated_sample(real, fake, spec):
    one, other = (histograms.moment_histograms(real.data, x, spec) for x in (fake.data, 100 * fake.data))
    for first, second in zip(one.axes, other.axes, strict=True):
        assert first.get_xlim() == second.get_xlim()


def test_members_are_thin_lines_beside_their_mean(real, fake, spec):
    members = np.stack([fake.data, 1.1 * fake.data, 1.2 * fake.data])
    alone = histograms.moment_histograms(real.data, fake.data, spec).axes[0]
    several = histograms.moment_histograms(real.data, members, spec).axes[0]
    assert len(several.patches) == len(alone.patches) + 3


def test_empty_events_are_counted_in_the_legend(real, fake, spec):
    images = np.array(fake.data)
    images[:7] = 0
    figure = histograms.moment_histograms(real.data, images, spec)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["real: 200 events, 0 empty", "generated: 240 events, 7 empty"]


def test_threshold_cuts_small_amplitudes(real, fake, spec):
    images = np.full_like(fake.data, 0.5)
    figure = histograms.moment_histograms(real.data, images, spec, threshold=1.0)
    assert "240 empty" in figure.legends[0].get_texts()[1].get_text()


def test_a_full_edge_bin_is_said_and_hides_no_shape(real, spec):
    wide = np.ones_like(real.data)
    axes = histograms.moment_histograms(real.data, wide, spec).axes[4]
    assert axes.get_title(loc="left") == "Sigma0²"
    assert axes.get_ylim()[1] < 0.5
    assert [text.get_text() for text in axes.texts] == ["100 % here or beyond"]


def test_every_event_is_in_a_bin():
    found = histograms.histogram([np.array([-9.0, 0.5, 9.0, np.nan])], np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(found.counts, [[2, 1]])
    np.testing.assert_array_equal(found.number, [4])


def test_error_is_poisson_or_the_spread_of_members():
    alike = histograms.Histogram(np.array([[100]]), np.array([1000]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(alike.error, [0.01])
    apart = histograms.Histogram(np.array([[0], [400]]), np.array([1000, 1000]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(apart.error, [0.2])


def test_edges_reach_beyond_the_bulk():
    edges = histograms.moment_edges(np.linspace(0, 1, 1001), bins=100)
    assert len(edges) == 101
    np.testing.assert_allclose(edges[[0, -1]], [-0.2485, 1.2485], atol=1e-3)


@pytest.mark.parametrize("values", [np.array([np.nan]), np.array([3.0, 3.0]), np.array([])])
def test_edges_of_degenerate_samples_still_rise(values):
    assert (np.diff(histograms.moment_edges(values, bins=10)) > 0).all()


def test_amplitudes_have_a_logarithmic_axis_and_a_ratio(real, fake, spec):
    figure = histograms.log_amplitudes(real.data, fake.data, spec)
    upper, lower = figure.axes
    assert upper.get_yscale() == "log"
    assert "ADC counts" in lower.get_xlabel()
    counts = upper.patches[0].get_data().values
    np.testing.assert_allclose(counts.sum(), 128, rtol=1e-6)  # cells of an event


def test_another_rank_is_refused(real, spec):
    with pytest.raises(ValueError, match="generated events"):
        histograms.moment_histograms(real.data, real.data[0, 0], spec)
