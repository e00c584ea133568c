"""How a run went: what it logged, in panels."""

import math

import numpy as np

from jaxgen.plots import illustration, training


def log(number=40, members=1):
    rng = np.random.default_rng(0)

    def values():
        return rng.uniform(1, 2, members).tolist() if members > 1 else rng.uniform(1, 2)

    names = ("critic_loss", "generator_loss", "critic_gap", "slope", "gradient_norm_critic", "std_ratio")
    return [
        {"step": 100 * i, "epoch": i, "wall_seconds": 1.0, **{name: values() for name in names}}
        for i in range(1, number + 1)
    ]


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_what_was_not_logged_has_no_panel():
    assert titles(training.training_curves(log())) == [
        "losses",
        "critic gap, real − generated",
        "slope of the critic",
        "gradient norms",
        "variety, generated / real",
    ]


def test_unknown_quantities_get_their_own_panel():
    entries = [{**entry, "log_likelihood": -1.0 * entry["step"], "note": "text"} for entry in log()]
    assert titles(training.training_curves(entries))[-1] == "log likelihood"


def test_members_are_thin_lines_and_their_mean_a_thick_one():
    entries = log(members=3)
    axes = training.training_curves(entries).axes[1]
    assert len(axes.lines) == 5  # one of them broken, at zero
    np.testing.assert_allclose(axes.lines[-2].get_ydata()[0], np.mean(entries[0]["critic_gap"]))


def test_values_that_are_not_finite_are_gaps():
    entries = log(members=2)
    entries[5]["critic_gap"] = [math.nan, math.inf]
    entries[6]["critic_gap"] = [1.5, -math.inf]
    axes = training.training_curves(entries).axes[1]
    mean = axes.lines[-2]
    assert 600 not in mean.get_xdata()
    assert mean.get_ydata()[list(mean.get_xdata()).index(700)] == 1.5


def test_rare_quantities_keep_their_own_steps():
    entries = log(20)
    entries[9]["trend_chi2"] = 4000.0
    curve = training.curve(entries, "trend_chi2")
    assert curve.step.tolist() == [1000]
    assert curve.values.tolist() == [[4000.0]]


def test_long_tails_are_shown_on_a_scale_that_holds_them():
    entries = log()
    entries[3]["critic_loss"] = 1e9
    entries[3]["slope"] = 1e3
    figure = training.training_curves(entries)
    assert figure.axes[0].get_yscale() == "symlog"
    assert figure.axes[2].get_yscale() == "log"  # the slope, always positive


def test_no_entries_give_an_empty_figure():
    figure = training.training_curves([])
    assert figure.axes == []
    assert illustration.render(figure, dpi=30)


def test_training_says_how_many_members_there_are():
    alone = training.training_illustration([{"step": 1, "loss": 1.0}])
    several = training.training_illustration([{"step": 1, "loss": [1.0, 2.0]}])
    assert "members" not in alone.caption
    assert "2 members" in several.caption


def test_deaths_and_times_are_no_curves():
    entries = [{**entry, "died": [0, 300], "cpu_seconds": 1.0} for entry in log(members=2)]
    found = titles(training.training_curves(entries))
    assert not [title for title in found if "died" in title or "seconds" in title]


def test_what_never_changed_is_named_and_not_drawn():
    entries = [{**entry, "penalty": 0.0, "learning": 0.5} for entry in log()]
    found = training.training_illustration(entries)
    assert not {"gradient penalty", "learning"} & set(titles(found.figure))
    assert "Not drawn, as they never changed: penalty 0, learning 0.5." in found.caption


def test_quantities_have_their_titles_and_panels_their_words():
    entries = [{**entry, "ring_distance": 1.0 / entry["step"]} for entry in log()]
    found = training.training_illustration(entries, titles={"ring_distance": "Distance of ring energies"})
    assert titles(found.figure)[-1] == "Distance of ring energies"
    assert "Critic gap, real − generated: mean score of real less generated events" in found.caption


def test_a_single_point_has_axes_that_begin_at_zero():
    axes = training.training_curves([{"step": 500, "loss": -60.0}]).axes[0]
    assert axes.get_xlim()[0] == 0.0
    assert axes.get_ylim() == (-120.0, 0.0)
