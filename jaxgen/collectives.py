"""Communication between devices within a step; with `axis_name=None` every function is the identity."""

import jax
from jax import lax

from jaxgen.base import Array, PyTree


def mean(tree: PyTree, axis_name: str | None) -> PyTree:
    """Averages every leaf over the devices of `axis_name`."""
    return tree if axis_name is None else lax.pmean(tree, axis_name)


def size(axis_name: str | None) -> int:
    """Number of devices along `axis_name`; 1 without one."""
    return 1 if axis_name is None else lax.axis_size(axis_name)


def shard(x: Array, axis_name: str | None) -> Array:
    """The rows of this device from an array that was drawn for the global batch.

    Noise drawn this way does not depend on the number of devices.

    Args:
      x: [B, ...], identical on all devices; B is divisible by the number of devices.
      axis_name: name of the device axis.

    Returns:
      [B / devices, ...].
    """
    if axis_name is None:
        return x
    rows = x.shape[0] // size(axis_name)
    return lax.dynamic_slice_in_dim(x, lax.axis_index(axis_name) * rows, rows)


def gather(x: Array, axis_name: str | None) -> Array:
    """The global batch [B * devices, ...] from every device's rows [B, ...]."""
    return x if axis_name is None else jax.lax.all_gather(x, axis_name, tiled=True)
