"""Where fits begin, and fits of many sizes."""

from functools import cache, partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.cluster import KMeans

from jaxgen.models.mixture import gaussian_mixture
from jaxgen.models.mixture import initialization as mixture_initialization
from jaxgen.models.mixture import selection as mixture_selection
from jaxgen.models.mixture.initialization import STARTS

DRAW = np.random.default_rng(0)
CENTRES = 40 * DRAW.normal(size=(6, 3))
MEMBERS = DRAW.integers(0, 6, 300)
EVENTS = jnp.asarray(CENTRES[MEMBERS] + DRAW.normal(size=(300, 3)), jnp.float32)
USED = jnp.ones(6, bool)

quick = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
choose = quick(partial(mixture_initialization.kmeans_plus_plus, components=6))
rest = quick(partial(mixture_initialization.kmeans, iterations=300))


@cache
def starting(method: str):
    settings = {"components": 6, "method": method, "number_of_classes": 2}
    return quick(partial(mixture_initialization.start, **settings))


def inertia(centres: jax.Array, x: jax.Array = EVENTS) -> float:
    return float(jnp.sum(mixture_initialization.assigned(x, centres, jnp.ones(len(centres), bool))[1]))


def test_kmeans_plus_plus_finds_clusters_far_apart(key):
    centres = choose(key, EVENTS)
    assert all(np.any(np.all(centre == EVENTS, axis=1)) for centre in centres)
    nearest = np.argmin(np.linalg.norm(CENTRES[:, None] - np.asarray(centres), axis=-1), axis=1)
    assert len(set(nearest)) == 6
    other = choose(jax.random.key(1), EVENTS)
    assert np.any(centres != other)


def test_kmeans_is_that_of_scikit_learn(key):
    x = jnp.asarray(DRAW.normal(size=(300, 3)) + 100, jnp.float32)
    start = choose(key, x)
    centres = rest(x, start, USED)
    model = KMeans(6, init=np.asarray(start), n_init=1, algorithm="lloyd").fit(np.asarray(x))
    np.testing.assert_allclose(inertia(centres, x), model.inertia_, rtol=1e-3)
    assert inertia(centres, x) < 0.95 * inertia(start, x)


def test_a_centre_without_events_moves_to_the_farthest(key):
    """Two centres lie beyond the data; both find a cluster."""
    start = jnp.asarray(CENTRES, jnp.float32).at[2:4].set(jnp.array([[1e3, 0, 0], [0, 1e3, 0]]))
    centres = rest(EVENTS, start, USED)
    np.testing.assert_allclose(inertia(centres), inertia(jnp.asarray(CENTRES, jnp.float32)), rtol=0.05)


@pytest.mark.parametrize("method", STARTS)
def test_starts_are_moments_of_the_nearest_events(method, key):
    classes = jnp.asarray(MEMBERS // 3)
    found = starting(method)(key, EVENTS, classes)
    np.testing.assert_allclose(found.shares.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(found.shares.sum(1), np.bincount(classes) / 300, rtol=1e-5)
    np.testing.assert_allclose(found.shares[0] / found.shares[0].sum(), found.shares.sum(0), rtol=1e-5)
    if method != "random":
        order = np.argmin(np.linalg.norm(CENTRES[:, None] - np.asarray(found.means), axis=-1), axis=1)
        for member, index in enumerate(order):
            own = np.asarray(EVENTS)[member == MEMBERS]
            np.testing.assert_allclose(found.means[index], own.mean(0), rtol=1e-4)
            expected = np.cov(own.T, bias=True)
            np.testing.assert_allclose(found.covariances[index], expected, rtol=1e-3, atol=1e-3)
    other = starting(method)(jax.random.key(5), EVENTS, classes)
    assert np.any(other.means != found.means)


@pytest.mark.parametrize("method", STARTS)
def test_fewer_distinct_events_than_components(method, key):
    found = starting(method)(key, jnp.tile(EVENTS[:3], (100, 1)), jnp.asarray(MEMBERS // 3))
    chex.assert_tree_all_finite(found)
    np.testing.assert_allclose(found.shares.sum(), 1, rtol=1e-5)


def test_sizes_fit_as_they_would_alone(key):
    settings = {"covariance": "tied", "start": "random", "iterations": 5}
    several = quick(partial(mixture_selection.fit_sizes, largest=8, **settings))
    fits = several(key, EVENTS, jnp.array([2, 6, 4]))
    chex.assert_shape(fits.trace, (3, 5))
    alone = quick(partial(mixture_selection.fit_sizes, largest=4, **settings))(key, EVENTS, jnp.array([4]))
    for name in ("log_likelihood", "bic", "trace"):
        np.testing.assert_allclose(getattr(fits, name)[2], getattr(alone, name)[0], rtol=1e-4)
    padded, exact = (jax.tree.map(lambda leaf: leaf[-1], one.mixtures) for one in (fits, alone))
    np.testing.assert_array_equal(padded.weights[:, 4:], 0)
    np.testing.assert_allclose(padded.weights[:, :4], exact.weights, rtol=1e-4)
    np.testing.assert_allclose(padded.means[:4], exact.means, rtol=1e-4, atol=1e-3)
    bic = gaussian_mixture.bic(exact, EVENTS, covariance="tied")
    np.testing.assert_allclose(fits.bic[2], bic, rtol=1e-4)


def test_misuse_is_named(key):
    with pytest.raises(ValueError, match="Expected start to be one of kmeans"):
        mixture_initialization.start(key, EVENTS, components=2, method="k-means")
    with pytest.raises(ValueError, match="Expected between 1 and 300 components"):
        mixture_initialization.start(key, EVENTS, components=301)
