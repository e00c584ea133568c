"""Checkpoints of a run: written whole or not at all, checked before they are used.

A checkpoint is a folder named after its step. It holds the arrays, written by Orbax, and a manifest
with the SHA-256 sum of every file. It is made under another name and renamed when the disk holds all of
it, so a run that is killed at any moment leaves its earlier checkpoints as they were.
"""

import errno
import os
import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils

from jaxgen import checks, manifest
from jaxgen.base import PyTree
from jaxgen.training import leaves

STATE = "state"
UNFINISHED = (".partial", ".removed")
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CANNOT_RESERVE = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints in a folder; with several processes, all of them must see it.

    Attributes:
      folder: made when the first checkpoint is saved.
      keep: how many of the latest stay; None for all.
      best_metric: the checkpoint that is best by this metric stays too.
      best_mode: whether `min` or `max` is best.
      say: takes the sentence on a damaged checkpoint.
    """

    folder: Path
    keep: int | None = 3
    best_metric: str | None = None
    best_mode: str = "min"
    say: Callable[[str], None] = warnings.warn

    def __post_init__(self) -> None:
        checks.one_of("best_mode", self.best_mode, ("min", "max"))
        if self.keep is not None:
            checks.positive(keep=self.keep)
        object.__setattr__(self, "folder", Path(self.folder).absolute())

    def save(self, step: int, tree: PyTree, metrics: Mapping[str, float] | None = None) -> None:
        """Saves a tree, then removes the checkpoints that need not stay.

        Every process calls this; the first one writes.

        Args:
          step: number of updates done, not saved before.
          tree: of arrays, random keys and numbers; equal on all processes.
          metrics: what the checkpoint is judged by.

        Raises:
          ValueError: where the step is there already, or the tree holds anything else.
          OSError: where the disk is full, with earlier checkpoints intact and nothing half-written left.
        """
        error: Exception | None = None
        if jax.process_index() == 0:
            try:
                self._write(int(step), tree, metrics or {})
                self._prune()
            except Exception as exception:
                error = exception
        if _from_first_process(int(error is not None)):
            raise error or OSError(f"Expected the first process to save checkpoint {step}; it failed.")

    def restore(self, example: PyTree, *, step: int | None = None) -> tuple[int, PyTree]:
        """Restores the latest checkpoint that is whole, or the one asked for.

        A damaged latest checkpoint is renamed to `damaged-STEP`, said in one line, and passed over.

        Args:
          example: a tree of the structure wanted, from `init` or `jax.eval_shape` of it.
          step: the checkpoint; None for the latest.

        Returns:
          The step, and the tree as it was saved, bit for bit.

        Raises:
          FileNotFoundError: where there is no checkpoint, or none that is whole.
          ValueError: where the one asked for is damaged, or holds another tree.
        """
        found = self._latest_whole() if step is None else step
        folder = self.folder / str(found)
        if not folder.is_dir():
            raise FileNotFoundError(f"Expected checkpoint {found} in {self.folder}; found {self.steps()}.")
        try:
            contents = manifest.read(folder) if step is None else manifest.verify(folder)
        except manifest.DamagedError as damage:
            raise ValueError(f"Expected checkpoint {folder} to be whole; {damage}.") from None
        return found, _read(folder, example, contents)

    def steps(self) -> list[int]:
        """Steps of all checkpoints, in order; they are not checked."""
        if not self.folder.is_dir():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdecimal())

    def latest_step(self) -> int | None:
        """Step of the latest checkpoint, or None."""
        return max(self.steps(), default=None)

    def best_step(self) -> int | None:
        """Step of the checkpoint that is best by `best_metric`, or None where none was judged by it."""
        values = {step: self.metrics(step).get(self.best_metric or "") for step in self.steps()}
        sign = 1 if self.best_mode == "min" else -1
        judged = [(sign * value, -step) for step, value in values.items() if value is not None]
        return -min(judged)[1] if judged else None

    def metrics(self, step: int) -> dict[str, float]:
        """The finite metrics a checkpoint was saved with; none where its manifest is damaged."""
        try:
            return manifest.read(self.folder / str(step))["metrics"]
        except manifest.DamagedError:
            return {}

    def _write(self, step: int, tree: PyTree, metrics: Mapping[str, float]) -> None:
        final, partial = self.folder / str(step), self.folder / f"{step}.partial"
        if step < 0 or final.exists():
            raise ValueError(f"Expected a step not saved before in {self.folder}; got {step}.")
        arrays, described = leaves.to_host(tree), leaves.describe(tree)
        finite = {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
        contents = {"step": step, "metrics": finite, "leaves": described}
        try:
            self._remove_unfinished()
            partial.mkdir(parents=True)
            _reserve(partial / "reserved", _space_for(arrays))
            _checkpointer().save(partial / STATE, args=ocp.args.StandardSave(_stored(arrays)))
            manifest.write(partial, contents)
            partial.rename(final)
            manifest.sync(self.folder)
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if _error_number(error) not in DISK_ERRORS:
                raise
            raise _disk_full(error, self.folder, step, _space_for(arrays)) from None

    def _prune(self) -> None:
        if self.keep is None:
            return
        best = self.best_step() if self.best_metric else None
        for step in self.steps()[: -self.keep]:
            if step != best:
                _remove(self.folder / str(step))

    def _remove_unfinished(self) -> None:
        """Removes what a killed run left half-written or half-removed."""
        for path in self.folder.glob("*"):
            if path.is_dir() and path.suffix in UNFINISHED and path.stem.isdecimal():
                shutil.rmtree(path)

    def _latest_whole(self) -> int:
        """The step of the latest whole checkpoint, the same on all processes."""
        found = self._pass_over_damaged() if jax.process_index() == 0 else None
        step = _from_first_process(-1 if found is None else found)
        if step < 0:
            raise FileNotFoundError(f"Expected a whole checkpoint in {self.folder}; found none.")
        return step

    def _pass_over_damaged(self) -> int | None:
        damaged: list[tuple[int, str]] = []
        whole = None
        for step in reversed(self.steps()):
            try:
                manifest.verify(self.folder / str(step))
            except manifest.DamagedError as damage:
                damaged.append((step, str(damage)))
            else:
                whole = step
                break
        then = "none is left before it" if whole is None else f"continuing from {whole}"
        for step, reason in damaged:
            if _put_aside(self.folder, step):
                self.say(f"Checkpoint {step} is damaged ({reason}); {then}.")
        return whole


def _checkpointer() -> ocp.Checkpointer:
    """Orbax without barriers: each process reads for itself, only the first writes."""
    this = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=this, active_processes={this}, barrier_sync_key_prefix=f"process_{this}"
    )
    handler = ocp.StandardCheckpointHandler(multiprocessing_options=alone)
    return ocp.Checkpointer(handler, multiprocessing_options=alone)


def _stored(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What Orbax is given: it refuses arrays without elements, and trees without arrays."""
    return {name: array for name, array in arrays.items() if array.size} or {"nothing": np.zeros(1)}


