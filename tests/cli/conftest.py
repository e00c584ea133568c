"""One finished toy run, and copies of it to do things to."""

import shutil
from pathlib import Path

import jax
import pytest

from tests.cli.toys import SHORT, call


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """The folder of a run of twelve steps, not to be changed."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert call(*SHORT, f"--workdir={folder}").code == 0
    return folder


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture(autouse=True)
def _process_is_left_alone():
    """Other tests of this process compile as before."""
    before = jax.config.jax_compilation_cache_dir
    yield
    assert jax.config.jax_compilation_cache_dir == before
