"""Checkpoints come back bit for bit, and damage, kills and a full disk never cost the earlier ones."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import optax
import pytest

from jaxgen import manifest
from jaxgen.base import Pair
from jaxgen.training import checkpoint
from jaxgen.training.checkpoint import Checkpoints


class State(NamedTuple):
    step: jax.Array
    params: Pair
    opt: tuple
    norm: dict
    key: jax.Array
    none: None = None


def make_state(step: int) -> State:
    params = Pair({"Dense_0": {"kernel": jnp.full((3, 2), 1.0 / step), "bias": jnp.zeros(2)}}, {})
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))
    norm = {"Dense_0/kernel/u": jnp.array([-0.0, jnp.nan, jnp.inf], jnp.bfloat16), "empty": jnp.zeros((0, 4))}
    keys = jax.random.split(jax.random.key(step, impl="rbg"), 2)
    return State(jnp.asarray(step, jnp.int32), params, optimizer.init(params.generator), norm, keys)


def bits(tree) -> list[tuple]:
    leaves = [jax.random.key_data(x) if checkpoint.leaves.is_key(x) else x for x in jax.tree.leaves(tree)]
    return [(np.asarray(x).dtype, np.shape(x), np.asarray(x).tobytes()) for x in leaves]


def assert_same(got, wanted) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    assert bits(got) == bits(wanted)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def saved(tmp_path, said) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=3, say=said.append)
    for step in (1, 2, 3):
        checkpoints.save(step, {"weights": jnp.full(64, step)})
    return checkpoints


EXAMPLE = {"weights": jnp.zeros(64, jnp.int32)}


@pytest.mark.parametrize("abstract", [False, True])
def test_a_state_comes_back_bit_for_bit(tmp_path, abstract):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(7, make_state(7))
    example = jax.eval_shape(lambda: make_state(1)) if abstract else make_state(1)
    step, state = checkpoints.restore(example)
    assert step == 7
    assert_same(state, make_state(7))
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(state))
    assert jax.random.key_impl(state.key) == jax.random.key_impl(make_state(7).key)
    jax.random.bits(state.key[0])


def test_numpy_and_python_numbers_keep_their_types(tmp_path):
    tree = {"a": np.float64(0.1), "b": np.arange(3, dtype=np.uint8), "c": 3, "d": 0.1, "e": True}
    Checkpoints(tmp_path).save(0, tree)
    _, found = Checkpoints(tmp_path).restore(tree)
    assert {name: type(value) for name, value in found.items()} == {k: type(v) for k, v in tree.items()}
    assert bits(found) == bits(tree)


@pytest.mark.parametrize("tree", [(), None, {"a": optax.EmptyState()}, {"a": jnp.zeros((0, 3))}])
def test_a_tree_without_numbers_can_be_saved(tmp_path, tree):
    Checkpoints(tmp_path).save(1, tree)
    assert_same(Checkpoints(tmp_path).restore(tree)[1], tree)


def test_a_restored_array_stays_on_the_device_of_the_example(tmp_path):
    device = jax.devices()[1]
    Checkpoints(tmp_path).save(1, {"a": jnp.ones(3)})
    _, tree = Checkpoints(tmp_path).restore({"a": jax.device_put(jnp.zeros(3), device)})
    assert tree["a"].devices() == {device}


@pytest.mark.parametrize(
    ("example", "sentence"),
    [
        ({"weights": jnp.zeros(63, jnp.int32)}, r"Expected weights of shape \(63,\) and type int32"),
        ({"weights": jnp.zeros(64)}, "type float32; the checkpoint holds .* type int32"),
        ({**EXAMPLE, "more": jnp.zeros(1)}, "to hold more"),
        ({}, "Expected no weights"),
    ],
)
def test_another_tree_is_refused_by_name(saved, example, sentence):
    with pytest.raises(ValueError, match=sentence):
        saved.restore(example)


@pytest.mark.parametrize("tree", [{"a": "text"}, {"a": object()}, {"a": {"b": 1.0}, "a/b": 2.0}])
def test_what_cannot_be_saved_is_refused(tmp_path, tree):
    with pytest.raises(ValueError, match="Expected"):
        Checkpoints(tmp_path).save(1, tree)
    assert not list(tmp_path.iterdir())


def test_a_step_is_saved_once(saved):
    with pytest.raises(ValueError, match=r"Expected a step not saved before in .*; got 3"):
        saved.save(3, EXAMPLE)
    assert saved.restore(EXAMPLE)[1]["weights"][0] == 3


def test_the_latest_and_the_best_stay(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2, best_metric="chi2")
    values = {1: 5.0, 2: 1.0, 3: float("nan"), 4: 2.0, 5: 3.0}
    for step, value in values.items():
        checkpoints.save(step, EXAMPLE, {"chi2": value})
    again = Checkpoints(tmp_path, keep=2, best_metric="chi2")
    assert again.steps() == [2, 4, 5]
    assert (again.latest_step(), again.best_step()) == (5, 2)
    again.save(6, EXAMPLE, {"chi2": 0.5})
    assert again.steps() == [5, 6]
    assert Checkpoints(tmp_path, best_metric="chi2", best_mode="max").best_step() == 5
    assert again.metrics(6) == {"chi2": 0.5}


def test_several_steps_can_be_restored_for_an_average(saved):
    weights = [saved.restore(EXAMPLE, step=step)[1]["weights"] for step in saved.steps()]
    np.testing.assert_array_equal(np.mean(weights, axis=0), 2.0)


@pytest.mark.parametrize("folder", ["checkpoints", "absent"])
def test_nothing_to_restore_is_said(tmp_path, folder):
    (tmp_path / "checkpoints").mkdir()
    empty = Checkpoints(tmp_path / folder)
    assert empty.latest_step() is None
    with pytest.raises(FileNotFoundError, match="Expected a whole checkpoint in"):
        empty.restore(EXAMPLE)
    with pytest.raises(FileNotFoundError, match="Expected checkpoint 4 in"):
        empty.restore(EXAMPLE, step=4)


def files_of(checkpoints: Checkpoints, step: int) -> list[str]:
    folder = checkpoints.folder / str(step)
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "flipped": flip,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_any_file_is_found_and_the_previous_checkpoint_used(saved, said, damage):
    number = len(files_of(saved, 3))  # some names are random, and change when it is saved again
    assert number > 5
    for count in range(1, number + 1):
        names = files_of(saved, 3)
        assert len(names) == number
        name = names[count - 1]
        DAMAGE[damage](saved.folder / "3" / name)
        step, tree = saved.restore(EXAMPLE)
        assert (step, int(tree["weights"][0])) == (2, 2), name
        assert len(said) == count
        assert said[-1].startswith("Checkpoint 3 is damaged (")
        assert said[-1].endswith("); continuing from 2.")
        assert len(list(saved.folder.glob("damaged-3*"))) == count
        saved.save(3, {"weights": jnp.full(64, 3)})


def test_several_damaged_checkpoints_are_passed_over(saved, said):
    for step in (2, 3):
        (saved.folder / str(step) / manifest.NAME).unlink()
    assert saved.restore(EXAMPLE)[0] == 1
    assert said == [
        f"Checkpoint {n} is damaged (its manifest is missing); continuing from 1." for n in (3, 2)
    ]
    flip(saved.folder / "1" / manifest.NAME)
    with pytest.raises(FileNotFoundError, match="Expected a whole checkpoint"):
        saved.restore(EXAMPLE)
    assert said[-1].endswith("; none is left before it.")
    assert len(list(saved.folder.glob("damaged-*"))) == 3


def test_a_damaged_checkpoint_asked_for_by_step_is_refused(saved):
    flip(next(path for path in (saved.folder / "2").rglob("d/*") if path.is_file()))
    with pytest.raises(ValueError, match=r"to be whole; file .* differs from its manifest"):
        saved.restore(EXAMPLE, step=2)
    assert saved.steps() == [1, 2, 3]


def test_whatever_a_kill_leaves_behind_can_be_continued(saved, said, tmp_path, monkeypatch):
    """Copies the folder around every change of it: each copy is what a kill at that moment leaves."""
    copies: list[Path] = []

    def watched(function):
        def call(*args, **kwargs):
            result = function(*args, **kwargs)
            copies.append(tmp_path / f"copy{len(copies)}")
            shutil.copytree(saved.folder, copies[-1])
            return result

        return call

    for owner, name in [
        (checkpoint, "_reserve"),
        (checkpoint.ocp.Checkpointer, "save"),
        (manifest, "write"),
        (Path, "rename"),
        (Path, "mkdir"),
        (Path, "write_text"),
    ]:
        monkeypatch.setattr(owner, name, watched(getattr(owner, name)))
    saved.save(4, {"weights": jnp.full(64, 4)})
    monkeypatch.undo()
    assert len(copies) >= 7
    steps = []
    for copy in copies:
        left = Checkpoints(copy, say=said.append)
        step, tree = left.restore(EXAMPLE)
        assert int(tree["weights"][0]) == step
        left.save(step + 1, EXAMPLE)
        assert {path.name for path in copy.iterdir()} == {str(n) for n in left.steps()}
        steps.append(step)
    assert steps == sorted(steps)
    assert set(steps) == {3, 4}
    assert said == []


SAVE_FOREVER = """
import sys
import numpy as np
from jaxgen.training.checkpoint import Checkpoints
checkpoints = Checkpoints(sys.argv[1], keep=2)
step = checkpoints.latest_step() or 0
while True:
    step += 1
    checkpoints.save(step, {"weights": np.full((50, 50), step)})
