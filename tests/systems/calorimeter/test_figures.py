import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.plots import illustration
from jaxgen.systems.calorimeter import figures as showers
from jaxgen.systems.calorimeter.figures import cells
from jaxgen.systems.calorimeter.figures import profiles as shower_profiles
from jaxgen.systems.calorimeter.figures.response import response_figure
from jaxgen.systems.calorimeter.observables.energy_response import shower_response
from tests.systems.calorimeter import toy_showers

TEST, TRAIN = (toy_showers.make(seed, 160) for seed in (0, 1))


def draw(test, generated, train):
    return {one.name: one for one in showers.draw(toy_showers.samples(test, generated, train))}


@pytest.fixture(scope="module")
def figures():
    return draw(TEST, toy_showers.spoiled(), TRAIN)


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
        assert illustration.render(figures[name].figure, dpi=20)


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
    np.testing.assert_allclose(inner, np.asarray(toy_showers.spoiled().data[0])[9:21, 9:21].T)


def test_maps_are_means_and_their_pulls(figures):
    first, second, third = figures["mean_shower"].figure.axes[:3]
    np.testing.assert_allclose(first.images[0].get_array()[15, 15], TEST.data[:, 15, 15].mean(), rtol=1e-5)
    assert third.images[0].get_array()[14, 16] > 0 > third.images[0].get_array()[14, 12]
    assert second.get_title(loc="left") == "generated"


def test_profiles_hold_the_energy():
    found = shower_profiles.profiles(toy_showers.table(TEST))
    total = np.asarray(TEST.data, np.float64).sum(axis=(1, 2))
    np.testing.assert_allclose(found["x"].sum(axis=1), total)
    np.testing.assert_allclose(found["y"].sum(axis=1), total)
    np.testing.assert_allclose(found["radius"].sum(axis=1), total, rtol=1e-3)
    one = np.zeros((1, 30, 30))
    one[0, 14, 10] = one[0, 17, 10] = 3.0
    np.testing.assert_array_equal(
        shower_profiles.profiles(toy_showers.table_of(one))["radius"][0, :3], [0, 6, 0]
    )


def test_response_shows_both_and_arrows_beyond_the_top():
    narrow = toy_showers.make(3, 160, noise=0.01)
    found = shower_response(toy_showers.table(narrow), toy_showers.table(TEST))
    figure = response_figure(found)
    arrows = [line for line in figure.axes[4].lines if line.get_marker() == "^"]
    assert len(figure.axes) == 6
    assert len(arrows[0].get_xdata()) == np.sum(found.resolution > 20) > 0


def test_without_energies_there_is_no_response():
    bare = [toy_showers.without_condition(side) for side in (TEST, TRAIN)]
    found = draw(bare[0], bare[1], bare[1])
    assert "response" not in found
    assert len(found) == 10
    assert found["showers_linear"].figure.axes[0].get_title() == ""


def test_showers_that_are_all_lost_are_drawn():
    lost = Batch(np.full_like(TEST.data, np.nan), TEST.condition)
    found = draw(TEST, lost, TRAIN)
    for name in ("showers_linear", "shapes", "cell_spectra", "response"):
        assert illustration.render(found[name].figure, dpi=15)
    titles = [axes.get_title(loc="right") for axes in found["cell_spectra"].figure.axes[::2]]
    assert all(title.endswith("gen. 0 %") for title in titles)


def test_active_cells_are_binned_between_whole_numbers():
    edges = showers.observable_edges("active_cells", np.arange(40.0, 300.0))
    np.testing.assert_allclose(edges % 1, 0.5)
    assert len(set(np.diff(edges))) == 1
    assert showers.observable_edges("asymmetry_x", np.linspace(-1, 1, 99))[0] == -1.0
    assert showers.observable_edges("e0", np.linspace(0, 1, 99))[0] == 0.0


def test_spectra_are_shares_of_all_cells(figures):
    panels = figures["cell_spectra"].figure.axes[::2]
    assert [axes.get_title(loc="left") for axes in panels[:2]] == ["all cells", "cell (15, 15)"]
    for axes, values in zip(panels, (TEST.data, TEST.data[:, 15, 15]), strict=False):
        drawn = axes.patches[0].get_data().values
        assert drawn.sum() == pytest.approx(np.mean(values >= 0.1), rel=1e-6)
        assert axes.get_title(loc="right").startswith(f"active {100 * np.mean(values >= 0.1):.3g} %")
    assert panels[0].get_ylabel() == "share of cells"
    assert panels[3].get_ylabel() == "share of events"
    legend = figures["cell_spectra"].figure.legends[0].get_texts()
    assert [text.get_text() for text in legend] == ["real: 160 showers", "generated: 156 showers"]


def test_as_many_pairs_as_there_are():
    test, few = toy_showers.table(TEST), toy_showers.table(TRAIN.first(3))
    assert len(cells.shower_pairs(test, few).axes) == 2 * 3 + 1
