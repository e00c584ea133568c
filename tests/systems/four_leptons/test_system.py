"""Four-lepton events from training to page, as the library's commands see them."""

import dataclasses

import pytest

import jaxgen
from jaxgen.systems import four_leptons
from jaxgen.systems.four_leptons import SYSTEM, suites
from jaxgen.systems.four_leptons.figures import mass_illustrations
from tests.systems.four_leptons.events import events_in_order

FAST = ("mass", "channels")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A mixture trained for two updates, judged by some of the suites and drawn in one figure."""
    few = suites.JUDGING._replace(suites={name: suites.SUITES[name] for name in FAST})
    system = dataclasses.replace(
        SYSTEM, judging=lambda: few, draw=lambda samples: mass_illustrations(*samples[:3])[:1]
    )
    data = four_leptons.dataset(events_in_order(300), "channel")
    recipe = system.learner(
        "gmm", data, representation="physical", components=3, start="random", steps=2, batch_size=240
    )
    folder = tmp_path_factory.mktemp("four_leptons") / "run"
    run = jaxgen.fit(recipe, data, workdir=folder, log_every=1, save_every=2, quiet=True)
    run.evaluate(data, samples_per_condition=2)
    return run


def test_scores_have_floors_and_words(run):
    score = run.scores[SYSTEM.headline]
    assert score.floor.value > 0
    assert score.title == "Four-lepton mass, Wasserstein distance"
    assert run.scores["nan_fraction"].estimate.value == 0.0
    assert run.scores["channel_difference"].number == 30


def test_the_quick_judge_gives_the_headline(run):
    assert [SYSTEM.headline in line for line in run.history] == [False, True]


def test_the_page_has_title_figures_and_failures(run):
    page = run.report().read_text()
    for text in (SYSTEM.title, "Invariant masses", "four_leptons.learner(&#39;gmm&#39;", *run.failures()):
        assert text in page
    assert list(run.figures()) == ["training", "masses"]


def test_the_generator_stands_alone(run, tmp_path):
    generator = jaxgen.load(run.generator.save(tmp_path / "leptons.zip"))
    events = generator.sample(0, {"channel": "4mu"}, num=4)
    assert (events[:, :4] == 0).all()
    assert (events == run.generator.sample(0, {"channel": "4mu"}, num=4)).all()
