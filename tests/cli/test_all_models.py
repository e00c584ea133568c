"""All models of a detector, each as a run of its own with its own preset."""

import json
import sys

from jaxgen import systems
from jaxgen.cli import all_models


def test_a_command_is_timed_and_its_status_kept():
    code, cost = all_models.timed(
        [sys.executable, "-c", "x = bytearray(60_000_000); sum(range(10**6)); exit(3)"]
    )
    assert code == 3
    assert cost.cpu_seconds > 0
    assert cost.wall_seconds > 0
    assert cost.peak_megabytes > 55


def test_parts_of_a_run_add_up_and_a_look_at_a_finished_one_does_not(tmp_path):
    path = tmp_path / "costs.json"
    for cost in [(10.0, 6.0, 500.0), (4.0, 3.0, 520.0), (1.0, 1.0, 90.0)]:
        all_models._keep_cost(path, all_models.Cost(*cost))
    assert json.loads(path.read_text()) == {"cpu_seconds": 14.0, "wall_seconds": 9.0, "peak_megabytes": 520.0}


def test_each_model_gets_its_preset_and_the_flags_that_it_has():
    given = {"model": "all", "workdir": "runs", "steps": 7, "learning_rate": 0.1, "members": 2, "full": False}
    system = systems.get("four_leptons")
    shared = ["--steps=7", "--members=2", "--nofull"]
    assert sorted(all_models.arguments(system, "gan", given)) == sorted(
        ["--preset=gan", "--model=gan", *shared]
    )
    assert "--learning_rate=0.1" in all_models.arguments(system, "spline_flow", given)
    assert all_models.arguments(system, "spline_flow", given)[0] == "--preset=best"
