"""Initialization of a mixture fit: centres of the components, and the nearest centre of each event."""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen import checks
from jaxgen.base import Array, Key
from jaxgen.models.mixture import gaussian_mixture
from jaxgen.models.mixture.covariances import EXACT, squared_distances
from jaxgen.models.mixture.gaussian_mixture import Moments

STARTS = ("kmeans", "kmeans++", "random")
TRIALS = 5
TOLERANCE = 1e-4


def start(
    key: Key,
    x: Array,
    classes: Array | None = None,
    *,
    components: int,
    method: str = "kmeans",
    covariance: str = "full",
    number_of_classes: int = 1,
    present: Array | int | None = None,
    iterations: int = 100,
) -> Moments:
    """Moments of the events nearest to each centre.

    Args:
      key: random key.
      x: events, [N, D].
      classes: class of each event, int [N]; by default all events are in class 0. Initial weights are equal
        in all classes.
      components: number of components, K.
      method: choice of the centres: "random" events, "kmeans++", or "kmeans" started from these.
      covariance: form of the covariances.
      number_of_classes: number of classes.
      present: number of components to use, the others get no events; all by default. May be traced. The first
        centres do not depend on this number.
      iterations: largest number of iterations of k-means.

    Returns:
      The moments.

    Raises:
      ValueError: for an unknown method, or more components than events.
    """
    checks.one_of("start", method, STARTS)
    if not 1 <= components <= len(x):
        raise ValueError(
            f"Expected between 1 and {len(x)} components, the events to start from; got {components}."
        )
    used = jnp.arange(components) < (components if present is None else present)
    if method == "random":
        centres = jax.random.choice(key, x, (components,), replace=False)
    else:
        centres = kmeans_plus_plus(key, x, components=components)
    if method == "kmeans":
        centres = kmeans(x, centres, used, iterations=iterations)
    nearest, _ = assigned(x, centres, used)
    found = gaussian_mixture.moments(
        x, nearest, classes, covariance=covariance, number_of_classes=number_of_classes
    )
    shares = jnp.sum(found.shares, axis=1, keepdims=True) * jnp.sum(found.shares, axis=0)
    return found._replace(shares=shares)


def assigned(x: Array, centres: Array, used: Array) -> tuple[Array, Array]:
    """The nearest centre of events [N, D]; the first of equally near ones.

    Args:
      x: [N, D].
      centres: [K, D].
      used: which centres are used, bool [K].

    Returns:
      Responsibilities [K, N], zero or one, and the squared distances to the nearest centre [N].
    """
    return _smallest(jnp.where(used[:, None], squared_distances(x, centres), jnp.inf))


def _smallest(distances: Array) -> tuple[Array, Array]:
    """One at the first smallest distance [K, N] of each event, else zero; and the smallest distances [N]."""
    numbers = jnp.arange(len(distances))

    def compare(best: tuple[Array, Array], other: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
        closer = other[0] < best[0]
        return (jnp.where(closer, other[0], best[0]), jnp.where(closer, other[1], best[1])), None

    begin = distances[0], jnp.zeros(distances.shape[1], numbers.dtype)
    (smallest, nearest), _ = lax.scan(compare, begin, (distances, numbers))
    return (numbers[:, None] == nearest).astype(distances.dtype), smallest


def kmeans_plus_plus(key: Key, x: Array, *, components: int, trials: int = TRIALS) -> Array:
    """Widely separated centres (Arthur and Vassilvitskii, SODA 2007).

    Several events are drawn with probabilities proportional to the squared distance from the centres chosen
    so far;
    the one that gives the smallest sum of squared distances is the next centre.

    Args:
      key: random key.
      x: [N, D].
      components: number of centres, K.
      trials: number of events drawn for each centre.

    Returns:
      Events, [K, D].
    """

    def choose(nearest: Array, number: Array) -> tuple[Array, Array]:
        cumulative = jnp.cumsum(nearest)
        draws = jax.random.uniform(jax.random.fold_in(key, number), (trials,)) * cumulative[-1]
        picks = jnp.clip(jnp.searchsorted(cumulative, draws, side="right"), 0, len(x) - 1)
        left = jnp.minimum(nearest, squared_distances(x, x[picks]))
        best = jnp.argmin(jnp.sum(left, axis=1))
        return left[best], x[picks[best]]

    first = x[jax.random.randint(jax.random.fold_in(key, 0), (), 0, len(x))]
    nearest = squared_distances(x, first[None])[0]
    _, others = lax.scan(choose, nearest, jnp.arange(1, components))
    return jnp.concatenate([first[None], others])


def kmeans(x: Array, centres: Array, used: Array, *, iterations: int) -> Array:
    """Moves centres [K, D] to the mean of their events until convergence (Lloyd, 1982).

    Centres without events move to the event farthest from all centres, one at a time. It ends when the sum of
    squared steps of all centres is below 1e-4 of the mean variance of a column, or after the given number of
    iterations.
    """
    origin = jnp.mean(x, axis=0)
    x, centres = x - origin, centres - origin
    squares = jnp.sum(jnp.square(x), axis=1)
    enough = TOLERANCE * jnp.mean(squares) / x.shape[1]

    def unfinished(carry: tuple[Array, Array, Array]) -> Array:
        _, moved, number = carry
        return (moved > enough) & (number < iterations)

    def move(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        centres, _, number = carry
        lengths = jnp.where(used, jnp.sum(jnp.square(centres), axis=1), jnp.inf)
        nearest, distances = _smallest(lengths[:, None] - 2 * jnp.matmul(centres, x.T, precision=EXACT))
        counts = jnp.sum(nearest, axis=1, keepdims=True)
        means = jnp.matmul(nearest, x, precision=EXACT) / jnp.maximum(counts, 1e-10)
        empty = used & (counts[:, 0] == 0)
        means = jnp.where(counts > 0, means, centres)
        lost = jnp.argmax(empty)
        means = means.at[lost].set(jnp.where(empty[lost], x[jnp.argmax(distances + squares)], means[lost]))
        moved = jnp.sum(jnp.square(means - centres), where=used[:, None])
        return means, moved, number + 1

    begin = (centres, jnp.asarray(jnp.inf, x.dtype), jnp.zeros((), jnp.int32))
    return lax.while_loop(unfinished, move, begin)[0] + origin