"""


def wait_until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.002)


def test_a_killed_process_leaves_a_whole_checkpoint(tmp_path, said):
    checkpoints = Checkpoints(tmp_path, say=said.append)
    with subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, str(tmp_path)]) as process:
        try:
            wait_until(lambda: (checkpoints.latest_step() or 0) >= 3)
            wait_until(lambda: list(tmp_path.glob("*.partial")))
        finally:
            process.send_signal(signal.SIGKILL)
    step, tree = checkpoints.restore({"weights": np.zeros((50, 50), np.int64)})
    assert (tree["weights"] == step).all()
    assert step >= 3
    assert said == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def assert_refused_but_intact(checkpoints: Checkpoints, big) -> None:
    with pytest.raises(OSError, match=r"of free space for checkpoint 2 in .*; got .* MB") as error:
        checkpoints.save(2, big)
    assert error.value.errno == errno.ENOSPC
    assert [path.name for path in checkpoints.folder.iterdir()] == ["1"]
    assert checkpoints.restore(EXAMPLE)[0] == 1
    checkpoints.save(2, EXAMPLE)
    assert checkpoints.steps() == [1, 2]


@pytest.mark.parametrize("reserved", [True, False])
def test_a_full_disk_is_said_and_costs_nothing(small_disk, monkeypatch, reserved):
    checkpoints = Checkpoints(small_disk / "checkpoints")
    checkpoints.save(1, EXAMPLE)
    if not reserved:  # the disk fills up while Orbax writes
        monkeypatch.setattr(checkpoint, "_reserve", lambda path, size: None)
    assert_refused_but_intact(checkpoints, noise(2**21))


def noise(size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)


@pytest.mark.parametrize("failing", ["_reserve", "manifest.write"])
def test_a_failing_write_is_said_and_costs_nothing(tmp_path, monkeypatch, failing):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.save(1, EXAMPLE)

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        owner, name = (manifest, "write") if "." in failing else (checkpoint, failing)
        patch.setattr(owner, name, fail)
        with pytest.raises(OSError, match="of free space for checkpoint 2") as error:
            checkpoints.save(2, EXAMPLE)
    assert error.value.errno == errno.ENOSPC
    assert [path.name for path in checkpoints.folder.iterdir()] == ["1"]
    assert checkpoints.restore(EXAMPLE)[0] == 1


def test_bad_settings_are_refused(tmp_path):
    with pytest.raises(ValueError, match="keep"):
        Checkpoints(tmp_path, keep=0)
    with pytest.raises(ValueError, match="best_mode"):
        Checkpoints(tmp_path, best_mode="least")


def test_bfloat16_is_known_by_its_name():
    assert checkpoint.leaves.Leaf("bfloat16", (2,)).empty().dtype == ml_dtypes.bfloat16
