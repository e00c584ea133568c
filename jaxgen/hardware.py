"""The devices that JAX finds, and a clear error if it finds none."""

import os

import jax


def devices() -> list[jax.Device]:
    """The devices of this process.

    Raises:
      ValueError: if there is no device of the platform that JAX_PLATFORMS selects, with a remedy.
    """
    try:
        return jax.local_devices()
    except (RuntimeError, AssertionError) as error:  # AssertionError if JAX has no build for the platform
        wanted = jax.config.jax_platforms  # type: ignore[attr-defined]
        if not wanted:
            raise
        nvidia = ', or install JAX for NVIDIA GPUs, pip install "jax[cuda12]"' if "cuda" in wanted else ""
        raise ValueError(
            f"Expected a device that JAX can use for JAX_PLATFORMS={wanted}; got none. "
            f"Unset JAX_PLATFORMS to use what there is{nvidia}."
        ) from error


def check_devices(number: int) -> None:
    """Raises unless at least this number of devices is available.

    Raises:
      ValueError: with the number of available devices and, on a CPU, how to get more.
    """
    there = devices()
    if 1 <= number <= len(there):
        return
    most = "1 device" if len(there) == 1 else f"{len(there)} devices"
    way_out = (
        f" On a CPU, XLA_FLAGS=--xla_force_host_platform_device_count={number} makes {number}."
        if there[0].platform == "cpu" and number > 1
        else ""
    )
    raise ValueError(f"Expected at most {most}, as many as there are; got devices={number}.{way_out}")


def describe(number: int) -> str:
    """Description of the devices that a run uses.

    Args:
      number: number of devices.
    """
    first = devices()[0]
    if first.platform == "cpu":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        name = f"CPU, {cores} core{'' if cores == 1 else 's'}"
    else:
        name = first.device_kind
    return f"Device: {name}" if number == 1 else f"Devices: {number} of {len(devices())}, {name}"
