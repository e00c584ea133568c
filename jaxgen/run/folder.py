"""Files of a run."""

import hashlib
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from jaxgen.data.dataset import Dataset
from jaxgen.manifest import PARTIAL, read_json, write_json

PACKAGES = ("jaxgen", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scipy")
CONTENTS = (
    "checkpoints",
    "generator",
    "generator.partial",
    "generator.removed",
    "metrics.jsonl",
    "evaluation.json",
    "speed.json",
    "report.html",
    "plots",
    "samples",
    "tensorboard",
    "config.json",
)
"""In the order of deletion: config.json is last, so that a partly deleted run can still be resumed."""

PARTS = {"settings": dict, "options": dict, "parts": dict, "data": dict, "versions": dict}
"""Types of the entries of a configuration."""


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run folder.

    Attributes:
      path: path of the folder.
    """

    path: Path

    @property
    def config(self) -> Path:
        """Settings, versions and description of the data."""
        return self.path / "config.json"

    @property
    def checkpoints(self) -> Path:
        """States of the run."""
        return self.path / "checkpoints"

    @property
    def generator(self) -> Path:
        """The trained generator, usable on its own."""
        return self.path / "generator"

    @property
    def evaluation(self) -> Path:
        """Metrics of the latest evaluation."""
        return self.path / "evaluation.json"

    @property
    def plots(self) -> Path:
        """Figures of the latest evaluation."""
        return self.path / "plots"

    @property
    def samples(self) -> Path:
        """Generated events."""
        return self.path / "samples"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.path / "report.html"

    def exists(self) -> bool:
        """Whether the folder contains a run."""
        return self.config.is_file()

    def read_config(self) -> dict[str, Any]:
        """The configuration of the run.

        Raises:
          FileNotFoundError: if there is no run.
          ValueError: if the configuration is not that of a run.
        """
        if not self.exists():
            raise FileNotFoundError(f"Expected a run in {self.path}; found no config.json there.")
        found = read_json(self.config)
        if not isinstance(found, dict) or not all(isinstance(found.get(k), t) for k, t in PARTS.items()):
            raise ValueError(f"Expected the configuration of a run in {self.config}; got other JSON.")
        return found

    def judged(self) -> int | None:
        """Number of updates at the latest complete evaluation; None if there was none."""
        if not (self.evaluation.is_file() and self.report.is_file()):
            return None
        found = read_json(self.evaluation)
        return found.get("trained") if isinstance(found, dict) else None

    def start(self, config: Mapping[str, Any]) -> None:
        """Creates the folder and writes the configuration.

        Raises:
          ValueError: if the folder contains something other than a run.
        """
        self.check_free()
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.config, config)

    def check_free(self) -> None:
        """Raises unless the folder contains a run or can be used for one.

        Raises:
          ValueError: if the folder contains something other than a run.
        """
        if self.exists() or not self.path.exists():
            return
        if not self.path.is_dir():
            raise ValueError(f"Expected a folder as workdir; got the file {self.path}.")
        unfinished = self.config.with_suffix(PARTIAL)  # left by a killed process
        others = sorted(path.name for path in self.path.iterdir() if path != unfinished)
        if others:
            raise ValueError(
                f"Expected workdir to be empty or a run folder; {self.path} holds {others[0]} and no "
                "config.json."
            )

    def clear(self) -> None:
        """Deletes the files of a run and nothing else; does nothing if there is no run."""
        for name in CONTENTS if self.exists() else ():
            path = self.path / name
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()


def describe_data(data: Dataset) -> dict[str, Any]:
    """Description of a data set in a configuration."""
    return {
        "name": data.spec.name,
        "source": dict(data.source),
        "train_events": len(data.train.data),
        "validation_events": len(data.validation.data),
        "test_events": len(data.test.data),
        "conditions": [column.name for column in data.spec.condition],
        "sha256": fingerprint(data),
    }


def fingerprint(data: Dataset) -> str:
    """SHA-256 of all arrays of a data set."""
    digest = hashlib.sha256()
    for batch in (data.train, data.test, data.validation):
        for array in batch:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of all packages that can affect the results."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def revision() -> str | None:
    """The Git revision of the code, marked if files were modified; None outside of a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
