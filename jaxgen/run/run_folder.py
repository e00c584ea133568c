"""What a run leaves behind, and what may be done with it."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxgen.data.dataset import Dataset

PACKAGES = ("jaxgen", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scipy")
PARTIAL = ".partial"
CONTENTS = (
    "checkpoints",
    "metrics.jsonl",
    "evaluation.json",
    "report.html",
    "plots",
    "samples",
    "tensorboard",
    "config.json",
)
"""In the order of deletion: while config.json is there, what is left is a run that may go on."""


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run folder.

    Attributes:
      path: of the folder.
    """

    path: Path

    @property
    def config(self) -> Path:
        """Settings, versions, data."""
        return self.path / "config.json"

    @property
    def checkpoints(self) -> Path:
        """States of the run."""
        return self.path / "checkpoints"

    @property
    def evaluation(self) -> Path:
        """Metrics of the last evaluation."""
        return self.path / "evaluation.json"

    @property
    def plots(self) -> Path:
        """Figures of the last evaluation."""
        return self.path / "plots"

    @property
    def samples(self) -> Path:
        """Generated events."""
        return self.path / "samples"

    @property
    def report(self) -> Path:
        """The page that tells it all."""
        return self.path / "report.html"

    def exists(self) -> bool:
        """Whether a run was started here."""
        return self.config.is_file()

    def read_config(self) -> dict[str, Any]:
        """The configuration of the run.

        Raises:
          FileNotFoundError: where there is no run.
          ValueError: where its configuration is not that of a run.
        """
        if not self.exists():
            raise FileNotFoundError(f"Expected a run in {self.path}; found no config.json there.")
        found = read_json(self.config)
        parts = {"experiment": str, "flags": dict, "data": dict, "versions": dict}
        if not isinstance(found, dict) or not all(isinstance(found.get(k), t) for k, t in parts.items()):
            raise ValueError(f"Expected the configuration of a run in {self.config}; got other JSON.")
        return found

    def judged(self) -> int | None:
        """How many updates the run had when it was judged last; None where it never was, to the end."""
        if not (self.evaluation.is_file() and self.report.is_file()):
            return None
        found = read_json(self.evaluation)
        return found.get("trained") if isinstance(found, dict) else None

    def start(self, config: Mapping[str, Any]) -> None:
        """Makes the folder and writes the configuration.

        Raises:
          ValueError: where the folder holds something that is no run.
        """
        self.check_free()
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.config, config)

    def check_free(self) -> None:
        """Raises unless a run is here or may start here.

        Raises:
          ValueError: where the folder holds something that is no run.
        """
        if self.exists() or not self.path.exists():
            return
        if not self.path.is_dir():
            raise ValueError(f"Expected a folder for --workdir; got the file {self.path}.")
        unfinished = self.config.with_suffix(PARTIAL)  # of a start that was killed
        others = sorted(path.name for path in self.path.iterdir() if path != unfinished)
        if others:
            raise ValueError(
                f"Expected --workdir to be empty or a run folder; {self.path} holds {others[0]} and no "
                "config.json."
            )

    def clear(self) -> None:
        """Deletes what a run leaves behind, and nothing else; nothing at all where no run is."""
        for name in CONTENTS if self.exists() else ():
            path = self.path / name
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()


def describe(name: str, settings: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """The configuration of a new run: every flag, versions, revision, device, data."""
    return {
        "experiment": name,
        "flags": dict(settings),
        "data": {
            "name": dataset.spec.name,
            "train_events": len(dataset.train.data),
            "test_events": len(dataset.test.data),
            "conditions": [column.name for column in dataset.spec.condition],
            "sha256": fingerprint(dataset),
        },
        "versions": {"python": platform.python_version(), **_versions()},
        "revision": _revision(),
        "device": jax.devices()[0].device_kind,
    }


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 of all arrays of a data set."""
    digest = hashlib.sha256()
    for batch in (dataset.train, dataset.test):
        for array in batch:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def write_json(path: Path, content: Any) -> None:
    """Writes JSON so that a reader sees the old or the new file, never a part of one."""
    partial = path.with_suffix(PARTIAL)
    partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
      ValueError: where it is none.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"Expected JSON in {path}; got {error}.") from None


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _revision() -> str | None:
    """The Git revision of the code, with a mark where files were changed; None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
