"""Several models as runs of their own, and the page on all of them."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from jaxgen import systems
from jaxgen.cli import model_table
from jaxgen.cli.experiment import Experiment
from jaxgen.manifest import read_json, write_json
from jaxgen.plots.illustration import Illustration
from jaxgen.run.fitting import fit
from tests.run.toys import SYSTEM, simulate


def overlay(test, generated) -> list[Illustration]:
    figure = Figure()
    for table in (test, *generated.values()):
        figure.add_subplot().plot(table.batch.data[0])
    return [Illustration("overlay", "All", f"Of {', '.join(generated)}.", figure)]


TOYS = replace(SYSTEM, models=dict.fromkeys(("good", "bad"), SYSTEM.models["mean"]), overlay=overlay)
EXPERIMENT = Experiment(name="toy", system="dots", model="good", defaults={})


@pytest.fixture
def runs(tmp_path, monkeypatch) -> dict[str, Path]:
    """Two judged runs of the same data."""
    monkeypatch.setitem(systems.PACKAGES, "dots", TOYS)
    monkeypatch.setattr(model_table, "NUMBER", 100)
    data = simulate()
    for name, rate in (("good", 0.3), ("bad", 0.001)):
        recipe = TOYS.learner(name, data, rate=rate)
        fit(recipe, data, members=2, workdir=tmp_path / name, quiet=True).evaluate()
        write_json(tmp_path / name / model_table.COSTS, model_table.Cost(12.0, 7.0, 321.0)._asdict())
    return {name: tmp_path / name for name in ("good", "bad")}


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


def test_the_page_names_the_best_model_and_every_number(runs, tmp_path):
    model_table.write_page(EXPERIMENT, runs, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "distance is smallest for good" in page
    assert "good: 12 updates of 8 events, 2 seeds from 0, on 60 events of dots." in page
    assert "321" in page
    found = read_json(tmp_path / "comparison.json")
    assert len(found["metrics"]["bad"]["distance"]["members"]) == 2
    assert found["speeds"]["good"] > 0
    for name in ("comparison", "overlay"):
        assert (tmp_path / "plots" / f"{name}.png").stat().st_size > 0


def test_a_model_without_a_number_is_said(runs, tmp_path):
    path = runs["bad"] / "evaluation.json"
    judged = read_json(path)
    judged["metrics"]["distance"] |= {"value": None, "members": [None, 4.0]}
    write_json(path, judged)
    model_table.write_page(EXPERIMENT, runs, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "no number for 1 of 2 seeds" in page
    assert "smallest for good" in page
