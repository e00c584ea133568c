import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.plots import saving, scores
from jaxgen.systems.calorimeter import failures as shower_failures
from jaxgen.systems.calorimeter import figures as showers
from jaxgen.systems.calorimeter.figures import grids as shower_grids
from jaxgen.systems.calorimeter.figures import profiles as shower_profiles
from jaxgen.systems.calorimeter.figures.response import response_figure
from jaxgen.systems.calorimeter.observables.energy_response import shower_response
from tests.systems.calorimeter import toy_showers

TEST, TRAIN = (toy_showers.make(seed, 160) for seed in (0, 1))


class Words:
    axes, unit, condition = ("x", "y"), "MeV", ()


def spoiled() -> Batch:
    """Showers of which 20 are empty and 4 not finite, with too much energy in one half."""
    batch = toy_showers.make(0, 160, noise=0.4)
    data = np.array(batch.data)
    data[:, 15:] *= 2.2
    data[100:120] = 0.0
    data[120:124] = np.nan
    return Batch(data, batch.condition)


@pytest.fixture(scope="module")
def figures():
    found = showers.shower_illustrations(TEST, spoiled(), TRAIN, Words())
    return {illustration.name: illustration for illustration in found}


def test_all_figures_are_there_with_words(figures):
    assert list(figures) == [
        "showers_logarithmic",
        "showers_linear",
        "mean_shower",
        "occupancy",
        "profiles",
        "cell_spectra",
        "ring_energies",
        "ring_shares",
        "shapes",
        "response",
        "observable_correlations",
    ]
    assert all(figure.title and figure.caption for figure in figures.values())
    for name in ("mean_shower", "profiles", "response"):
        assert saving.render(figures[name].figure, dpi=20)


def test_lost_showers_are_counted(figures):
    real, generated = (text.get_text() for text in figures["shapes"].figure.legends[0].get_texts())
    assert real == "real: 160 showers"
    assert generated == "generated: 160 showers, 4 not finite, 20 without energy"


def test_grids_show_the_first_showers_as_they_are(figures):
    axes = figures["showers_logarithmic"].figure.axes
    assert len(axes) == 2 * 16 + 1
    shown = axes[0].images[0].get_array()
    np.testing.assert_allclose(np.ma.filled(shown, 0.0), np.where(TEST.data[0] < 0.1, 0.0, TEST.data[0]).T)
    assert axes[0].get_title() == f"{TEST.condition[0, 0]:.2g} GeV"
    inner = figures["showers_linear"].figure.axes[1].images[0].get_array()
    np.testing.assert_allclose(inner, np.asarray(spoiled().data[0])[9:21, 9:21].T)


def test_maps_are_means_and_their_pulls(figures):
    first, second, third = figures["mean_shower"].figure.axes[:3]
    np.testing.assert_allclose(first.images[0].get_array()[15, 15], TEST.data[:, 15, 15].mean(), rtol=1e-5)
    assert third.images[0].get_array()[14, 16] > 0 > third.images[0].get_array()[14, 12]
    assert second.get_title(loc="left") == "generated"


def test_profiles_hold_the_energy():
    found = shower_profiles.profiles(TEST.data)
    total = np.asarray(TEST.data, np.float64).sum(axis=(1, 2))
    np.testing.assert_allclose(found["x"].sum(axis=1), total)
    np.testing.assert_allclose(found["y"].sum(axis=1), total)
    np.testing.assert_allclose(found["radius"].sum(axis=1), total, rtol=1e-3)
    one = np.zeros((1, 30, 30))
    one[0, 14, 10] = one[0, 17, 10] = 3.0
    np.testing.assert_array_equal(shower_profiles.profiles(one)["radius"][0, :3], [0, 6, 0])


def test_response_shows_both_and_arrows_beyond_the_top():
    narrow = toy_showers.make(3, 160, noise=0.01)
    found = shower_response(narrow, TEST)
    figure = response_figure(found)
    arrows = [line for line in figure.axes[4].lines if line.get_marker() == "^"]
    assert len(figure.axes) == 6
    assert len(arrows[0].get_xdata()) == np.sum(found.resolution > 20) > 0


def test_without_energies_there_is_no_response():
    bare = [toy_showers.without_condition(side) for side in (TEST, TRAIN)]
    names = [x.name for x in showers.shower_illustrations(bare[0], bare[1], bare[1], Words())]
    assert "response" not in names
    assert len(names) == 10


def test_showers_that_are_all_lost_are_drawn():
    lost = Batch(np.full_like(TEST.data, np.nan), TEST.condition)
    for illustration in showers.shower_illustrations(TEST, lost, TRAIN, Words()):
        if illustration.name in ("showers_linear", "shapes", "cell_spectra", "response"):
            assert saving.render(illustration.figure, dpi=15)


def test_active_cells_are_binned_between_whole_numbers():
    edges = showers.observable_edges("active_cells", np.arange(40.0, 300.0))
    np.testing.assert_allclose(edges % 1, 0.5)
    assert len(set(np.diff(edges))) == 1
    assert showers.observable_edges("asymmetry_x", np.linspace(-1, 1, 99))[0] == -1.0
    assert showers.observable_edges("e0", np.linspace(0, 1, 99))[0] == 0.0


def test_pairs_must_be_pairs():
    with pytest.raises(ValueError, match="shape"):
        shower_grids.shower_pairs(TEST.data, TRAIN.data[:3], TEST.condition, Words())


def test_scores_are_shares_of_each_sample():
    figure = scores.score_histograms(np.array([0.955, 0.995, 1.0]), np.array([0.0, 0.05]))
    drawn = [patch.get_data() for patch in figure.axes[0].patches]
    assert len(drawn[0].edges) == 101
    np.testing.assert_allclose(drawn[0].values[[95, 99]], [1 / 3, 2 / 3])
    np.testing.assert_allclose(drawn[2].values[[0, 5]], [0.5, 0.5])
    assert "2 events, mean 0.025" in figure.legends[0].get_texts()[1].get_text()


def test_scores_that_are_no_probabilities_are_all_in_the_bins():
    real, generated = np.array([-3.0, 5.0, np.nan]), np.array([200.0])
    found = scores.score_illustration(real, generated, probability=False)
    axes = found.figure.axes[0]
    assert [sum(patch.get_data().values) for patch in axes.patches[::2]] == pytest.approx([2 / 3, 1.0])
    assert axes.get_xlabel() == "score"
    assert "Larger is more real" in found.caption


def test_failures_name_what_is_worst(key):
    sentences = shower_failures.failures(key, TEST, spoiled(), TRAIN, number=2)
    assert sentences[0] == "2.5 % of the generated showers hold values that are not finite."
    assert sentences[1] == "12 % of the generated showers have no energy at all."
    distances = [sentence for sentence in sentences if "Wasserstein" in sentence]
    assert len(distances) == 2
    assert any("mean visible energy is" in sentence for sentence in sentences)


def test_failures_find_the_cell_and_the_range(key):
    test, train = toy_showers.make(0, 400), toy_showers.make(1, 400)
    data = np.array(toy_showers.make(2, 400).data)
    condition = toy_showers.make(2, 400).condition
    data[condition[:, 0] > 70] *= 1.1
    data[:, 14, 15] = 0.0
    sentences = shower_failures.failures(key, test, Batch(data, condition), train, number=20)
    assert any(s.startswith("Cell (14, 15) is active in 0 % of the generated showers") for s in sentences)
    assert any("It is worst at 70 to 100 GeV" in s for s in sentences)


def test_real_showers_fail_nowhere(key):
    assert shower_failures.failures(key, TRAIN, TRAIN, TRAIN) == []
