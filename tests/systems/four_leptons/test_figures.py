import numpy as np
import pytest

from jaxgen.plots import saving
from jaxgen.plots.column_spread import column_spread
from jaxgen.plots.correlation_maps import correlation_maps
from jaxgen.systems.four_leptons import failures as lepton_failures
from jaxgen.systems.four_leptons import figures as leptons
from jaxgen.systems.four_leptons import observables as measured
from jaxgen.systems.four_leptons.figures.channels import channel_shares
from tests.systems.four_leptons import lepton_batches as four_leptons

TEST, TRAIN = (four_leptons.batch(four_leptons.make(seed, 150)) for seed in (0, 1))


def spoiled(*, scale: float = 1.0) -> np.ndarray:
    """Events of which 20 have no four-lepton mass and 3 are not finite."""
    events = four_leptons.make(2, 160, scale=scale)
    events[:20, :, 0] = 0.0
    events[20:23] = np.nan
    return events


@pytest.fixture(scope="module")
def figures():
    class Words:
        axes, unit, condition = ("slot", "component"), "GeV", ()

    found = leptons.lepton_illustrations(TEST, four_leptons.batch(spoiled()), TRAIN, Words())
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
        "column_spread",
        "channels",
    ]
    assert all(figure.title and figure.caption for figure in figures.values())
    assert saving.render(figures["masses"].figure, dpi=30)


def test_events_without_a_mass_are_counted_and_drawn_at_zero(figures):
    figure = figures["masses"].figure
    real, generated = (text.get_text() for text in figure.legends[0].get_texts())
    assert real == "real: 150 events"
    assert generated.startswith("generated: 160 events, without m(4ℓ) 23,")
    line = figure.axes[0].patches[-1].get_data()
    assert line.edges[0] == 0.0
    np.testing.assert_allclose(line.values[0], 23 / 160)


def test_distances_stand_above_the_panels(figures):
    masses = measured.observables(TEST.data).m4l, measured.observables(TRAIN.data).m4l
    expected = leptons.distance_note(masses[0], masses[1], masses[1], "GeV").split("floor ")[1]
    title = figures["masses"].figure.axes[0].get_title(loc="right")
    assert title.endswith(f"floor {expected}")


def test_logarithmic_figures_are(figures):
    scales = {axes.get_yscale() for axes in figures["slot_energies"].figure.axes[::2]}
    assert scales == {"log"}
    assert len(figures["slot_energies"].figure.axes) == 16


def test_a_narrow_peak_is_enlarged():
    events = np.array(TEST.data)
    found = measured.observables(events)
    narrow = four_leptons.batch(events * (125 / found.m4l)[:, None, None])
    (figure,) = [
        x for x in leptons._mass_illustrations(*[measured.observables(narrow.data)] * 3) if x.name == "peak"
    ]
    counts = figure.figure.axes[0].patches[0].get_data().values
    np.testing.assert_allclose(counts.sum(), 1.0)


def test_angles_end_at_pi_and_masses_start_at_zero():
    found = measured.observables(TEST.data)
    assert leptons.observable_edges("pair_angle", found.pair_angle)[-1] == np.pi
    assert leptons.observable_edges("m4l", found.m4l)[0] == 0.0
    assert leptons.observable_edges("lepton_eta", found.lepton_eta)[0] < 0.0


def test_generated_events_that_are_all_lost_are_drawn():
    class Words:
        axes, unit, condition = ("slot", "component"), "GeV", ()

    lost = four_leptons.batch(np.full((30, 8, 4), np.nan))
    figure = leptons.lepton_illustrations(TEST, lost, TRAIN, Words())[0].figure
    assert figure.axes[0].get_title(loc="right") == "nothing to compare"
    assert saving.render(figure, dpi=20)


def test_correlation_maps_show_both_and_their_difference():
    ours, theirs = np.eye(4), np.full((4, 4), 0.5)
    figure = correlation_maps(ours, theirs, ("a", "b"), name="Pearson")
    shown = [axes.images[0].get_array() for axes in figure.axes[:3]]
    for image, expected in zip(shown, (ours, theirs, theirs - ours), strict=True):
        np.testing.assert_array_equal(image, expected)
    assert figure.axes[2].get_title(loc="right") == "Frobenius norm 2"
    with pytest.raises(ValueError, match="equally many columns"):
        correlation_maps(ours, theirs, ("a", "b", "c"), name="Pearson")


def test_spread_is_the_standard_deviation_of_each_column():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(50, 4)), 5 * rng.normal(size=(40, 4))
    upper, lower = column_spread(real, fake, ("a", "b"), ("x", "y"), unit="GeV").axes
    heights = [bar.get_height() for bar in upper.patches]
    np.testing.assert_allclose(heights, [*real.std(axis=0), *fake.std(axis=0)])
    assert upper.get_ylim()[1] == pytest.approx(1.08 * 3 * real.std(axis=0).max())
    assert [len(line.get_xdata()) for line in lower.lines[1:]] == [0, 4]  # all ratios are arrows


def test_channel_shares_have_binomial_errors():
    real, fake = np.eye(3)[[0, 0, 1, 2]], np.eye(3)[[2, 2, 2]]
    axes = channel_shares(real, fake, ("a", "b", "c")).axes[0]
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], [0.5, 0.25, 0.25])
    segments = axes.collections[0].get_segments()
    np.testing.assert_allclose(segments[0][:, 1], [0.25, 0.75])


def test_failures_name_the_worst_first(key):
    generated = four_leptons.batch(spoiled(scale=3.0))
    sentences = lepton_failures.failures(key, TEST, generated, TRAIN, number=2)
    assert sentences[0] == "1.9 % of the generated events hold values that are not finite."
    assert sentences[1] == "12 % of the generated events have no m(4ℓ): m² < 0."
    distances = [sentence for sentence in sentences if "Wasserstein" in sentence]
    assert len(distances) == 2
    ratios = [float(text.split(" times its floor")[0].split()[-1]) for text in distances]
    assert ratios == sorted(ratios, reverse=True)
    assert all("too high" in text for text in distances)


def test_failures_see_channels_and_correlations(key):
    test, train = (four_leptons.batch(four_leptons.make(seed, 1500)) for seed in (4, 5))
    events = four_leptons.make(3, 1500)
    only = np.tile(events[measured.channels(events) == 0], (3, 1, 1))
    only[..., 2] = -only[..., 1]
    sentences = lepton_failures.failures(key, test, four_leptons.batch(only), train)
    assert any(text.startswith("Channel 4e has 100 % of the events instead of") for text in sentences)
    assert "instead of" in sentences[-1]
    assert sentences[-1].startswith("The correlation of px of")


def test_real_events_fail_nowhere(key):
    assert lepton_failures.failures(key, TRAIN, TRAIN, TRAIN) == []
