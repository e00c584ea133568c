"""The TPC experiment through its real command line, each process as a user would start it.

What is checked here needs real processes: SIGKILL, exit codes, what stands on the two streams, what one
process leaves for the next. The many ways to ask for something wrong are in tests/cli/test_refusals.py.
"""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from jaxgen.systems.tpc_pads.data import digits as tpc_digits
from jaxgen.training import logs
from tests.cli.toys import ROOT, digest

pytestmark = pytest.mark.slow

SETTINGS = (
    "--architecture=moments",
    "--data_events=480",
    "--batch_size=16",
    "--steps=30",
    "--log_every=3",
    "--save_every=6",
    "--critic_steps=2",
    "--dropout=0.1",
    "--average_decay=0.9",
    "--decay=constant",
    "--optimizer=adam",
    "--generator_rate=3e-3",
    "--critic_rate=3e-3",
    "--samples_per_condition=2",
)
OF_FILE = tuple(flag for flag in SETTINGS if not flag.startswith("--data_events"))
TIMES = {"wall_seconds", "cpu_seconds", "steps_per_second"}
TIMEOUT = 600
FIGURES = ("samples", "moments", "trends_by_bin", "training", "amplitudes", "occupancy", "trend_Sum")


@pytest.fixture
def environment(tmp_path_factory) -> dict[str, str]:
    """One device, and compiled programs shared by the processes of this session."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    return {**os.environ, "XDG_CACHE_HOME": str(cache), "XLA_FLAGS": "", "JAX_PLATFORMS": "cpu"}


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(ROOT / "experiments" / "tpc_sn.py"), *map(str, arguments)]


def call(environment: dict[str, str], *arguments: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(*arguments), env=environment, capture_output=True, text=True, timeout=TIMEOUT, **options
    )


def until_saved(environment: dict[str, str], folder: Path, step: int, *arguments: object) -> None:
    """Trains until a checkpoint is there, then kills."""
    kill_when_saved(command(f"--workdir={folder}", *arguments), environment, folder, step)


def kill_when_saved(arguments: list[str], environment: dict[str, str], folder: Path, step: int) -> None:
    """Runs a command until a checkpoint is there, then kills it."""
    checkpoint = folder / "checkpoints" / str(step)
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    start = time.monotonic()
    while not checkpoint.is_dir():
        assert process.poll() is None, process.stdout.read().decode()
        assert time.monotonic() - start < TIMEOUT
        time.sleep(0.01)
    process.kill()
    process.communicate()


def strict(path: Path) -> dict:
    """JSON without NaN and infinities."""
    return json.loads(path.read_text(), parse_constant=lambda text: pytest.fail(f"{text} in {path}"))


def lines(folder: Path) -> list[dict]:
    """The log without what the clock says."""
    return [{k: v for k, v in entry.items() if k not in TIMES} for entry in logs.read_metrics(folder)]


def check_complete(folder: Path) -> None:
    """All that a run folder should hold, and nothing half written."""
    config = strict(folder / "config.json")
    assert config["settings"]["architecture"] == "moments"
    assert {"jaxgen", "jax", "python"} <= set(config["versions"])
    assert {"revision", "device"} <= set(config)
    assert [entry["step"] for entry in logs.read_metrics(folder)] == list(range(3, 31, 3))
    metrics = strict(folder / "evaluation.json")["metrics"]
    assert len(metrics) >= 15
    for name, row in metrics.items():
        if name == "trend_chi2_as_published":
            continue  # infinite as soon as one event is empty
        for one in (row, row["floor"]):
            assert math.isfinite(one["value"]), name
            assert one["n"] > 0
    assert metrics["trend_chi2"]["error"] > 0
    assert {path.name for path in (folder / "checkpoints").iterdir()} <= {"6", "12", "18", "24", "30"}
    for name in FIGURES:
        assert (folder / "plots" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert (folder / "plots" / f"{name}.pdf").read_bytes()[:4] == b"%PDF"
    page = (folder / "report.html").read_text()
    assert "data:image/png;base64," in page
    assert str(metrics["trend_chi2"]["floor"]["n"]) in page
    assert not [path for path in folder.rglob("*") if path.suffix in (".partial", ".removed")]


def check_samples(environment: dict[str, str], folder: Path, tracks: Path) -> None:
    """Files of events for given tracks; the same seed gives the same bytes."""
    known = np.loadtxt(tracks, delimiter=",", skiprows=1)
    files = []
    for _ in range(2):
        arguments = (
            "--mode=sample",
            f"--workdir={folder}",
            f"--conditions={tracks}",
            "--num=25",
            "--overwrite",
        )
        result = call(environment, *arguments, cwd=folder.parent)
        assert (result.returncode, result.stderr) == (0, "")
        files.append((folder / "samples" / "generated.dat").read_bytes())
    assert files[0] == files[1]
    digits = tpc_digits.read_digits(folder / "samples" / "generated.dat")
    assert digits.images.shape == (25, 8, 16)
    assert digits.images.any()
    np.testing.assert_array_equal(digits.parameters, known[np.arange(25) % len(known)])


def test_a_killed_run_equals_an_unbroken_one_and_is_judged_the_same(environment, tmp_path):
    """Trains twice: once killed and resumed, once unbroken up to the end and judged by --mode=evaluate."""
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    until_saved(environment, broken, 12, *SETTINGS)
    resumed = subprocess.Popen(
        command(*SETTINGS, f"--workdir={broken}"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_saved(environment, whole, 30, *SETTINGS)
    judged = call(environment, "--mode=evaluate", f"--workdir={whole}")
    out, err = resumed.communicate(timeout=TIMEOUT)
    assert (resumed.returncode, err) == (0, "")
    assert "Resuming from step " in out
    assert f"Report: {broken}/report.html" in out
    assert (judged.returncode, judged.stderr) == (0, "")
    assert digest(broken, 30) == digest(whole, 30)
    assert lines(broken) == lines(whole)
    assert strict(broken / "evaluation.json") == strict(whole / "evaluation.json")
    check_complete(broken)
    again = call(environment, *SETTINGS, f"--workdir={broken}")
    assert again.returncode == 0
    assert f"The run in {broken} is finished: 30 steps." in again.stdout
    check_python_is_the_same(environment, tmp_path, whole)


PYTHON = """
import sys
import jaxgen
from jaxgen.systems import tpc_pads

