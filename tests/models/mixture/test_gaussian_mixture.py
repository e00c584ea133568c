"""The mixture against scikit-learn from the same start, closed forms, and data that float32 finds hard."""

import warnings
from functools import cache, partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from jaxgen.models.mixture import covariances, gaussian_mixture
from jaxgen.models.mixture.covariances import FORMS
from jaxgen.models.mixture.gaussian_mixture import Mixture

DRAW = np.random.default_rng(0)
NUMBER, COMPONENTS, DIMENSIONS = 600, 4, 5
CENTRES = 3 * DRAW.normal(size=(COMPONENTS, DIMENSIONS))
SHAPES = DRAW.normal(size=(COMPONENTS, DIMENSIONS, DIMENSIONS))
MEMBERS = DRAW.integers(0, COMPONENTS, NUMBER)
NOISE = np.einsum("nij,nj->ni", SHAPES[MEMBERS], DRAW.normal(size=(NUMBER, DIMENSIONS)))
EVENTS = (CENTRES[MEMBERS] + NOISE).astype(np.float32)
SKLEARN = {"full": "full", "tied": "tied", "diagonal": "diag", "spherical": "spherical"}
ITERATIONS = 10
DRAWN = 20000

quick = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


@cache
def compiled(covariance: str):
    """Compiled: iterations from wide components, what is asked of a mixture, and draws."""

    def iterate(x):
        everyone = jnp.full((COMPONENTS, len(x)), 1 / COMPONENTS)
        first = gaussian_mixture.moments(x, everyone, covariance=covariance)._replace(means=x[:COMPONENTS])

        def one(found, _):
            found, log_densities = gaussian_mixture.improved(found, x, covariance=covariance)
            return found, jnp.mean(log_densities)

        last, trace = jax.lax.scan(one, first, length=ITERATIONS)
        mixtures = (gaussian_mixture.maximization(each, covariance=covariance) for each in (first, last))
        return first, *mixtures, trace

    def judge(mixture, x):
        functions = ("log_likelihood", "anomaly_score", "responsibilities", "classify", "bic")
        return {
            name: getattr(gaussian_mixture, name)(mixture, x, covariance=covariance) for name in functions
        }

    sample = partial(gaussian_mixture.sample, n=DRAWN, covariance=covariance)
    return quick(iterate), quick(judge), quick(sample)


def fitted(x: np.ndarray, covariance: str) -> tuple[Mixture, Mixture, np.ndarray]:
    """The mixture before and after the iterations, and the likelihoods on the way."""
    _, first, last, trace = compiled(covariance)[0](jnp.asarray(x))
    return first, last, np.asarray(trace)


def by_sklearn(start: Mixture, x: np.ndarray, covariance: str) -> GaussianMixture:
    given = np.asarray(start.covariances, np.float64)
    as_matrices = covariance in ("full", "tied")
    precisions = np.linalg.inv(given) if as_matrices else 1 / given
    if as_matrices:
        precisions = (precisions + np.swapaxes(precisions, -1, -2)) / 2
    weights = np.asarray(start.weights[0], np.float64)
    model = GaussianMixture(
        COMPONENTS,
        covariance_type=SKLEARN[covariance],
        max_iter=ITERATIONS,
        tol=0,
        weights_init=weights / weights.sum(),
        means_init=np.asarray(start.means, np.float64),
        precisions_init=precisions,
        init_params="random_from_data",
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x.astype(np.float64))


@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (300.0, 0.3)])
@pytest.mark.parametrize("covariance", FORMS)
def test_iterations_are_those_of_scikit_learn(covariance, offset, scale):
    """In the second case differences of squares would leave nothing of the variances."""
    x = (scale * EVENTS + offset).astype(np.float32)
    first, mixture, trace = fitted(x, covariance)
    model = by_sklearn(first, x, covariance)
    judged, x64 = compiled(covariance)[1](mixture, jnp.asarray(x)), x.astype(np.float64)
    np.testing.assert_allclose(np.mean(judged["log_likelihood"]), model.score(x64), rtol=1e-4)
    np.testing.assert_allclose(judged["bic"], model.bic(x64), rtol=1e-4)
    np.testing.assert_allclose(judged["log_likelihood"], model.score_samples(x64), rtol=1e-3, atol=2e-3)
    np.testing.assert_array_equal(judged["anomaly_score"], -judged["log_likelihood"])
    np.testing.assert_allclose(mixture.means, model.means_, rtol=1e-4, atol=1e-3 * scale)
    np.testing.assert_allclose(mixture.covariances, model.covariances_, rtol=1e-3, atol=1e-3 * scale**2)
    members = judged["responsibilities"]
    np.testing.assert_allclose(members, model.predict_proba(x64), atol=5e-3)
    sure = np.max(members, axis=1) > 0.51
    np.testing.assert_array_equal(np.asarray(judged["classify"])[sure], model.predict(x64)[sure])
    assert np.all(np.diff(trace) > 0)
    parameters = gaussian_mixture.free_parameters(COMPONENTS, DIMENSIONS, covariance=covariance)
    assert parameters == model._n_parameters()


