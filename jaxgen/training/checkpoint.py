"""Checkpoints of a run, written atomically and verified before use.

A checkpoint is a folder named after its step. It contains the arrays, written by Orbax, and a manifest
with the SHA-256 sum of every file. It is written under another name and renamed when it is complete on disk,
so a run that is killed at any moment leaves its earlier checkpoints unchanged.
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
    """The checkpoints in a folder; with several processes, all of them need access to it.

    Attributes:
      folder: folder, created when the first checkpoint is saved.
      keep: number of latest checkpoints that are kept; None for all.
      best_metric: metric whose best checkpoint is also kept.
      best_mode: whether `min` or `max` is best.
      say: function called with the sentence about a damaged checkpoint.
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
        """Saves a tree, then removes the checkpoints that are no longer kept.

        Every process calls this; the first one writes.

        Args:
          step: number of updates done; not saved before.
          tree: tree of arrays, random keys and numbers; equal on all processes.
          metrics: metrics of the checkpoint, for the choice of the best.

        Raises:
          ValueError: if the step was already saved, or the tree contains anything else.
          OSError: if the disk is full; earlier checkpoints are unchanged and no partial files remain.
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
        """Restores the latest complete checkpoint, or the requested one.

        A damaged latest checkpoint is renamed to `damaged-STEP`, reported in one line, and skipped.

        Args:
          example: a tree of the expected structure, from `init` or `jax.eval_shape` of it.
          step: the checkpoint; None for the latest.

        Returns:
          The step, and the tree exactly as saved.

        Raises:
          FileNotFoundError: if there is no complete checkpoint.
          ValueError: if the requested one is damaged, or contains another tree.
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
        """Steps of all checkpoints, in order, without verification."""
        if not self.folder.is_dir():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdecimal())

    def latest_step(self) -> int | None:
        """Step of the latest checkpoint, or None."""
        return max(self.steps(), default=None)

    def best_step(self) -> int | None:
        """Step of the best checkpoint by `best_metric`, or None if none has this metric."""
        values = {step: self.metrics(step).get(self.best_metric or "") for step in self.steps()}
        sign = 1 if self.best_mode == "min" else -1
        judged = [(sign * value, -step) for step, value in values.items() if value is not None]
        return -min(judged)[1] if judged else None

    def metrics(self, step: int) -> dict[str, float]:
        """The finite metrics saved with a checkpoint; empty if its manifest is damaged."""
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
        """Removes partly written or partly removed checkpoints of a killed run."""
        for path in self.folder.glob("*"):
            if path.is_dir() and path.suffix in UNFINISHED and path.stem.isdecimal():
                shutil.rmtree(path)

    def _latest_whole(self) -> int:
        """The step of the latest complete checkpoint, the same on all processes."""
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
    """Orbax without barriers: each process reads independently, only the first writes."""
    this = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=this, active_processes={this}, barrier_sync_key_prefix=f"process_{this}"
    )
    handler = ocp.StandardCheckpointHandler(multiprocessing_options=alone)
    return ocp.Checkpointer(handler, multiprocessing_options=alone)


def _stored(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tree passed to Orbax, which does not accept arrays without elements, or trees without arrays."""
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
    """The value of the first process, on all processes."""
    if jax.process_count() == 1:
        return value
    return int(multihost_utils.broadcast_one_to_all(np.int32(value)))


def _space_for(arrays: Mapping[str, np.ndarray]) -> int:
    """Disk space in bytes for a checkpoint, rounded up: the arrays, their names, and the manifests."""
    return sum(array.nbytes + 1024 for array in arrays.values()) + 64 * 1024


def _reserve(path: Path, size: int) -> None:
    """Raises OSError unless the disk has enough space, as the error of Orbax is hundreds of lines long."""
    if shutil.disk_usage(path.parent).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)  # also respects quotas
        except AttributeError:
            pass  # not available on this system
        except OSError as error:
            if error.errno not in CANNOT_RESERVE:
                raise
    path.unlink()


def _error_number(error: Exception) -> int | None:
    """The system error number, which Orbax reports only in its message."""
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
    """Removes a checkpoint; if killed meanwhile, no partial checkpoint remains under the name of a step."""
    removed = folder.with_name(folder.name + ".removed")
    folder.rename(removed)
    shutil.rmtree(removed)


def _put_aside(folder: Path, step: int) -> bool:
    """Renames a damaged checkpoint; False if another process has already removed it."""
    names = [f"damaged-{step}", *(f"damaged-{step}-{i}" for i in range(2, 1000))]
    target = next(folder / name for name in names if not (folder / name).exists())
    try:
        (folder / str(step)).rename(target)
    except FileNotFoundError:
        return False
    return True
