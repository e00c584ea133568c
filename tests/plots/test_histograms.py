"""Histograms of real and generated quantities, with their ratio and what lies beyond."""

import numpy as np

from jaxgen.metrics.table import Label
from jaxgen.plots import binning, histograms, illustration
from jaxgen.plots.histograms import Histogram, Quantity

DRAW = np.random.default_rng(0)
REAL, FAKE = DRAW.normal(size=200), DRAW.normal(0.2, 1.0, 240)
LABEL = Label("squared width", "pad²", "Sigma0²")


def quantity(real=REAL, fake=(FAKE,), **changes) -> Quantity:
    return Quantity(LABEL, real, fake, binning.edges(REAL), **changes)


def test_each_quantity_has_a_histogram_and_a_ratio():
    panels = [quantity(), quantity()._replace(label=Label("share")), quantity(note="W₁ 2", logarithmic="y")]
    figure = histograms.quantity_histograms(panels, columns=2)
    assert len(figure.axes) == 6
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == ["Sigma0²", "share", "Sigma0²"]
    assert [axes.get_xlabel() for axes in figure.axes[1::2]] == [
        "squared width [pad²]",
        "share",
        "squared width [pad²]",
    ]
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == ["share of events", "", "share of events"]
    assert figure.axes[4].get_title(loc="right") == "W₁ 2"
    assert [axes.get_yscale() for axes in figure.axes[::2]] == ["linear", "linear", "log"]
    assert illustration.render(figure, dpi=30)


def test_what_never_varies_has_no_panel():
    same = Quantity(Label("row"), np.full(9, 23.0), [np.full(8, 23.0)], np.array([22.0, 24.0]))
    wrong = same._replace(label=Label("fake row"), fake=[np.full(8, 22.5)])
    figure = histograms.quantity_histograms([same, quantity(), wrong])
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == ["Sigma0²", "fake row"]


def test_members_are_thin_lines_beside_their_mean():
    alone = histograms.quantity_histograms([quantity()]).axes[0]
    several = histograms.quantity_histograms([quantity(fake=[FAKE, FAKE + 0.1, FAKE + 0.2])]).axes[0]
    assert len(several.patches) == len(alone.patches) + 3


def test_the_legend_says_what_each_sample_holds():
    figure = histograms.quantity_histograms([quantity()])
    histograms.numbered_legend(figure, ["200 events", "240 events, 7 empty"])
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["real: 200 events", "generated: 240 events, 7 empty"]


def test_what_lies_beyond_the_bins_is_said():
    axes = histograms.quantity_histograms([quantity(fake=[np.full(240, 1e3)])]).axes[0]
    assert [text.get_text() for text in axes.texts] == ["gen. 100 %, real 0 % →"]
    both = np.append(np.full(100, -1e3), FAKE)
    axes = histograms.quantity_histograms([quantity(fake=[both])]).axes[0]
    assert axes.texts[0].get_text().startswith("← gen. 31 %")


def test_a_generated_peak_hides_no_real_shape():
    axes = histograms.quantity_histograms([quantity(fake=[np.zeros(240)])]).axes[0]
    assert axes.get_ylim()[1] < 0.5
    assert axes.texts[0].get_text() == "generated up to 1"


def test_ratios_beyond_the_top_are_arrows():
    edges = np.array([0.0, 1.0, 2.0, 3.0])
    real = Histogram(np.array([[10, 10, 0]]), np.array([20]), edges)
    fake = Histogram(np.array([[15, 100, 5]]), np.array([20]), edges)
    lower = histograms.style.figure(1.0).add_subplot()
    histograms.draw_ratio(lower, real, fake)
    _, points, arrows = lower.lines
    assert (list(points.get_xdata()), list(points.get_ydata())) == ([0.5], [1.5])
    assert (list(arrows.get_xdata()), arrows.get_marker()) == ([1.5], "^")


def test_what_lies_beyond_is_in_no_bin_but_counted():
    values = np.array([-9.0, 0.5, 9.0, np.nan])
    found = histograms.histogram([values], np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(found.counts, [[1, 0]])
    np.testing.assert_array_equal(found.number, [4])
    assert histograms.beyond([values], found.edges) == (0.25, 0.25)


def test_error_is_poisson_or_the_deviation_of_members():
    alike = Histogram(np.array([[100]]), np.array([1000]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(alike.error, [0.01])
    apart = Histogram(np.array([[0], [400]]), np.array([1000, 1000]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(apart.error, [0.2])


def test_a_note_says_distance_and_floor():
    real = np.array([[0.0], [1.0], [np.nan]])
    assert histograms.distance_note(real, real + 2, real + 0.5, "GeV") == "W₁ 2, floor 0.5 GeV"
    assert histograms.distance_note(real, real * np.nan, real, "GeV") == "nothing to compare"
