"""Training of all members on all devices in one compiled call; the only module that uses pmap.

A member is an independent run with its own seed. Members share a program: one `vmap` if the device runs them
in parallel at no cost; on CPU, where sequential execution is faster, a sequential map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from flax import jax_utils
from jax import lax

from jaxgen import hardware, numerics
from jaxgen.base import Array, Batch, Key, Learner, Metrics, PyTree

AXIS = "devices"


@dataclass(frozen=True)
class Advance:
    """Many updates of all members in one compiled call.

    Attributes:
      function: result of `jax.jit` or `jax.pmap`, or the compiled function.
      devices: number of devices that share each batch.
    """

    function: Callable[..., tuple[PyTree, Metrics]]
    devices: int = 1

    def __call__(self, states: PyTree, keys: Key, data: Any, picks: Any) -> tuple[PyTree, Metrics]:
        """States after the updates, and their metrics [K, steps]."""
        if self.devices == 1:
            return self.function(states, keys, data, picks)
        states, metrics = self.function(states, keys, data, _split_batches(picks, self.devices))
        return states, jax.tree.map(lambda x: x[0], metrics)

    def lower(self, states: PyTree, keys: Key, data: Any, picks: Any) -> Any:
        """The program for arguments of these shapes, before compilation.

        Args:
          states: states or their shapes, without an axis of devices.
          keys: as for a call.
          data: as for a call.
          picks: as for a call.
        """
        lower = cast(Any, self.function).lower
        if self.devices == 1:
            return lower(states, keys, data, picks)
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct((self.devices, *x.shape), x.dtype), states)
        return lower(shapes, keys, data, _split_batches(picks, self.devices))


def axis_name(devices: int) -> str | None:
    """The axis name for averages over devices; None for a single device."""
    return AXIS if devices > 1 else None


def check_devices(number: int, batch_size: int) -> None:
    """Raises unless there are enough devices and the batch splits evenly over them.

    Raises:
      ValueError: with the available devices or the batch size.
    """
    hardware.check_devices(number)
    if batch_size % number:
        raise ValueError(f"Expected a batch size divisible by {number} devices; got {batch_size}.")


def initializer(learner: Learner) -> Any:
    """`initialize` as a jitted function of keys and batch."""
    return jax.jit(lambda keys, batch: lax.map(lambda key: learner.init(key, batch), keys))


def initialize(learner: Learner, keys: Key, batch: Batch) -> PyTree:
    """States of all members, stacked [K, ...], in one compiled call."""
    return initializer(learner)(keys, batch)


def make_advance(learner: Learner, *, members: int = 1, devices: int = 1, resident: bool = True) -> Advance:
    """The compiled function that performs many updates of all members.

    Args:
      learner: built with `axis_name(devices)`.
      members: number of members, K.
      devices: number of devices that share each batch.
      resident: whether batches are selected by index from data on the device, or passed to each call.

    Returns:
      `advance(states, keys, data, picks) -> (states, metrics)`. States and keys have a member axis; picks
      are indices [K, steps, B] for resident data, else batches with that leading shape; metrics are
      [K, steps]. States are donated. With several devices, states and data come from `replicate`.
    """

    def advance(states: PyTree, keys: Key, data: Batch, picks: Any) -> tuple[PyTree, Metrics]:
        def one(step: Array, state: PyTree, key: Key, picks: Any) -> tuple[PyTree, Metrics]:
            def body(state: PyTree, pick: Any) -> tuple[PyTree, Metrics]:
                batch = Batch(*(x[pick] for x in data)) if resident else pick
                stepped, metrics = learner.step(key, state, batch)
                return numerics.typed_as(stepped, state), metrics

            return lax.scan(body, state._replace(step=step), picks)

        if members == 1:
            return _sequential(one, states, keys, picks)
        return lax.platform_dependent(
            states, keys, picks, cpu=partial(_sequential, one), default=partial(_side_by_side, one)
        )

    if devices == 1:
        return Advance(jax.jit(advance, donate_argnums=0))
    mapped = jax.pmap(
        advance,
        axis_name=AXIS,
        in_axes=(0, None, 0, 0),
        donate_argnums=0,
        devices=jax.local_devices()[:devices],
    )
    return Advance(mapped, devices)


def replicate(tree: PyTree, devices: int) -> PyTree:
    """Copies of a tree on every device."""
    return tree if devices == 1 else jax_utils.replicate(tree, jax.local_devices()[:devices])


def gathered(tree: PyTree, devices: int) -> PyTree:
    """One copy of a tree that is the same on every device."""
    return tree if devices == 1 else jax.tree.map(lambda x: x[0], tree)


def _sequential(one: Callable[..., Any], states: PyTree, keys: Key, picks: Any) -> Any:
    return lax.map(lambda inputs: one(inputs[0].step, *inputs), (states, keys, picks))


def _side_by_side(one: Callable[..., Any], states: PyTree, keys: Key, picks: Any) -> Any:
    """A vmap whose step counter has no member axis, so that the choice of network stays a branch."""
    return jax.vmap(one, in_axes=(None, 0, 0, 0))(states.step[0], states, keys, picks)


def _split_batches(picks: PyTree, devices: int) -> PyTree:
    """[K, steps, B, ...] to [devices, K, steps, B / devices, ...]."""

    def split(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x)
        parts = x.reshape(*x.shape[:2], devices, x.shape[2] // devices, *x.shape[3:])
        return np.moveaxis(parts, 2, 0)

    return jax.tree.map(split, picks)


def frozen(before: PyTree, after: PyTree, dead: np.ndarray, devices: int) -> PyTree:
    """The updated states, except that dead members keep their previous state apart from the update counter.

    Args:
      before: states of all members, on every device.
      after: states after the update.
      dead: bool [K].
      devices: number of devices.
    """

    def choose(old: Array, new: Array) -> Array:
        shape = (1,) * (devices > 1) + (len(dead),)
        return jnp.where(dead.reshape(shape + (1,) * (new.ndim - len(shape))), old, new)

    return jax.tree.map(choose, before, after)._replace(step=after.step)
