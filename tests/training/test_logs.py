"""The log of a resumed run reads like that of an unbroken one, and is valid JSON whatever was logged."""

import json
import math
import struct
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.training import logs
from jaxgen.training.logs import Logs, read_metrics

TIMES = ("wall_seconds", "cpu_seconds", "steps_per_second")


def run(folder, *, after=None, until, crash=False):
    """Logs every tenth step; a crash leaves the next line half-written."""
    with Logs(folder, step=after) as log:
        for step in range((after or 0) + 10, until + 1, 10):
            log.write(step, {"critic_loss": jnp.float32(-step)}, epoch=step / 100)
    if crash:
        with (folder / logs.NAME).open("a") as file:
            file.write('{"step": 1')


def timeless(entries):
    return [{name: value for name, value in entry.items() if name not in TIMES} for entry in entries]


def test_a_line_holds_what_was_logged_and_the_times(tmp_path):
    with Logs(tmp_path) as log:
        entry = log.write(50, {"loss": jnp.float32(0.5), "members": np.array([1.0, 2.0])}, epoch=2, rate=3.0)
        (line,) = (tmp_path / logs.NAME).read_text().splitlines()  # there before the log is closed
    assert json.loads(line) == entry
    assert entry["step"] == 50
    assert entry["epoch"] == 2
    assert entry["loss"] == 0.5
    assert entry["members"] == [1.0, 2.0]
    assert all(entry[name] >= 0 for name in TIMES)
    assert read_metrics(tmp_path) == read_metrics(tmp_path / logs.NAME) == [entry]


def test_values_that_are_not_finite_are_strings_in_the_file_and_floats_when_read(tmp_path):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    with Logs(tmp_path) as log:
        log.write(1, {"a": math.nan, "b": math.inf, "c": jnp.array([-jnp.inf, 1.0])})
    parsed = json.loads((tmp_path / logs.NAME).read_text(), parse_constant=refuse)
    assert (parsed["a"], parsed["b"], parsed["c"]) == ("NaN", "Infinity", ["-Infinity", 1.0])
    (entry,) = read_metrics(tmp_path)
    assert math.isnan(entry["a"])
    assert (entry["b"], entry["c"]) == (math.inf, [-math.inf, 1.0])


@pytest.mark.parametrize("crash", [False, True])
def test_a_resumed_log_reads_like_an_unbroken_one(tmp_path, crash):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(whole, until=100)
    run(broken, until=60, crash=crash)
    run(broken, after=40, until=100)
    assert timeless(read_metrics(broken)) == timeless(read_metrics(whole))
    assert (broken / logs.NAME).read_text().count("\n") == 10


def test_a_run_from_the_start_begins_a_new_log(tmp_path):
    run(tmp_path, until=50)
    run(tmp_path, until=20)
    assert [entry["step"] for entry in read_metrics(tmp_path)] == [10, 20]


def test_times_go_on_after_resuming(tmp_path, monkeypatch):
    clock = iter([0.0, 4.0, 100.0, 102.0])
    monkeypatch.setattr(logs.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(logs.time, "process_time", lambda: 0.0)
    with Logs(tmp_path) as log:
        assert log.write(40, {})["wall_seconds"] == 4.0
    with Logs(tmp_path, step=40) as log:
        entry = log.write(140, {}, rate=50.0)
    assert (entry["wall_seconds"], entry["steps_per_second"]) == (6.0, 50.0)


def test_a_half_written_last_line_is_left_out(tmp_path):
    run(tmp_path, until=30, crash=True)
    assert [entry["step"] for entry in read_metrics(tmp_path)] == [10, 20, 30]


@pytest.mark.parametrize("line", ["{", "3", "{}", '{"step": "x"}', ""])
def test_a_malformed_line_is_named(tmp_path, line):
    run(tmp_path, until=10)
    with (tmp_path / logs.NAME).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ValueError, match="in line 2 of"):
        read_metrics(tmp_path)


def test_a_log_without_a_folder_is_kept_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Logs(None, tensorboard=True) as log:
        first = log.write(10, {"loss": jnp.float32(0.5)}, epoch=1)
        log.write(20, {"loss": np.array([1.0, np.nan])})
        log.image(20, "events", np.ones((2, 2)))
    assert log.entries[0] is first
    assert [entry["step"] for entry in log.entries] == [10, 20]
    assert log.kept == []
    assert math.isnan(log.entries[1]["loss"][1])
    assert not list(tmp_path.iterdir())


def test_a_resumed_log_knows_its_lines(tmp_path):
    """Those before, and all: what a resumed run has to be told of its past."""
    run(tmp_path, until=60)
    with Logs(tmp_path, step=40) as log:
        assert [entry["step"] for entry in log.kept] == [10, 20, 30, 40]
        log.write(50, {"critic_loss": 1.0})
    assert [entry["step"] for entry in log.entries] == [10, 20, 30, 40, 50]
    assert len(log.kept) == 4
    assert log.entries == read_metrics(tmp_path)
    with Logs(tmp_path) as log:
        assert log.kept == log.entries == []


def test_only_the_first_process_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(logs.jax, "process_index", lambda: 1)
    with Logs(tmp_path, tensorboard=True) as log:
        assert log.write(1, {"loss": 0.0})["loss"] == 0.0
        log.image(1, "events", np.ones((2, 2)))
    assert not list(tmp_path.iterdir())


def records(folder):
    """The records of TensorBoard's files: eight bytes of length, four of checksum, data, four more."""
    content = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    found = []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        found.append(content[12 : 12 + length])
        content = content[16 + length :]
    return found


def test_tensorboard_gets_scalars_and_images(tmp_path):
    pytest.importorskip("tensorboardX")
    with Logs(tmp_path, tensorboard=True) as log:
        log.write(3, {"critic_loss": -1.5, "members": np.array([1.0, 3.0])})
        log.image(3, "gray", np.arange(6.0).reshape(2, 3))
        log.image(3, "colored", np.zeros((2, 3, 3), np.uint8))
    found = b"".join(records(tmp_path / "tensorboard"))
    assert b"critic_loss" in found
    assert struct.pack("<f", -1.5) in found
    assert struct.pack("<f", 2.0) in found  # the mean over the members
    assert found.count(b"\x89PNG") == 2


def test_a_missing_tensorboard_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ValueError, match=r'pip install "jaxgen\[tensorboard\]"'):
        Logs(tmp_path, tensorboard=True)


@pytest.mark.parametrize(
    ("image", "expected"),
    [([[1.0, 3.0]], [[0, 255]]), ([[2.0, 2.0]], [[0, 0]]), ([[np.nan, 1.0, 5.0]], [[0, 0, 255]])],
)
def test_gray_uses_the_full_range(image, expected):
    np.testing.assert_array_equal(logs.gray(image), expected)


def test_tiles_keep_every_image():
    images = np.arange(1.0, 6.0)[:, None, None] * np.ones((5, 2, 3))
    sheet = logs.tile(images)
    assert sheet.shape == (5, 11)
    for i in range(5):
        assert (sheet == i + 1).sum() == 6
