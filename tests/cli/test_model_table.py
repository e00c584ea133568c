"""Several models as runs of their own, and the page on all of them."""

import json
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from jaxgen.cli import model_table
from jaxgen.cli.experiment import Experiment
from jaxgen.plots.illustration import Illustration
from jaxgen.run import generation, run_folder
from jaxgen.run.generation import Generation
from jaxgen.run.run_folder import RunFolder


def row(*values: float | None, floor: float = 1.0) -> dict:
    known = [value for value in values if value is not None]
    return {
        "value": sum(known) / len(known) if len(known) == len(values) else None,
        "error": 0.5,
        "spread": 0.25 if len(values) > 1 else None,
        "members": list(values),
        "n": 100,
        "floor": {"value": floor, "error": 0.1, "n": 80},
        "ratio": None,
    }


def judged_run(path, **metrics) -> RunFolder:
    folder = RunFolder(path)
    config = {
        "experiment": "toy",
        "flags": {"steps": 5, "batch_size": 2, "num_seeds": 2, "seed": 7},
        "data": {"name": "toy events", "train_events": 10, "test_events": 3, "sha256": "0"},
        "versions": {"python": "3"},
    }
    folder.start(config)
    run_folder.write_json(folder.evaluation, {"step": 5, "trained": 5, "metrics": metrics})
    cost = model_table.Cost(12.0, 7.0, 321.0)
    run_folder.write_json(path / model_table.COSTS, cost._asdict())
    return folder


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    events = np.zeros((3, 2))
    monkeypatch.setattr(
        generation, "generate", lambda experiment, folder: Generation(events, events, 54321.0)
    )


def one_figure(judged, real, generated) -> list[Illustration]:
    assert judged.keys() == generated.keys()
    figure = Figure()
    figure.add_subplot().plot(real)
    return [Illustration("comparison", "All", "Of all models.", figure)]


@pytest.fixture
def experiment() -> Experiment:
    empty = dict.fromkeys(Experiment._fields)
    return Experiment(**{**empty, "name": "toy", "title": "Toys", "headline": "fpd"})


def test_a_command_is_timed_and_its_status_kept():
    code, cost = model_table.timed(
        [sys.executable, "-c", "x = bytearray(60_000_000); sum(range(10**6)); exit(3)"]
    )
    assert code == 3
    assert cost.cpu_seconds > 0
    assert cost.wall_seconds > 0
    assert cost.peak_megabytes > 55


def test_parts_of_a_run_add_up_and_a_look_at_a_finished_one_does_not(tmp_path):
    path = tmp_path / "costs.json"
    for cost in [(10.0, 6.0, 500.0), (4.0, 3.0, 520.0), (1.0, 1.0, 90.0)]:
        model_table._keep_cost(path, model_table.Cost(*cost))
    assert json.loads(path.read_text()) == {"cpu_seconds": 14.0, "wall_seconds": 9.0, "peak_megabytes": 520.0}


def test_the_page_names_the_best_model_and_every_number(tmp_path, experiment):
    runs = {
        "good": judged_run(tmp_path / "good", fpd=row(2.0, 4.0), kpd=row(0.1, 0.3)),
        "bad": judged_run(tmp_path / "bad", fpd=row(9.0, 11.0)),
    }
    model_table.write_page(experiment, runs, tmp_path, one_figure)
    page = (tmp_path / "report.html").read_text()
    assert "is smallest for good: 3" in page
    assert "10.00 ± 0.25" in page
    assert "321" in page
    assert "54,321" in page
    assert json.loads((tmp_path / "comparison.json").read_text())["metrics"]["bad"]["fpd"]["members"] == [
        9,
        11,
    ]
    assert (tmp_path / "plots" / "comparison.png").stat().st_size > 0


def test_a_model_without_a_number_is_said(tmp_path, experiment):
    runs = {
        "good": judged_run(tmp_path / "good", fpd=row(2.0, 4.0)),
        "broken": judged_run(tmp_path / "broken", fpd=row(None, 4.0)),
    }
    model_table.write_page(experiment, runs, tmp_path, one_figure)
    page = (tmp_path / "report.html").read_text()
    assert "no number for 1 of 2 seeds" in page
    assert "smallest for good" in page
