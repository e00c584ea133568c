"""Two virtual CPU devices, a key, and the folder of real data."""

import os

os.environ.setdefault("NPROC", "8")  # else two virtual devices can wait for each other on two cores
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=4"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from pathlib import Path

import jax
import pytest


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
