"""Mean and standard deviation of values in bins of features, with bootstrap errors."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key


class Profiled(NamedTuple):
    """Values of each event, and the features that they are plotted against.

    Attributes:
      features: [N, F], finite.
      values: [N, M]; a row with a NaN is an event without values and is ignored.
    """

    features: np.ndarray
    values: np.ndarray


class Binned(NamedTuple):
    """Statistics by feature, bin and value.

    Attributes:
      number: number of events, [F, B].
      mean: mean, [F, B, M]; zero if a bin is empty.
      std: population standard deviation, [F, B, M].
      error2: squared error of the mean, std^2 / (number - 1), plus squared error of the std from a bootstrap
        inside the bin, [F, B, M]; valid for bins with at least two events.
    """

    number: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    error2: np.ndarray


def check_tables(real: Profiled, fake: Profiled) -> None:
    """Raises unless both tables have events and the same columns.

    Raises:
      ValueError: with both shapes.
    """
    for name, table in (("real", real), ("fake", fake)):
        number = len(table.features)
        checks.shape(f"features of the {name} sample", table.features, (None, real.features.shape[1]))
        checks.shape(f"values of the {name} sample", table.values, (number, real.values.shape[1]))
        if not number:
            raise ValueError(f"Expected events in the {name} sample; got none.")
        if not np.isfinite(table.features).all():
            raise ValueError(f"Expected finite features in the {name} sample; got NaN or infinity.")


def common_edges(real: Profiled, fake: Profiled, number: int) -> np.ndarray:
    """Equally spaced edges from the smallest to the largest feature of both samples, [F, number]."""
    low = np.minimum(real.features.min(axis=0), fake.features.min(axis=0))
    high = np.maximum(real.features.max(axis=0), fake.features.max(axis=0))
    return np.linspace(low, high, number, axis=1)


def bin_index(table: Profiled, edges: np.ndarray, *, largest_in_first: bool = False) -> np.ndarray:
    """Bin index of each event for each feature; the number of bins for ignored events.

    Args:
      table: N events.
      edges: bin edges, increasing, [F, B + 1].
      largest_in_first: whether a value at or above the last edge is assigned to bin 0, as in the published
        code, rather than to the last bin.

    Returns:
      int32 [F, N].
    """
    bins = edges.shape[1] - 1
    columns = zip(edges, table.features.T, strict=True)
    index = np.stack([np.searchsorted(edge[1:], column, side="right") for edge, column in columns])
    index = np.where(index >= bins, 0 if largest_in_first else bins - 1, index)
    return np.where(np.isnan(table.values).any(axis=1), bins, index).astype(np.int32)


def weighted_statistics(weights: Array, index: Array, values: Array, bins: int) -> tuple[Array, Array, Array]:
    """Count, mean and population standard deviation in each bin for each set of weights.

    Args:
      weights: [R, N].
      index: bin index [N]; the value `bins` means no bin.
      values: [N, M], near zero.
      bins: number of bins, B.

    Returns:
      Count [R, B], mean [R, B, M] and standard deviation [R, B, M].
    """
    number, width = values.shape
    columns = jnp.concatenate([jnp.ones((number, 1)), values, jnp.square(values)], axis=1)
    design = jax.nn.one_hot(index, bins)[:, :, None] * columns[:, None, :]
    sums = jnp.matmul(weights, design.reshape(number, -1), precision=lax.Precision.HIGHEST)
    sums = sums.reshape(len(weights), bins, 1 + 2 * width)
    share = sums[..., 1:] / jnp.maximum(sums[..., :1], 1.0)
    mean, square = share[..., :width], share[..., width:]
    return sums[..., 0], mean, jnp.sqrt(jnp.maximum(square - jnp.square(mean), 0.0))


def multiplicity(pick: Array) -> Array:
    """Number of times each of N events was drawn, [R, N], from the drawn indices, [R, N]."""
    return jax.vmap(lambda row: jnp.zeros(row.shape).at[row].add(1.0))(pick)


def draw_below(key: Key, count: Array, shape: tuple[int, ...]) -> Array:
    """Random integers from 0 to count - 1, with the shape that `count` broadcasts to."""
    return jnp.minimum((jax.random.uniform(key, shape) * count).astype(jnp.int32), count - 1)


def centre_in_bins(index: Array, values: Array, bins: int) -> tuple[Array, Array]:
    """Values minus the mean of their bin, [N, M], and these means, [B, M]."""
    _, mean, _ = weighted_statistics(jnp.ones((1, len(index))), index, values, bins)
    padded = jnp.concatenate([mean[0], jnp.zeros((1, values.shape[1]))])
    return values - padded[index], mean[0]


@partial(jax.jit, static_argnames=("bins", "resamples"))
def _statistics(key: Key, index: Array, values: Array, *, bins: int, resamples: int) -> tuple[Array, ...]:
    number = len(values)

    def one_feature(inputs: tuple[Key, Array]) -> tuple[Array, ...]:
        key, unsorted = inputs
        order = jnp.argsort(unsorted)
        index = unsorted[order]
        centred, mean = centre_in_bins(index, values[order], bins)
        count, rest, std = (x[0] for x in weighted_statistics(jnp.ones((1, number)), index, centred, bins))
        inside = jnp.bincount(index, length=bins + 1)
        first = jnp.cumsum(inside) - inside
        pick = first[index] + draw_below(key, inside[index], (resamples, number))
        _, _, stds = weighted_statistics(multiplicity(pick), index, centred, bins)
        error2 = jnp.square(std) / jnp.maximum(count - 1, 1.0)[:, None] + jnp.var(stds, axis=0)
        return count, mean + rest, std, error2

    return lax.map(one_feature, (jax.random.split(key, len(index)), index))


def statistics(key: Key, index: np.ndarray, values: np.ndarray, *, bins: int, resamples: int = 100) -> Binned:
    """Mean and standard deviation in each bin of each feature, with errors from a bootstrap inside the bins.

    Args:
      key: random key of the bootstrap.
      index: bin index of each event, [F, N], from `bin_index`.
      values: [N, M], near zero (subtract a common offset first); NaN only where the index is `bins`.
      bins: number of bins, B.
      resamples: number of bootstrap samples; each draws as many events from a bin as are in it.

    Returns:
      The statistics, float64.
    """
    values = np.where(np.isnan(values).any(axis=1, keepdims=True), 0.0, values).astype(np.float32)
    result = _statistics(key, index, values, bins=bins, resamples=resamples)
    return Binned(*(np.asarray(x, np.float64) for x in result))
