"""Figures of four-lepton events: what they count, how they are scaled, and that any garbage is drawn."""

import numpy as np
import pytest

from jaxgen.plots import histograms
from jaxgen.plots.column_spread import column_spread
from jaxgen.plots.illustration import render
from jaxgen.systems.four_leptons import figures as leptons
from jaxgen.systems.four_leptons.observables import LABELS
from tests.systems.four_leptons import lepton_batches as four_leptons

DRAW = np.random.default_rng(0)
TEST, TRAIN = (four_leptons.table(four_leptons.make(seed, 150)) for seed in (0, 1))


@pytest.fixture(scope="module")
def figures():
    generated = four_leptons.table(four_leptons.spoiled())
    found = leptons.draw(four_leptons.samples(TEST, generated, TRAIN))
    return {illustration.name: illustration for illustration in found}


def test_all_figures_are_there_with_words(figures):
    assert list(figures) == [
        "masses",
        "masses_logarithmic",
        "lepton_pt",
        "shapes",
        "slot_energies",
        "pearson_correlations",
        "spearman_correlations",
        "column_std",
        "channels",
    ]
    assert all(figure.title and figure.caption for figure in figures.values())
    assert render(figures["masses"].figure, dpi=30)


def test_events_without_a_mass_are_counted_and_in_no_bin(figures):
    figure = figures["masses"].figure
    real, generated = (text.get_text() for text in figure.legends[0].get_texts())
    assert real == "real: 150 events"
    assert generated.startswith("generated: 160 events, without m(4ℓ) 23,")
    line = figure.axes[0].patches[-1].get_data()
    assert line.edges[0] > 0.0
    assert line.values.sum() <= 137 / 160 + 1e-9


def test_distances_stand_above_the_panels(figures):
    masses = TEST["m4l"], TRAIN["m4l"]
    expected = histograms.distance_note(masses[0], masses[1], masses[1], "GeV").split("floor ")[1]
    title = figures["masses"].figure.axes[0].get_title(loc="right")
    assert title.endswith(f"floor {expected}")


def test_logarithmic_figures_are(figures):
    scales = {axes.get_yscale() for axes in figures["slot_energies"].figure.axes[::2]}
    assert scales == {"log"}
    assert len(figures["slot_energies"].figure.axes) == 16


def test_a_narrow_peak_is_enlarged():
    events = np.array(TEST.batch.data)
    narrow = four_leptons.table(events * (125 / TEST["m4l"])[:, None, None])
    (figure,) = [x for x in leptons.mass_illustrations(narrow, narrow, narrow) if x.name == "peak"]
    counts = figure.figure.axes[0].patches[0].get_data().values
    np.testing.assert_allclose(counts.sum(), 1.0)


def test_angles_end_at_pi_and_masses_above_zero():
    def edges(name):
        wild = 1000 * DRAW.normal(size=500)
        return leptons.observable_edges(LABELS[name], TEST[name], wild)

    assert edges("pair_angle")[-1] == np.pi
    assert edges("m4l")[0] == 0.0
    assert edges("lepton_eta")[0] < 0.0


def test_generated_events_that_are_all_lost_are_drawn():
    lost = four_leptons.table(np.full((30, 8, 4), np.nan))
    figure = leptons.draw(four_leptons.samples(TEST, lost, TRAIN))[0].figure
    assert figure.axes[0].get_title(loc="right") == "nothing to compare"
    assert render(figure, dpi=20)


def test_bars_are_the_standard_deviation_of_each_column():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(50, 4)), 5 * rng.normal(size=(40, 4))
    upper, lower = column_spread(real, fake, ("a", "b"), ("x", "y"), unit="GeV").axes
    heights = [bar.get_height() for bar in upper.patches]
    np.testing.assert_allclose(heights, [*real.std(axis=0), *fake.std(axis=0)])
    assert upper.get_ylim()[1] == pytest.approx(1.08 * 3 * real.std(axis=0).max())
    assert [len(line.get_xdata()) for line in lower.lines[1:]] == [0, 4]  # all ratios are arrows


def test_channel_shares_have_binomial_errors():
    real, fake = np.eye(3)[[0, 0, 1, 2]], np.eye(3)[[2, 2, 2]]
    axes = leptons.channel_shares(real, fake).axes[0]
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], [0.5, 0.25, 0.25])
    segments = axes.collections[0].get_segments()
    np.testing.assert_allclose(segments[0][:, 1], [0.25, 0.75])
