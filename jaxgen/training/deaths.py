"""Members of a run that had a value that is not finite, and where and when it appeared."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.base import Array, PyTree
from jaxgen.training import leaves


class NonFiniteError(FloatingPointError):
    """All members had values that are not finite during training."""


class Death(NamedTuple):
    """A member that cannot be trained further.

    Attributes:
      member: number of the member.
      step: the update at which it was detected.
      words: description of the value and the update.
    """

    member: int
    step: int
    words: str


def find(metrics: Mapping[str, np.ndarray], states: PyTree, died: np.ndarray, step: int) -> list[Death]:
    """The members that died in a chunk of updates.

    Args:
      metrics: metrics of the chunk, [K, steps] each.
      states: states after the chunk, [K, ...].
      died: int32 [K]; members with a value above zero were dead before.
      step: number of updates done after the chunk.

    Returns:
      Deaths in the order of the members; includes members with finite metrics but a state that is not finite.
    """
    whole = finite_members(states)
    found = []
    for member in np.flatnonzero(np.asarray(died) == 0):
        death = _in_metrics(metrics, int(member), step)
        if death is None and not whole[member]:
            name = first_nonfinite(jax.tree.map(lambda x, m=member: x[m], states))
            death = Death(int(member), step, f"{name} is not finite at step {step}")
        if death is not None:
            found.append(death)
    return found


def _in_metrics(metrics: Mapping[str, np.ndarray], member: int, step: int) -> Death | None:
    bad: tuple[int, str, Any] | None = None
    for name, values in metrics.items():
        places = np.flatnonzero(~np.isfinite(values[member]))
        if len(places) and (bad is None or places[0] < bad[0]):
            bad = int(places[0]), name, values[member, places[0]]
    if bad is None:
        return None
    when = step - next(iter(metrics.values())).shape[1] + bad[0] + 1
    return Death(member, when, f"{bad[1]} became {bad[2]} at step {when}")


def farewell(found: Sequence[Death], died: np.ndarray, saved: int | None) -> str:
    """Error message if no member survives.

    >>> farewell([Death(0, 7, "loss became nan at step 7")], np.array([7]), None)
    'Expected finite numbers in training; loss became nan at step 7; no checkpoint was saved before.'
    """
    kept = "no checkpoint was saved before" if saved is None else f"the last good checkpoint is {saved}"
    if len(died) == 1:
        return f"Expected finite numbers in training; {found[0].words}; {kept}."
    words = {death.member: death.words for death in found}
    each = (f"member {m}: {words.get(m, f'died at step {when}')}" for m, when in enumerate(died))
    return f"Expected finite numbers in training; all members died ({'; '.join(each)}); {kept}."


def mean_of_living(values: Any) -> float:
    """Mean over members without NaN, which dead members have; NaN if no value remains.

    >>> mean_of_living([1.0, float("nan"), 3.0])
    2.0
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else float("nan")


def finite_members(states: PyTree) -> np.ndarray:
    """Members with only finite numbers, bool [K], computed on the device."""
    every = jax.tree.leaves(states)
    floating = [x for x in every if jnp.issubdtype(x.dtype, jnp.floating)]
    return np.asarray(_finite(floating)) if floating else np.ones(len(every[0]), bool)


@jax.jit
def _finite(floating: list[Array]) -> Array:
    rows = [jnp.isfinite(x).reshape(len(x), -1).all(axis=1) for x in floating]
    return jnp.all(jnp.stack(rows), axis=0)


def first_nonfinite(tree: PyTree) -> str | None:
    """Name of the first leaf with a NaN or infinity, such as `params/critic/Dense_0/kernel`, or None.

    >>> first_nonfinite({"critic": {"bias": np.array([0.0, np.inf])}, "generator": 1.0})
    'critic/bias'
    """
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if not leaves.is_key(leaf) and not np.isfinite(np.asarray(leaf)).all():
            return leaves.name_of(path)
    return None