data = tpc_pads.simulate(0, 480)
recipe = tpc_pads.learner(
    "gan", data, architecture="moments", batch_size=16, steps=30, critic_steps=2, dropout=0.1,
    average_decay=0.9, decay="constant", optimizer="adam", generator_rate=3e-3, critic_rate=3e-3,
)
run = jaxgen.fit(recipe, data, workdir=sys.argv[1], log_every=3, save_every=6, samples_per_condition=2)
run.evaluate(data)
"""


def check_python_is_the_same(environment: dict[str, str], folder: Path, whole: Path) -> None:
    """`fit` with the same settings, killed and resumed, leaves the same bits as the command line."""
    python = folder / "python"
    arguments = [sys.executable, "-c", PYTHON, str(python)]
    kill_when_saved(arguments, environment, python, 12)
    subprocess.run(arguments, env=environment, check=True, capture_output=True, timeout=TIMEOUT)
    assert digest(python, 30) == digest(whole, 30)
    assert generator(python) == generator(whole)
    assert strict(python / "evaluation.json") == strict(whole / "evaluation.json")
    assert strict(python / "config.json") == strict(whole / "config.json")
    assert lines(python) == lines(whole)


def generator(folder: Path) -> dict[str, bytes]:
    """The files of the generator, byte by byte."""
    return {path.name: path.read_bytes() for path in (folder / "generator").iterdir()}


def test_samples_of_a_run_of_two_seeds_on_two_devices(environment, tmp_path):
    """Trained on a file, and sampled from on one device for tracks from another."""
    draw = np.random.default_rng(0)
    tracks = draw.uniform([-20, -60, 35, 10], [20, 60, 290, 100], (80, 4)).round(3)
    images = draw.gamma(2.0, 5.0, (80, 8, 16)).astype(np.float32)
    tpc_digits.write_digits(tmp_path / "digits.dat", images, tracks)
    header = "crossing_angle,dip_angle,drift_length,pad_coordinate"
    np.savetxt(tmp_path / "tracks.csv", tracks[:4], fmt="%.3f", delimiter=",", header=header, comments="")
    settings = (*OF_FILE, f"--data={tmp_path}/digits.dat", "--members=2", "--devices=2")
    two = {**environment, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    folder = tmp_path / "run"
    until_saved(two, folder, 30, *settings)
    assert [len(entry["critic_loss"]) for entry in logs.read_metrics(folder)] == [2] * 10
    check_samples(environment, folder, tmp_path / "tracks.csv")


def test_an_error_is_one_line_and_exit_status_1(environment, tmp_path):
    data = tmp_path / "digits.dat"
    data.write_text("params: 1 2 40.5 30.5\n  30 40 1.5\nparams: 1 2 40.5 30.5\n  30 40\n")
    result = call(environment, *OF_FILE, f"--workdir={tmp_path}/run", f"--data={data}")
    assert result.returncode == 1
    assert result.stdout == f"Reading {data} ...\n"
    assert result.stderr == (
        f"tpc_sn: {data}, line 4: Expected triples of pad, time bin and amplitude; got 2 numbers.\n"
    )
    assert not (tmp_path / "run").exists()
