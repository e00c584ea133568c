"""What a run offers: its folder opened again, figures, the page, comparisons."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from jaxgen.base import Estimate
from jaxgen.metrics.scores import Score, Scores
from jaxgen.run.comparison import compare
from jaxgen.run.fitting import fit
from jaxgen.run.history import History
from jaxgen.run.loading import load
from jaxgen.run.reporting import code, content_of, report, summary
from jaxgen.run.run import Run
from jaxgen.system import System
from tests.run.toys import SYSTEM, simulate


@pytest.fixture(scope="module")
def data():
    return simulate()


@pytest.fixture
def run(data, tmp_path) -> Run:
    return fit(SYSTEM.learner("mean", data), data, members=2, workdir=tmp_path / "run", quiet=True)


class TestOpened:
    def test_needs_no_data_and_is_the_same(self, run, data):
        again = Run.open(run.folder.path)
        assert again.scores is None
        assert [dict(entry) for entry in again.history] == [dict(entry) for entry in run.history]
        np.testing.assert_array_equal(again.generator.sample(0, num=4), run.generator.sample(0, num=4))
        found, wanted = again.evaluate(), run.evaluate(data)  # the data are simulated again
        assert found.as_json() == wanted.as_json()
        assert Run.open(run.folder.path).scores.as_json() == wanted.as_json()

    def test_shows_how_far_an_evaluation_is_unless_quiet(self, run, data, capsys):
        run.evaluate(data)
        assert capsys.readouterr().out == ""  # as the training was
        run.evaluate(data, quiet=False)
        first, last = capsys.readouterr().out.splitlines()
        assert first == "Judging: generating 200 events of member 0"
        assert last.startswith("Judged in ")

    def test_keeps_its_scores_on_the_card(self, run, data):
        assert load(run.folder.path).card["evaluation"] is None
        scores = run.evaluate(data)
        card = load(run.folder.path).card
        assert card["evaluation"]["metrics"] == scores.as_json()
        assert card["data"]["train_events"] == 60
        assert "source" not in card["data"]  # which may be a path of somebody's machine
        judged = json.loads((run.folder.path / "evaluation.json").read_text())
        assert (judged["step"], judged["trained"]) == (12, 12)

    def test_by_other_data_is_judged_but_not_kept_and_that_is_said(self, run, data):
        others = simulate(5, 160)
        scores = run.evaluate(others)
        assert scores.notes[0].startswith("Judged by other events than those of the training: 40 test events")
        assert scores.notes[0] in report(run, run.folder.path / "others.html").read_text()
        assert not (run.folder.path / "evaluation.json").exists()
        assert run.evaluate().notes == ()  # its own again
        assert run.evaluate().judged["test_events"] == len(data.test.data)

    def test_scores_are_those_of_this_generator(self, run, data):
        run.evaluate(data)
        longer = SYSTEM.learner("mean", data, steps=20)
        fit(longer, data, members=2, workdir=run.folder.path, quiet=True)
        opened = Run.open(run.folder.path)
        assert opened.scores is None
        assert opened.evaluate() is opened.scores

    def test_what_is_no_data_set_is_refused(self, run, data):
        with pytest.raises(ValueError, match="Expected a Dataset to judge by; got Batch"):
            run.evaluate(data.train)

    def test_of_arrays_must_be_given_them_again(self, data, tmp_path):
        own = data.made_by()
        fit(SYSTEM.learner("mean", own), own, workdir=tmp_path / "run", quiet=True)
        opened = Run.open(tmp_path / "run")
        with pytest.raises(ValueError, match=r"Expected the data to judge by, evaluate\(data\)"):
            opened.evaluate()
        assert len(opened.evaluate(data)) == 1

    def test_must_be_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"Expected a run in .*; found no config\.json there\."):
            Run.open(tmp_path)

    def test_a_checkpoint_can_be_chosen(self, run):
        assert run.choose("latest").generator.step == 12
        with pytest.raises(ValueError, match="Expected a run in a folder to choose a checkpoint of"):
            fit(run.plan.recipe, simulate(), quiet=True).choose("best")


class TestFiguresAndPage:
    def test_figures_are_drawn_once(self, run, data):
        figures = run.figures(data)
        assert set(figures) == {"training"}
        assert run.figures() is figures
        with pytest.raises(KeyError, match="among training; got 'trainings', did you mean training"):
            figures["trainings"]
        assert "<img" in figures["training"]._repr_html_()

    def test_the_page_of_a_folder_is_there_with_its_figures(self, run):
        path = report(run)
        assert path == run.folder.report
        page = path.read_text()
        for words in ("<h1>Dots</h1>", "12 updates of 8 events each", "dots.learner", "jaxgen.fit"):
            assert words in page
        assert (run.folder.plots / "training.png").read_bytes()[:4] == b"\x89PNG"

    def test_the_page_of_a_run_in_memory_needs_a_path(self, data, tmp_path):
        run = fit(SYSTEM.learner("mean", data), data, quiet=True)
        with pytest.raises(ValueError, match="Expected the path of the page for a run in memory"):
            run.report()
        assert "in memory" in repr(run)
        assert run.report(tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")

    def test_a_run_shows_itself(self, run, data):
        assert "Not judged yet." in run._repr_html_()
        run.evaluate(data)
        assert "<table>" in run._repr_html_()
        assert repr(run).startswith("Run of mean of dots: 12 updates of 8 events, seed 0, 2 members, in ")
        assert "distance" in summary(run.scores)

    def test_the_general_figures_and_words_of_a_detector_that_has_none(self, tmp_path):
        plain = System("dots", "Dots", SYSTEM.models, SYSTEM.dataset, simulate=simulate)
        data = simulate(0, 400)
        run = fit(plain.learner("mean", data), data, quiet=True)
        scores = run.evaluate(data)
        assert {"frechet", "fpd", "auc", "wasserstein_brightness"} <= set(scores)
        assert {"training", "observables", "correlations"} == set(run.figures())
        assert any("Wasserstein distance" in sentence for sentence in run.failures())

    def test_failures_of_a_run_that_was_not_judged_are_those_after_an_evaluation(self, tmp_path):
        plain = System("dots", "Dots", SYSTEM.models, SYSTEM.dataset, simulate=simulate)
        data = simulate(0, 400)
        run = fit(plain.learner("mean", data), data, workdir=tmp_path / "run", quiet=True)
        run.evaluate(data)
        opened = Run.open(tmp_path / "run", system=plain)
        assert opened.failures() == run.failures() != []
        content = content_of(run, list(run.figures().values()))
        assert content.headline == "frechet"


def test_the_code_that_a_page_tells_makes_the_same_run(run):
    lines = code(run.config).splitlines()
    assert lines[0] == "import jaxgen"
    assert lines[3] == "data = dots.simulate(0, number=80, known=True)"
    assert lines[4] == "recipe = dots.learner('mean', data)"
    assert lines[5] == 'run = jaxgen.fit(recipe, data, workdir="RUN_FOLDER", members=2)'


class TestComparison:
    def test_of_runs_folders_and_scores(self, run, data):
        run.evaluate(data)
        found = compare({"one": run, "two": run.folder.path, "three": run.scores})
        heads, lines = found.table()
        assert heads == ("metric", "unit", "one", "two", "three", "real events")
        assert lines[0][2] == lines[0][3] == lines[0][4]
        assert found.verdict().startswith("distance is smallest for one")
        assert "<table>" in found._repr_html_()
        assert found.figure().figure.axes

    def test_the_page_says_which_is_best_and_in_what_they_differ(self, run, data, tmp_path):
        run.evaluate(data)
        other = fit(SYSTEM.learner("mean", data, rate=0.001), data, workdir=tmp_path / "other", quiet=True)
        other.evaluate(data)
        (tmp_path / "other" / "costs.json").write_text(
            json.dumps({"cpu_seconds": 12.0, "wall_seconds": 7.0, "peak_megabytes": 321.0})
        )
        path = compare({"fast": run, "slow": tmp_path / "other"}).report(tmp_path / "both")
        assert path == tmp_path / "both" / "report.html"
        page = path.read_text()
        for words in (
            "distance is smallest for fast",
            "2 runs compared",
            "321",
            "of brightness",
            "rate",
            "0.001",
        ):
            assert words in page
        assert not {"loss", "log_every"} & set(re.findall("<th>(.*?)</th>", page))
        found = json.loads((tmp_path / "both" / "comparison.json").read_text())
        assert found["speeds"]["fast"] > 0
        assert list(found["costs"]) == ["slow"]
        for name in ("comparison", "run_observables"):
            assert (tmp_path / "both" / "plots" / f"{name}.png").is_file()
        alone = compare({"scores": run.scores}).report(tmp_path / "alone.html")
        assert "events per" not in alone.read_text().split("</style>")[1]

    def test_of_other_data_draws_no_events(self, run, data, tmp_path):
        run.evaluate(data)
        others = simulate(5)
        other = fit(SYSTEM.learner("mean", others), others, quiet=True)
        other.evaluate()
        page = compare({"one": run, "other": other}).report(tmp_path / "page.html").read_text()
        assert "trained on different data, so no events are drawn side by side" in page

    def test_says_what_its_numbers_depend_on(self, run, data):
        scores = run.evaluate(data)
        few = run.evaluate(data, samples_per_condition=2)
        other = run.evaluate(simulate(5))
        told = "± is the standard deviation over members where there are several, else of one sample."
        assert compare({"one": scores, "two": scores}).notes() == [told]
        by_number, by_data = (repr(compare({"one": scores, "two": two})) for two in (few, other))
        assert "judged by different numbers of generated events, on which the values depend" in by_number
        assert "judged by different data sets, on which the values depend" in by_data
        with pytest.raises(ValueError, match="Expected a metric among distance; got 'distanse', did you"):
            compare({"one": scores}).figure(metrics=["distanse"])

    def test_the_floor_is_the_same_in_the_table_and_in_the_verdict(self, data):
        floors = [Estimate(value, 0.1) for value in (1.0, 2.0)]
        runs = {
            name: Scores({"distance": Score("distance", Estimate(9.0, 0.1), floor)}, "distance")
            for name, floor in zip("ab", floors, strict=True)
        }
        found = compare(runs)
        assert found.table()[1][0][-1] == "1.50 ± 0.10"
        assert found.verdict().endswith("where other real events give 1.50 ± 0.10.")

    def test_must_have_something_in_common(self, run, data):
        scores = run.evaluate(data)
        foreign = replace(scores, judged={"system": "strip"})
        with pytest.raises(ValueError, match=r"runs of one detector to compare; got a of dots, b of strip\."):
            compare({"a": scores, "b": foreign})
        with pytest.raises(ValueError, match="Expected runs to compare, by name; got list"):
            compare([scores])
        own = fit(
            SYSTEM.learner("mean", data.made_by()), data.made_by(), workdir=run.folder.path / "x", quiet=True
        )
        with pytest.raises(ValueError, match="The run lost was not judged, and cannot be"):
            compare({"lost": own.folder.path})
        with pytest.raises(ValueError, match="Expected runs to compare, by name; got none"):
            compare({})
        with pytest.raises(ValueError, match="Expected a Run, Scores or a run folder as one; got int"):
            compare({"one": 3})


def test_a_history_has_curves_and_a_table():
    history = History([{"step": 1, "loss": [2.0, 4.0]}, {"step": 2, "loss": [1.0, float("nan")]}], members=2)
    assert history.steps("loss").tolist() == [1, 2]
    assert history.values("loss").shape == (2, 2)
    with pytest.raises(KeyError, match="quantity among step, loss; got 'los', did you mean loss"):
        history.values("los")
    assert history.table()[1] == [["1", "3"], ["2", "1"]]
    assert history.plot().name == "training"
    assert "up to step 2" in repr(history)
    assert repr(History([])) == "History of no lines"
