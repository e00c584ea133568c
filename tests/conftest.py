"""Four virtual CPU devices, a key, programs compiled once a session, and the folder of real data."""

import os

os.environ.setdefault("NPROC", "8")  # else two virtual devices can wait for each other on two cores
os.environ["XLA_FLAGS"] = " ".join(
    [
        "--xla_backend_optimization_level=0",  # compiling takes longer than running; given flags come later
        os.environ.get("XLA_FLAGS", ""),
        "--xla_force_host_platform_device_count=4",
    ]
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import shutil
import tempfile
from pathlib import Path

import jax
import pytest

CACHE = "JAXGEN_TEST_CACHE"
"""Names the folder of compiled programs; processes that the first one starts for tests share it."""


def pytest_configure(config):
    if CACHE not in os.environ:
        os.environ[CACHE] = tempfile.mkdtemp(prefix="jaxgen_tests_")
        config.add_cleanup(_remove_cache)
    # two processes may write the same program; one that reads it half written compiles for itself
    config.addinivalue_line("filterwarnings", "ignore:Error reading persistent compilation cache entry")
    jax.config.update("jax_compilation_cache_dir", os.environ[CACHE])
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def pytest_collection_modifyitems(items):
    """The slowest come first, so that no process waits for another one's at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _remove_cache() -> None:
    shutil.rmtree(os.environ.pop(CACHE), ignore_errors=True)


@pytest.fixture
def key() -> jax.Array:
    return jax.random.key(0)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the real data, named by JAXGEN_DATA."""
    folder = os.environ.get("JAXGEN_DATA")
    if not folder:
        pytest.skip("JAXGEN_DATA names no folder with the real data")
    return Path(folder)


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder with the outputs of the published reference."""
    return Path(__file__).parent / "golden"
