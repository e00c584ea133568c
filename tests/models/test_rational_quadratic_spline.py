"""Splines are monotone, continuous, inverted by their inverse, and have the slope they say."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.models import rational_quadratic_spline as spline

BINS, EVENTS, BOUND = 6, 500, 3.0
DRAW = np.random.default_rng(0)
FREE = jnp.asarray(DRAW.normal(0.0, 0.7, (spline.size(BINS), EVENTS)), jnp.float32)
X = jnp.asarray(DRAW.uniform(-4.0, 4.0, EVENTS), jnp.float32)
FORWARD, INVERSE = (jax.jit(partial(function, bound=BOUND)) for function in (spline.forward, spline.inverse))


def reference(x: float, free: np.ndarray) -> tuple[float, float]:
    """Value and slope in double precision, bin by bin as the paper writes them (eqs. 4 and 5)."""
    if not -BOUND < x < BOUND:
        return x, 1.0

    def knots(logits):
        share = np.exp(logits) / np.exp(logits).sum()
        share = spline.SMALLEST + (1 - spline.SMALLEST * BINS) * share
        return -BOUND + 2 * BOUND * np.concatenate([[0.0], np.cumsum(share)])

    xs, ys = knots(free[:BINS]), knots(free[BINS : 2 * BINS])
    shift = np.log(np.expm1(1 - spline.SMALLEST))
    inner = spline.SMALLEST + np.log1p(np.exp(free[2 * BINS :] + shift))
    slopes = np.concatenate([[1.0], inner, [1.0]])
    k = np.searchsorted(xs, x, side="right") - 1
    width, height = xs[k + 1] - xs[k], ys[k + 1] - ys[k]
    s, xi = height / width, (x - xs[k]) / width
    below = s + (slopes[k + 1] + slopes[k] - 2 * s) * xi * (1 - xi)
    y = ys[k] + height * (s * xi**2 + slopes[k] * xi * (1 - xi)) / below
    above = slopes[k + 1] * xi**2 + 2 * s * xi * (1 - xi) + slopes[k] * (1 - xi) ** 2
    return y, s**2 * above / below**2


def test_equals_the_formulas_of_the_paper():
    y, log_slope = FORWARD(X, FREE)
    pairs = zip(np.asarray(X, np.float64), np.asarray(FREE, np.float64).T, strict=True)
    expected = np.array([reference(*pair) for pair in pairs])
    np.testing.assert_allclose(y, expected[:, 0], atol=2e-5)
    np.testing.assert_allclose(log_slope, np.log(expected[:, 1]), atol=1e-4)
    assert np.abs(y - X).max() > 0.5


def test_inverse_and_slopes():
    y, log_slope = FORWARD(X, FREE)
    back, inverse_log_slope = INVERSE(y, FREE)
    np.testing.assert_allclose(back, X, atol=1e-4)
    np.testing.assert_allclose(inverse_log_slope, -log_slope, atol=1e-4)
    for function, at, expected in (
        (FORWARD, X, log_slope),
        (INVERSE, y, inverse_log_slope),
    ):
        one = jax.grad(lambda x, free, function=function: function(x, free)[0])
        np.testing.assert_allclose(jnp.log(jax.jit(jax.vmap(one, (0, 1)))(at, FREE)), expected, atol=1e-4)


def test_rises_through_all_bins_and_tails():
    x = jnp.linspace(-1.5 * BOUND, 1.5 * BOUND, 2000)
    for column in range(5):
        free = jnp.broadcast_to(2 * FREE[:, column : column + 1], (len(FREE), len(x)))
        y, log_slope = (np.asarray(z, np.float64) for z in FORWARD(x, free))
        assert (np.diff(y) > -1e-6).all()
        steps = np.diff(x) * 0.5 * (np.exp(log_slope[1:]) + np.exp(log_slope[:-1]))
        np.testing.assert_allclose(steps.sum(), y[-1] - y[0], rtol=5e-3)
        outside = np.abs(x) >= BOUND
        np.testing.assert_array_equal(y[outside], x[outside])
        np.testing.assert_array_equal(log_slope[outside], 0.0)


def test_zeros_are_the_identity():
    y, log_slope = FORWARD(X, jnp.zeros_like(FREE))
    np.testing.assert_allclose(y, X, atol=1e-6)
    np.testing.assert_allclose(log_slope, 0.0, atol=1e-6)


@pytest.mark.parametrize("function", [FORWARD, INVERSE], ids=["forward", "inverse"])
def test_extreme_numbers_stay_finite(function):
    """Logits of a hundred, numbers at knots, at the bound and far outside, in value and gradient."""
    free = jnp.asarray(DRAW.choice([-100.0, 0.0, 100.0], FREE.shape), jnp.float32)
    special = jnp.array([0.0, -BOUND, BOUND, np.nextafter(np.float32(BOUND), np.float32(0)), 1e30])
    x = jnp.concatenate([X, special])
    free = jnp.concatenate([free, free[:, : len(special)]], axis=1)
    gradients = jax.grad(lambda x, free: sum(jnp.sum(z) for z in function(x, free)), (0, 1))
    for numbers in (*function(x, free), *jax.jit(gradients)(x, free)):
        assert np.isfinite(numbers).all()
