"""What there is to compute on, and one sentence where it is not enough."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from jaxgen import hardware


@pytest.fixture
def one_gpu(monkeypatch):
    device = SimpleNamespace(platform="gpu", device_kind="NVIDIA H200")
    monkeypatch.setattr(hardware.jax, "local_devices", lambda: [device])


def test_too_many_devices_are_refused_with_the_way_out(monkeypatch):
    hardware.check_devices(4)
    with pytest.raises(ValueError, match="Expected at most 4 devices") as caught:
        hardware.check_devices(5)
    assert str(caught.value) == (
        "Expected at most 4 devices, as many as there are; got devices=5. "
        "On a CPU, XLA_FLAGS=--xla_force_host_platform_device_count=5 makes 5."
    )
    assert hardware.describe(2).startswith("Devices: 2 of 4, CPU, ")
    assert hardware.describe(1).startswith("Device: CPU, ")


def test_a_gpu_has_its_name(one_gpu):
    assert hardware.describe(1) == "Device: NVIDIA H200"
    with pytest.raises(ValueError, match=r"at most 1 device, as many as there are; got devices=2\.$"):
        hardware.check_devices(2)


def test_a_platform_that_is_not_there_is_one_sentence():
    """In a process of its own, as JAX looks once."""
    code = "from jaxgen import hardware; hardware.devices()"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "JAX_PLATFORMS": "cuda"},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == 0:
        pytest.skip("there is a GPU")
    assert found.stderr.splitlines()[-1] == (
        "ValueError: Expected a device that JAX can use for JAX_PLATFORMS=cuda; got none. "
        'Unset JAX_PLATFORMS to use what there is, or install JAX for NVIDIA GPUs, pip install "jax[cuda12]".'
    )