def _read(folder: Path, example: PyTree, contents: Mapping[str, Any]) -> PyTree:
    described = {
        name: leaves.Leaf(leaf[0], tuple(leaf[1]), leaf[2]) for name, leaf in contents["leaves"].items()
    }
    leaves.check_same(leaves.describe(example), described)
    arrays = {name: leaf.empty() for name, leaf in described.items()}
    stored = _stored(arrays)
    stored = _checkpointer().restore(folder / STATE, args=ocp.args.StandardRestore(stored))
    return leaves.from_host(example, {**arrays, **stored}, described)


def _from_first_process(value: int) -> int:
    """The first process's value, on all."""
    if jax.process_count() == 1:
        return value
    return int(multihost_utils.broadcast_one_to_all(np.int32(value)))


def _space_for(arrays: Mapping[str, np.ndarray]) -> int:
    """Bytes of disk that a checkpoint needs, rounded up: the arrays, their names, and the manifests."""
    return sum(array.nbytes + 1024 for array in arrays.values()) + 64 * 1024


def _reserve(path: Path, size: int) -> None:
    """Raises OSError unless the disk has room: Orbax's own failure is hundreds of lines long."""
    if shutil.disk_usage(path.parent).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)  # heeds quotas too
        except AttributeError:
            pass  # not on this system
        except OSError as error:
            if error.errno not in CANNOT_RESERVE:
                raise
    path.unlink()


def _error_number(error: Exception) -> int | None:
    """The system's number of an error, which Orbax gives only in its text."""
    if isinstance(error, OSError):
        return error.errno
    found = re.search(r"os_error_code='(\d+)'", str(error))
    return int(found.group(1)) if found else None


def _disk_full(error: Exception, folder: Path, step: int, size: int) -> OSError:
    number = _error_number(error) or errno.ENOSPC
    free = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
    return OSError(
        number,
        f"Expected {size / 1e6:.1f} MB of free space for checkpoint {step} in {folder}; "
        f"got {free / 1e6:.1f} MB ({os.strerror(number)}); earlier checkpoints are intact",
    )


def _remove(folder: Path) -> None:
    """Removes a checkpoint; killed in between, it leaves no half checkpoint under a step's name."""
    removed = folder.with_name(folder.name + ".removed")
    folder.rename(removed)
    shutil.rmtree(removed)


def _put_aside(folder: Path, step: int) -> bool:
    """Renames a damaged checkpoint; False where another process has removed it meanwhile."""
    names = [f"damaged-{step}", *(f"damaged-{step}-{i}" for i in range(2, 1000))]
    target = next(folder / name for name in names if not (folder / name).exists())
    try:
        (folder / str(step)).rename(target)
    except FileNotFoundError:
        return False
    return True