@pytest.mark.parametrize("covariance", FORMS)
def test_moments_of_parts_merge_to_those_of_all(covariance):
    responsible = jnp.asarray(DRAW.dirichlet(np.ones(COMPONENTS), NUMBER).T, jnp.float32)
    classes = jnp.asarray(DRAW.integers(0, 2, NUMBER))

    @quick
    def four():
        def of(rows):
            return gaussian_mixture.moments(
                jnp.asarray(EVENTS)[rows],
                responsible[:, rows],
                classes[rows],
                covariance=covariance,
                number_of_classes=2,
            )

        first, second = of(slice(0, 150)), of(slice(150, None))
        parts = (gaussian_mixture.merged(first, second, rate, covariance=covariance) for rate in (0.75, 1.0))
        return of(slice(None)), second, *parts

    whole, second, merged, replaced = four()
    chex.assert_trees_all_close(merged, whole, rtol=1e-4, atol=1e-5)
    chex.assert_trees_all_equal(replaced, second)
    np.testing.assert_allclose(np.sum(whole.shares, axis=1), np.bincount(classes) / NUMBER, rtol=1e-5)
    if covariance == "tied":
        away = EVENTS[:, None].astype(np.float64) - np.asarray(whole.means, np.float64)
        expected = np.einsum("kn,nki,nkj->ij", np.asarray(responsible, np.float64), away, away) / NUMBER
        np.testing.assert_allclose(whole.covariances, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("covariance", FORMS)
def test_hard_data_stay_finite(covariance, key):
    """One event many times, a constant column that is not zero, columns of other size and the sum of two."""
    x = np.concatenate([EVENTS[:40], np.tile(EVENTS[:1], (NUMBER - 40, 1))])
    x[:, 1] = 12345.6
    x[:, 2] *= 1e5
    x[:, 3] = x[:, 0] + x[:, 4]
    _, mixture, trace = fitted(x, covariance)
    events = compiled(covariance)[2](key, mixture)
    chex.assert_tree_all_finite((mixture, trace, compiled(covariance)[1](mixture, jnp.asarray(x)), events))
    if covariance in ("full", "diagonal"):
        np.testing.assert_allclose(events[:, 1], 12345.6, atol=0.05)


@pytest.mark.parametrize("covariance", FORMS)
def test_samples_follow_the_mixture(covariance, key):
    _, mixture, _ = fitted(EVENTS, covariance)
    events = np.asarray(compiled(covariance)[2](key, mixture), np.float64)
    weights, means = np.asarray(mixture.weights[0], np.float64), np.asarray(mixture.means, np.float64)
    mean = weights @ means
    expected = np.einsum("k,kij->ij", weights, matrices(mixture, covariance))
    expected += np.einsum("k,ki,kj->ij", weights, means - mean, means - mean)
    deviation = np.sqrt(np.diag(expected))
    np.testing.assert_allclose((events.mean(0) - mean) / deviation, 0, atol=4 / np.sqrt(DRAWN))
    scaled = (np.cov(events.T) - expected) / np.outer(deviation, deviation)
    np.testing.assert_allclose(scaled, 0, atol=0.06)


def matrices(mixture: Mixture, covariance: str) -> np.ndarray:
    """Covariances as matrices, [K, D, D]."""
    given = np.asarray(mixture.covariances, np.float64)
    if covariance == "diagonal":
        return given[:, :, None] * np.eye(DIMENSIONS)
    if covariance == "spherical":
        return given[:, None, None] * np.eye(DIMENSIONS)
    return np.broadcast_to(given, (COMPONENTS, DIMENSIONS, DIMENSIONS))


@pytest.mark.parametrize("covariance", FORMS)
def test_given_columns_are_kept_and_the_others_follow_them(covariance, key):
    """The regression of the other columns on the first two, and what it leaves, in closed form."""
    _, mixture, _ = fitted(EVENTS, covariance)
    number, member = 4000, 1
    given = np.array([1.0, -2.0], np.float32)

    @quick
    def draw(key, mixture):
        components = jnp.full(number, member)
        noise = jax.random.normal(key, (number, DIMENSIONS))
        noise = gaussian_mixture.noise_for(
            mixture, components, jnp.tile(given, (number, 1)), noise, covariance=covariance
        )
        return gaussian_mixture.from_noise(mixture, components, noise, covariance=covariance)

    events = np.asarray(draw(key, mixture), np.float64)
    np.testing.assert_allclose(events[:, :2], np.tile(given, (number, 1)), atol=1e-4)
    whole, mean = matrices(mixture, covariance)[member], np.asarray(mixture.means[member], np.float64)
    slopes = whole[2:, :2] @ np.linalg.inv(whole[:2, :2])
    left = whole[2:, 2:] - slopes @ whole[:2, 2:]
    deviation = np.sqrt(np.diag(left))
    off = (events[:, 2:].mean(0) - mean[2:] - slopes @ (given - mean[:2])) / deviation
    np.testing.assert_allclose(off, 0, atol=4 / np.sqrt(number))
    scaled = (np.cov(events[:, 2:].T) - left) / np.outer(deviation, deviation)
    np.testing.assert_allclose(scaled, 0, atol=4 * np.sqrt(2 / number))


def test_classes_share_components_and_differ_in_weights(key):
    """Class 1 holds the events of the first two components alone, class 2 has no event."""
    classes = jnp.asarray(MEMBERS < 2, jnp.int32)
    found = compiled("full")[0](jnp.asarray(EVENTS))[0]
    shares = np.bincount(classes, minlength=3)[:, None] / NUMBER * np.asarray(found.shares)
    found = found._replace(means=jnp.asarray(CENTRES, jnp.float32), shares=jnp.asarray(shares, jnp.float32))
    step = quick(gaussian_mixture.improved)
    for _ in range(10):
        found, log_densities = step(found, EVENTS, classes)
    mixture = gaussian_mixture.maximization(found)
    np.testing.assert_allclose(np.sum(mixture.weights, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(mixture.weights[0, 2:].sum(), 1, atol=0.01)
    np.testing.assert_allclose(mixture.weights[1, :2].sum(), 1, atol=0.01)
    np.testing.assert_allclose(mixture.weights[2], found.shares.sum(0), rtol=1e-5)
    blind = mixture._replace(weights=mixture.weights[2:])
    judge = compiled("full")[1]
    assert np.mean(log_densities) > np.mean(judge(blind, EVENTS)["log_likelihood"]) + 0.5
    wanted = np.repeat(np.arange(2), NUMBER // 2)
    events = quick(partial(gaussian_mixture.sample, n=NUMBER))(key, mixture, classes=wanted)
    drawn = judge(blind, events)["classify"]
    assert np.mean((drawn < 2) == wanted) > 0.95


def test_correlations_that_float32_cannot_tell_from_one_are_made_smaller():
    line = jnp.outer(jnp.array([1.0, 1e3, 1e-3]), jnp.array([1.0, 1e3, 1e-3]))
    factors = quick(covariances.lower_factor)(jnp.stack([line, jnp.diag(jnp.array([4.0, 9.0, 16.0]))]))
    chex.assert_tree_all_finite(factors)
    scale = np.outer([1.0, 1e3, 1e-3], [1.0, 1e3, 1e-3])
    np.testing.assert_allclose(factors[0] @ factors[0].T / scale, 1.0, atol=1e-5)
    np.testing.assert_allclose(factors[1], np.diag([2.0, 3.0, 4.0]))


def test_misuse_is_named():
    mixture = gaussian_mixture.maximization(gaussian_mixture.empty_moments(3, 2))
    with pytest.raises(ValueError, match="Expected covariance to be one of full, tied"):
        gaussian_mixture.log_likelihood(mixture, jnp.zeros((4, 2)), covariance="diag")
    with pytest.raises(ValueError, match="Expected events of shape"):
        gaussian_mixture.log_likelihood(mixture, jnp.zeros((4, 3)))
    with pytest.raises(ValueError, match="Expected covariances of shape"):
        gaussian_mixture.log_likelihood(mixture, jnp.zeros((4, 2)), covariance="tied")
    with pytest.raises(ValueError, match="Expected between 1 and 2 columns; got 3"):
        gaussian_mixture.marginal(mixture, 3)
    with pytest.raises(ValueError, match="Expected components above zero"):
        gaussian_mixture.empty_moments(0, 2)
